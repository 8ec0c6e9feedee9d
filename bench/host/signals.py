"""SIGINT, SIGTERM, SIGHUP: held back while an instance is made or taken down, obeyed at once while it is watched."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bench.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP comes when a terminal is closed or a connection is lost; who runs under ``nohup`` does not hear it."""


class Interruptions:
    """Turns the first signal into ``Interrupted``, at a moment when nothing can be left behind."""

    def __init__(self) -> None:
        self._held = False
        self._pending: str | None = None
        self._raised = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals ourselves within this block; main thread only."""
        heard = [one for one in _SIGNALS if one != signal.SIGHUP or signal.getsignal(one) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._on_signal) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Remember a signal that arrives within this block; obey it when the block is left, by an error too."""
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before
            self._obey()

    @property
    def arrived(self) -> str | None:
        """Name of the first signal that has arrived, obeyed or not; None while there is none."""
        return self._pending

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Leave it to the block to look at ``arrived``; a signal raises nothing, but inside ``allowed``."""
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Obey signals at once within this block, though it lies inside ``held``."""
        before, self._held = self._held, False
        try:
            self._obey()
            yield
        finally:
            self._held = before

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._pending = self._pending or signal.Signals(number).name
        self._obey()

    def _obey(self) -> None:
        if self._pending and not self._held and not self._raised:
            self._raised = True
            raise Interrupted(self._pending)
