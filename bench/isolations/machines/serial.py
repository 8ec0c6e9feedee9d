"""A virtual machine's serial line: a socket that QEMU connects to, read by a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.host import patience
from bench.isolations.console import Console
from bench.isolations.stream import pump

_CONNECT_S = 30.0
_JOIN_TIMEOUT_S = 2.0


class SerialLine:
    """Listens from the moment it is entered; calls ``on_connect`` when QEMU has connected."""

    def __init__(self, path: Path, console: Console, on_connect: Callable[[int], None]) -> None:
        self._path = path
        self._console = console
        self._on_connect = on_connect
        console.deliver = self.send
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection: socket.socket | None = None
        self.connected = threading.Event()
        self._reader = threading.Thread(target=self._read, name="console", daemon=True)

    def __enter__(self) -> Self:
        self._listener.bind(str(self._path))
        self._path.chmod(0o777)  # QEMU may run as another user; the folder above is known to this run only
        self._listener.listen(1)
        self._listener.settimeout(patience.limit_s(_CONNECT_S))
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join(_JOIN_TIMEOUT_S)
        if self._connection is not None:
            self._connection.close()

    def send(self, line: str) -> None:
        """Write a line to the guest; what a guest that is gone does not take is lost."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.sendall(f"{line}\n".encode())

    def _read(self) -> None:
        try:
            self._connection, _address = self._listener.accept()
        except OSError:  # nobody connected, or the line was closed
            self._console.close(time.monotonic_ns())
            return
        self.connected.set()
        self._on_connect(time.monotonic_ns())
        self._connection.settimeout(None)
        pump(self._connection.fileno(), self._console)
