"""Addresses: nothing is said or heard without TLS but on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import InputError
from bench.measuring.fleet.certificates import make_certificates
from bench.measuring.fleet.network import endpoint


@pytest.mark.parametrize("text", ["127.0.0.1", "localhost:8786", "tcp://127.0.0.1:8786", "[::1]:99"])
def test_loopback_needs_no_certificates(text: str) -> None:
    found = endpoint(text, None)
    assert found.address.startswith("tcp://")
    assert not found.security.require_encryption


@pytest.mark.parametrize("text", ["10.0.0.1", "tcp://10.0.0.1:8786", "0.0.0.0", "tls://127.0.0.1", "host.example"])
def test_all_else_needs_them(text: str) -> None:
    with pytest.raises(InputError, match="nothing is said or heard without TLS but on loopback"):
        endpoint(text, None)


def test_with_certificates_everybody_shows_one(tmp_path: Path) -> None:
    (own,) = make_certificates(tmp_path, ["alpha"], days=1)
    found = endpoint("10.0.0.1", own)
    assert found.address == "tls://10.0.0.1:8786"
    assert found.security.require_encryption
    for role in ("client", "scheduler", "worker"):
        context = found.security.get_connection_args(role)["ssl_context"]
        assert context.get_ca_certs()
    with pytest.raises(InputError, match="the address is not encrypted"):
        endpoint("tcp://10.0.0.1", own)


@pytest.mark.parametrize("text", ["10.0.0.1:many", "1:2:3", "tls://:x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no address"):
        endpoint(text, None)
