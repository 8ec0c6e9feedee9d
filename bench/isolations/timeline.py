"""Named marks of one instance on the host's monotonic clock."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


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
