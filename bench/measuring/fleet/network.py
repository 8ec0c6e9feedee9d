"""How hosts of a fleet reach each other: addresses, encryption, and dask.distributed kept quiet beside trials."""

from __future__ import annotations

import ipaddress
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.config
from distributed import Client, LocalCluster, Security
from distributed.comm.addressing import parse_host_port
from distributed.versions import VersionMismatchWarning

from bench.errors import BenchError, InputError
from bench.measuring.fleet import certificates

PORT = 8786
"""Where a scheduler listens unless it is said, as dask's own does."""
DASHBOARD = "127.0.0.1:8787"
"""Dask's pages are neither encrypted nor guarded: they are for this host alone."""
_CONNECT_S = 15.0

_QUIET: dict[str, Any] = {
    "distributed.worker.profile.enabled": False,  # it looks at every thread a hundred times a second
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.allowed-failures": 0,  # a run is never begun anew behind our back
    "distributed.scheduler.work-stealing": False,
    "distributed.comm.timeouts.connect": f"{_CONNECT_S:g}s",
}
"""What dask.distributed does without being asked costs CPU time, on hosts that measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address of dask's, and what it takes to speak there."""

    host: str
    port: int
    security: Security
    encrypted: bool

    @property
    def address(self) -> str:
        """The address as dask writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.encrypted else 'tcp'}://{host}:{self.port}"


def endpoint(text: str, tls: Path | None) -> Endpoint:
    """Read ``HOST``, ``HOST:PORT`` or ``tls://HOST:PORT``; ``tls`` is a host's folder of certificates.

    Raises InputError for what is no address, for certificates that are not valid, and where there are none though the
    address is not of this host alone.
    """
    scheme, _, place = text.rpartition("://")
    try:
        host, port = parse_host_port(place, PORT)
    except ValueError as error:
        raise InputError(f"{text!r} is no address", remedy=f"Such as tls://10.0.0.1:{PORT}") from error
    if tls is None:
        if scheme not in ("", "tcp") or not is_loopback(host):
            raise InputError(
                f"{text}: nothing is said or heard without TLS but on loopback",
                remedy="Make certificates with `fleet init`, and name this host's folder with --tls",
            )
        return Endpoint(host=host, port=port, security=Security(require_encryption=False), encrypted=False)
    if scheme not in ("", "tls"):
        raise InputError(f"{text}: certificates are given, and the address is not encrypted", remedy="Write tls://")
    certificates.require_valid(tls)
    return Endpoint(host=host, port=port, security=_security(tls), encrypted=True)


def is_loopback(host: str) -> bool:
    """Whether a host is this one, by a way that nobody else can use."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep dask.distributed from whatever it does unasked within this block; what it logs, we say ourselves."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)  # admission knows which of them matter
    with dask.config.set(_QUIET):
        yield


@contextmanager
def connected(place: Endpoint) -> Iterator[Client]:
    """Yield a client of the scheduler at an address; raises BenchError where none answers there."""
    try:
        client = Client(place.address, security=place.security, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise _unanswered(place, error) from error
    with client:
        yield client


@contextmanager
def scheduling(place: Endpoint) -> Iterator[Client]:
    """Start a scheduler at an address, for as long as this block lasts; yield its client.

    Raises BenchError where it cannot listen there.
    """
    warnings.filterwarnings("ignore", "\\s*Port .* is already in use", UserWarning)  # the dashboard takes another one
    try:
        cluster = LocalCluster(
            n_workers=0,
            host=place.host,
            scheduler_port=place.port,
            protocol=place.address.partition("//")[0] + "//",
            security=place.security,
            dashboard_address=DASHBOARD,
        )
    except (OSError, RuntimeError) as error:
        raise BenchError(
            f"no scheduler can listen at {place.address}: {_innermost(error)}",
            remedy="Name another address of this host with --listen",
        ) from error
    with cluster, Client(cluster, security=place.security, set_as_default=False) as client:
        yield client


def _unanswered(place: Endpoint, error: BaseException) -> BenchError:
    return BenchError(
        f"no scheduler answers at {place.address}: {_innermost(error)}",
        remedy="Start one there, `fleet run --hosts` brings its own; with TLS, both ends need valid certificates of "
        "one authority",
    )


def _innermost(error: BaseException) -> BaseException:
    """Return what the network or TLS has said, which dask wraps, several times."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error


def _security(tls: Path) -> Security:
    """Return dask's settings in which everybody shows a certificate, whether listening or calling."""
    pair = {
        f"tls_{role}_{what}": str(tls / file)
        for role in ("client", "scheduler", "worker")
        for what, file in (("cert", certificates.CERTIFICATE), ("key", certificates.KEY))
    }
    return Security(require_encryption=True, tls_ca_file=str(tls / certificates.CA), **pair)
