"""One connection of a lab host to a port of our loopback: QEMU starts it with the host's end as standard input."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress

_CHUNK_BYTES = 1 << 16


def main(port: int) -> None:
    """Pass on what either end says, until both have said all; where nobody listens, the host's end is closed."""
    with suppress(OSError), socket.socket(fileno=0) as host, socket.create_connection(("127.0.0.1", port)) as ours:
        there = threading.Thread(target=_pass_on, args=(host, ours), daemon=True)
        there.start()
        _pass_on(ours, host)
        there.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while said := source.recv(_CHUNK_BYTES):
            target.sendall(said)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(int(sys.argv[1]))
