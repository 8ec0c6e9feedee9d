"""A small authority, and what each host gets of it."""

from __future__ import annotations

import datetime as dates
import ssl
from pathlib import Path

import pytest

from bench.errors import InputError
from bench.measuring.fleet import certificates
from bench.measuring.fleet.certificates import make_certificates, require_valid
from bench.measuring.fleet.network import endpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_certificates(tmp_path / "tls", ["alpha"], days=30)
    return tmp_path / "tls"


def _later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let it be so many days later."""

    class Clock(dates.datetime):
        @classmethod
        def now(cls, tz: dates.tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(dates.datetime.now(tz).timestamp(), tz) + dates.timedelta(days=days)

    monkeypatch.setattr(certificates, "datetime", Clock)


def test_a_host_has_all_it_needs_and_no_more(folder: Path) -> None:
    assert sorted(file.name for file in (folder / "alpha").iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    for key in (folder / "ca-key.pem", folder / "alpha" / "key.pem"):
        assert key.stat().st_mode & 0o777 == 0o600
    require_valid(folder / "alpha")
    context = ssl.create_default_context(cafile=folder / "alpha" / "ca.pem")
    context.load_cert_chain(folder / "alpha" / "cert.pem", folder / "alpha" / "key.pem")


def test_a_host_may_come_later_and_none_is_made_anew(folder: Path) -> None:
    before = (folder / "ca.pem").read_bytes()
    make_certificates(folder, ["beta"], days=30)
    assert (folder / "beta" / "ca.pem").read_bytes() == before
    with pytest.raises(InputError, match="alpha has a certificate already"):
        make_certificates(folder, ["gamma", "alpha"], days=30)
    assert not (folder / "gamma").exists()


def test_a_certificate_that_ran_out_is_refused_and_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _later(monkeypatch, 31)
    with pytest.raises(InputError, match=r"alpha/ca\.pem|tls/alpha/.*: the certificate ran out on 20\d\d-") as told:
        endpoint("tls://10.0.0.1", folder / "alpha")
    assert "fleet init" in str(told.value.remedy)
    with pytest.raises(InputError, match="cannot sign any more"):
        make_certificates(folder, ["beta"], days=30)


def test_a_certificate_of_the_future_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _later(monkeypatch, -2)
    with pytest.raises(InputError, match="is not valid before"):
        require_valid(folder / "alpha")


@pytest.mark.parametrize(
    ("name", "text", "reason"), [("key.pem", None, "no key.pem"), ("cert.pem", "x", "cert.pem is no")]
)
def test_a_file_that_is_missing_or_broken_is_named(folder: Path, name: str, text: str | None, reason: str) -> None:
    (folder / "alpha" / name).unlink()
    if text is not None:
        (folder / "alpha" / name).write_text(text)
    with pytest.raises(InputError, match=reason):
        require_valid(folder / "alpha")
