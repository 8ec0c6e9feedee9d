"""Where instances stand, each in a thread of its own, until it is their turn to be asked for."""

from __future__ import annotations

import threading
import time

from bench.errors import IsolationError


class StartLine:
    """Lets so many launches prepare what is not timed, and then go on at the same moment."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._here = threading.Semaphore(0)
        self._go = threading.Event()
        self._called_off = threading.Event()
        self.went_ns = 0
        """When it was."""

    def wait_for_all(self) -> None:
        """Wait until every launch stands here, or will never come."""
        for _ in range(self._count):
            self._here.acquire()

    def go(self) -> None:
        """Let all go on, each when it is due."""
        self.went_ns = time.monotonic_ns()
        self._go.set()

    def call_off(self) -> None:
        """Send home whoever stands here or still comes; who has gone on is not called back."""
        self._called_off.set()
        self._go.set()

    def arrive(self) -> None:
        """Count one launch: it stands here, or never will."""
        self._here.release()

    def wait(self, due_s: float) -> None:
        """Stand here until so long after the go. Raises IsolationError where the start is called off."""
        self._go.wait()
        left_s = due_s - (time.monotonic_ns() - self.went_ns) / 1e9 if due_s else 0.0
        if self._called_off.wait(max(0.0, left_s)) if left_s > 0 else self._called_off.is_set():
            raise IsolationError("called off before it was asked for")
