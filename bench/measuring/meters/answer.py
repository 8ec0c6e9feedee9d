"""A service's own first answer, asked from the host: the moment when it is there for others."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bench.model import Answer
from bench.model.patterns import LONGEST_LINE, pattern

_PAUSE_S = 0.001
_PATIENCE_S = 0.1
_MOST_PATIENCE_S = 2.0
"""A forwarded port accepts before anybody listens behind it: ask anew soon at first, then wait longer for an answer."""
_JOIN_TIMEOUT_S = 5.0


class Asking:
    """Asks, from the moment it is entered, until the first answer has come or it is left.

    The answer is searched line by line, as an output is, in its first 256 KiB.

    ``answered`` gets the arrival of the bytes that held the answer, in nanoseconds on the monotonic clock.
    """

    def __init__(self, address: str, port: int, answer: Answer, answered: Callable[[int], None]) -> None:
        self._target = (address, port)
        self._send = answer.send
        self._expect = pattern(answer.expect)
        self._answered = answered
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="asking", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(_JOIN_TIMEOUT_S)

    def _ask(self) -> None:
        patience_s = _PATIENCE_S
        while not self._stopped.is_set():
            try:
                if self._asked_once(patience_s):
                    return
            except TimeoutError:
                patience_s = min(2 * patience_s, _MOST_PATIENCE_S)
            except OSError:  # refused, reset: nobody there yet
                pass
            self._stopped.wait(_PAUSE_S)

    def _asked_once(self, patience_s: float) -> bool:
        with socket.create_connection(self._target, timeout=patience_s) as connection:
            if self._send:
                connection.sendall(self._send)
            got = b""
            while len(got) < LONGEST_LINE and not self._stopped.is_set() and (data := connection.recv(4096)):
                at_ns = time.monotonic_ns()
                got += data
                if any(map(self._expect.matches, got.splitlines())):
                    self._answered(at_ns)
                    return True
        return False
