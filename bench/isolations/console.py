"""An instance's console: every byte stamped on arrival, the entry's marks picked out, the rest kept whole.

Bytes come in chunks as the host receives them. A line's stamp is the arrival of the chunk that completed it.
The entry's marks are lines that carry ``@isobench NONCE``; a workload that does not know the nonce cannot
forge one.
"""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

LIMIT_BYTES = 16 << 20
"""A workload that prints more than this is ended: nobody reads it, and it measures the console."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output, without its line end, and when its last byte arrived."""

    at_ns: int
    data: bytes

    @property
    def text(self) -> str:
        """The line as text; bytes that are no UTF-8 are shown as replacement characters."""
        return self.data.decode("utf-8", "replace")


class Console:
    """Collects an instance's output and turns marks into events that can be waited for.

    Events: ``start``, ``ready``, ``end``, ``bye`` and any other word the entry marks, ``overflow`` when the
    limit is passed, ``closed`` when the stream has ended. ``patterns`` names further events, each by the regular
    expression of the workload's line that brings it. ``did.NUMBER`` is the end of a command that the host sent.
    Events with a dot in their name are not told to ``on_event``: they are no marks of the instance.
    """

    def __init__(
        self,
        nonce: str,
        *,
        patterns: Mapping[str, str] | None = None,
        ready_at_start: bool | None = None,
        on_event: Callable[[str, int], None] = lambda _event, _at_ns: None,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self._mark = re.compile(rb"@isobench " + re.escape(nonce.encode()) + rb" ([a-z_]+)(?: ([^\r\n]*))?\r?\n")
        self._patterns = {event: re.compile(text.encode()) for event, text in (patterns or {}).items()}
        self._ready_at_start = "ready" not in self._patterns if ready_at_start is None else ready_at_start
        self._on_event = on_event
        self._limit_bytes = limit_bytes
        self._chunks: list[bytes] = []
        self._ends: list[int] = []
        self._stamps_ns: list[int] = []
        self._unfinished: list[bytes] = []
        self._events: dict[str, int] = {}
        self._changed = threading.Condition()
        self.seen: dict[str, str] = {}
        self.status: int | None = None
        """What the workload, or the service, ended with."""
        self.statuses: dict[str, int] = {}
        """What each command that the host sent ended with, by its number; the service's own under ``left``."""
        self.received_bytes = 0

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take bytes that arrived at ``at_ns``."""
        self.received_bytes += len(data)
        if "overflow" in self._events:
            return
        self._chunks.append(data)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(data))
        self._stamps_ns.append(at_ns)
        self._scan(data, at_ns)
        if self._ends[-1] > self._limit_bytes:
            self._set("overflow", at_ns)

    def listen(self, patterns: Mapping[str, str]) -> None:
        """Wait for further events, each brought by a line from now on."""
        self._patterns = {**self._patterns, **{event: re.compile(text.encode()) for event, text in patterns.items()}}

    def note(self, event: str, at_ns: int) -> None:
        """Take an event that the console cannot see: a service that has answered."""
        self._set(event, at_ns)

    def close(self, at_ns: int) -> None:
        """Say that no more bytes will come."""
        self._set("closed", at_ns)

    def wait(self, *events: str, timeout_s: float) -> str | None:
        """Block until one of ``events`` has happened; return the first of them in the order given."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for event in events:
                    if event in self._events:
                        return event
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def happened(self, event: str) -> bool:
        """Whether the event has come."""
        return event in self._events

    @property
    def raw(self) -> bytes:
        """Every byte kept, marks included."""
        return b"".join(self._chunks)

    def lines(self, number: str | None = None) -> Iterator[Line]:
        """Yield the workload's own lines with their stamps; the entry's marks are left out.

        With a ``number`` only what came while the command that the host sent under it was running.
        """
        raw = self.raw
        begin = 0
        if number is not None:
            begin, finish = self._span(raw, number)
            raw = raw[:finish]
        while begin < len(raw):
            newline = raw.find(b"\n", begin)
            finish = len(raw) if newline < 0 else newline + 1
            line = raw[begin:finish]
            unmarked = self._mark.sub(b"", line if line.endswith(b"\n") else line + b"\n")
            if unmarked:
                yield Line(self._stamps_ns[bisect_left(self._ends, finish)], unmarked.rstrip(b"\r\n"))
            begin = finish

    def tail(self, count: int = 20) -> tuple[str, ...]:
        """Return the last non-empty lines as text, for a person to read."""
        recent = self.raw[-65536:].decode("utf-8", "replace").splitlines()
        return tuple(line[:500] for line in recent if line.strip())[-count:]

    def _span(self, raw: bytes, number: str) -> tuple[int, int]:
        """Return where a command's output begins and ends."""
        spans = {(match[1], (match[2] or b"").split(b" ")[0].decode()): match for match in self._mark.finditer(raw)}
        begin, finish = spans.get((b"doing", number)), spans.get((b"did", number))
        return (begin.end(), finish.start() if finish else len(raw)) if begin else (0, 0)

    def _scan(self, data: bytes, at_ns: int) -> None:
        """Look at the lines that these bytes complete, and only then: chunks end anywhere."""
        complete = data.rfind(b"\n") + 1
        if not complete:
            self._unfinished.append(data)
            return
        text = b"".join((*self._unfinished, data[:complete]))
        self._unfinished = [data[complete:]]
        for match in self._mark.finditer(text):
            self._on_mark(match[1].decode(), (match[2] or b"").decode("utf-8", "replace"), at_ns)
        waiting = {event: found for event, found in self._patterns.items() if event not in self._events}
        if waiting:
            self._match(waiting, text, at_ns)

    def _match(self, waiting: Mapping[str, re.Pattern[bytes]], text: bytes, at_ns: int) -> None:
        """Set the events whose pattern a line of the workload's own matches; the entry's marks are not looked at."""
        lines = self._mark.sub(b"\n", text).replace(b"\r\n", b"\n").split(b"\n")
        for event, pattern in waiting.items():
            if any(line and pattern.search(line) for line in lines):
                self._set(event, at_ns)

    def _on_mark(self, word: str, rest: str, at_ns: int) -> None:
        if word == "saw":
            key, _, value = rest.partition(" ")
            self.seen[key] = value
            return
        if word == "end":
            self.status = int(rest) if rest.isdigit() else None
        if word == "left" and rest.isdigit():
            self.statuses[word] = int(rest)
        if word in ("doing", "did"):
            number, _, status = rest.partition(" ")
            if status.isdigit():
                self.statuses[number] = int(status)
            word = f"{word}.{number}"
        self._set(word, at_ns)
        if word == "start" and self._ready_at_start:
            self._set("ready", at_ns)

    def _set(self, event: str, at_ns: int) -> None:
        with self._changed:
            if event in self._events:
                return
            self._events[event] = at_ns
            self._changed.notify_all()
        if "." not in event:
            self._on_event(event, at_ns)
