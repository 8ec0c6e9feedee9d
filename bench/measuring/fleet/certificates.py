"""A small certificate authority of one's own: who holds a certificate of it belongs to the fleet.

A folder of ``fleet init`` has the authority's certificate and key, and one folder for each host with all that the host
needs: ``ca.pem``, ``cert.pem``, ``key.pem``. The authority's key never leaves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bench.errors import InputError, written

CA, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"
_CA_KEY = "ca-key.pem"
_EARLIER = timedelta(minutes=5)
"""By how much a certificate is valid before it was made: clocks of hosts differ by seconds."""


def make_certificates(folder: Path, hosts: Sequence[str], *, days: int) -> list[Path]:
    """Make the authority where ``folder`` has none, and a certificate for each host; return the hosts' folders.

    All are valid for ``days``. Raises InputError for a host that has a certificate which is still valid, or an
    authority that is not ours to sign with; StoreError where the disk refuses.
    """
    for host in hosts:
        if (folder / host).exists() and not _is_over(folder / host / CERTIFICATE):
            raise InputError(f"{folder / host} has a certificate already", remedy="Remove it to make a new one")
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        authority, key = _authority(folder, days)
        return [_host(folder, host, authority, key, days) for host in hosts]


def require_valid(folder: Path) -> None:
    """Raise InputError where a host's folder lacks a file, or one of its certificates is not valid now."""
    for name in (CA, CERTIFICATE, KEY):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder} has no {name}", remedy="Name the folder of this host that `fleet init` has made"
            )
    now = datetime.now(UTC)
    for file in (folder / CA, folder / CERTIFICATE):
        found = _read(file)
        if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
            what = "ran out on" if now >= found.not_valid_after_utc else "is not valid before"
            when = found.not_valid_after_utc if now >= found.not_valid_after_utc else found.not_valid_before_utc
            raise InputError(
                f"{file}: the certificate {what} {when:%Y-%m-%d %H:%M} UTC", remedy="Make another with `fleet init`"
            )


def _authority(folder: Path, days: int) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return the authority of a folder, made now where there is none."""
    if (folder / CA).exists():
        with _readable(folder / _CA_KEY):
            key = serialization.load_pem_private_key((folder / _CA_KEY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or _is_over(folder / CA):
            raise InputError(f"{folder / CA} cannot sign any more", remedy="Make another authority in a new folder")
        return _read(folder / CA), key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Isobench fleet")])
    made = (
        _begun(name, name, key.public_key(), key.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _keep_key(folder / _CA_KEY, key)
    (folder / CA).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made, key


def _host(
    folder: Path, host: str, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, days: int
) -> Path:
    """Write what one host needs, for both ends of a connection: in a fleet everybody listens and calls."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        _begun(name, authority.subject, key.public_key(), authority_key.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    own = folder / host
    own.mkdir(exist_ok=True)
    _keep_key(own / KEY, key)
    (own / CERTIFICATE).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (own / CA).write_bytes((folder / CA).read_bytes())
    return own


def _begun(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    """Begin a certificate with what all have (RFC 5280, section 4)."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=name, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _keep_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key that only its owner may read, from the first byte on."""
    file.unlink(missing_ok=True)
    plain = serialization.NoEncryption()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
        kept.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


def _read(file: Path) -> x509.Certificate:
    with _readable(file):
        return x509.load_pem_x509_certificate(file.read_bytes())


def _is_over(file: Path) -> bool:
    return not file.exists() or _read(file).not_valid_after_utc <= datetime.now(UTC)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn what is wrong with a file of certificates into an InputError that names it."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", remedy="Name another folder") from error
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{file} is no certificate or key: {error}", remedy="Make another with `fleet init`"
        ) from error
