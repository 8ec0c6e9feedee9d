"""A connection from a lab host, passed on to a port of this host: both ways, and to the end of either."""

from __future__ import annotations

import socket
import subprocess
import sys

from tools.hosts import relay

SAID = bytes(range(256)) * 4096


def relayed(port: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Return a lab host's end, and who passes on what it says, started as QEMU does."""
    ours, theirs = socket.socketpair()
    with theirs:
        words = [sys.executable, "-IS", relay.__file__, str(port)]
        return ours, subprocess.Popen(words, stdin=theirs.fileno())


def everything(source: socket.socket) -> bytes:
    return b"".join(iter(lambda: source.recv(1 << 16), b""))


def test_both_ends_hear_all_that_the_other_says() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, passing = relayed(server.getsockname()[1])
        with host, server.accept()[0] as ours:
            host.sendall(b"who is there")
            host.shutdown(socket.SHUT_WR)
            assert everything(ours) == b"who is there"
            ours.sendall(SAID)
            ours.shutdown(socket.SHUT_WR)
            assert everything(host) == SAID
        assert passing.wait(timeout=30) == 0


def test_where_nobody_listens_the_hosts_end_is_closed_without_a_word() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    host, passing = relayed(port)
    with host:
        assert everything(host) == b""
    assert passing.wait(timeout=30) == 0
