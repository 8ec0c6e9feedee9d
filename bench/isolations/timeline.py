"""Named marks of one instance on a clock: the host's monotonic one, or the fake's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol


class Clock(Protocol):
    """Where an isolation's time comes from; the fake has one of its own."""

    def now_ns(self) -> int:
        """Nanoseconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let that much of this clock's time pass."""


class MonotonicClock:
    """The host's monotonic clock."""

    def now_ns(self) -> int:
        """Read CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, seconds))


class Timeline:
    """Marks in the order they were set; the first setting of a mark holds.

    Every timeline begins with ``requested``, the moment before the first call that asks for the instance.
    Common marks: ``start`` (the entry's start mark arrived), ``ready``, ``end`` (the workload ended), ``bye``
    (the entry is about to leave), ``exited``, ``gone`` (verified: nothing of the instance is left).
    """

    def __init__(self) -> None:
        self._marks: dict[str, int] = {}

    def mark(self, name: str, at_ns: int) -> None:
        """Set a mark once; later settings, and what came before the request, are ignored."""
        if name == "requested" or "requested" in self._marks:
            self._marks.setdefault(name, at_ns)

    @property
    def marks_ns(self) -> Mapping[str, int]:
        """All marks so far, name to nanoseconds."""
        return MappingProxyType(dict(self._marks))

    def since_request_s(self, name: str) -> float | None:
        """Seconds from ``requested`` to the mark; None when either is not set."""
        if name not in self._marks or "requested" not in self._marks:
            return None
        return (self._marks[name] - self._marks["requested"]) / 1e9
