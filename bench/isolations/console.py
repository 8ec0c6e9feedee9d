"""An instance's console: every byte stamped on arrival, the entry's marks picked out, the rest kept whole.

Bytes come in chunks as the host receives them. A line's stamp is the arrival of the chunk that completed it. A carriage
return ends a line as a newline does: progress that rewrites its line is one line after another.
The entry's marks are lines that carry ``@isobench SECRET``; a workload that does not know the secret cannot forge one.
Until the start mark nothing of the workload can run, and the instance may not have the secret: marks come without it;
what is said by then is a tool's or a kernel's, kept for who asks why there is no workload.
"""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench.model.patterns import pattern

_EARLY = rb"gate|kernel_up|listening|start"
_TAIL_BYTES = 65536

_STACK = re.compile(
    r"(\[ *[\d.]+\](\[ *[TC]\d+\])?)?\s*("
    r"(\[<[0-9a-f]+>\] )?(\? )?[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+|Call Trace:$|Stack:$|</?(TASK|IRQ)>"
    r"|[0-9a-f]{8,16}( [0-9a-f]{8,16})+$|(R[A-Z\d]{2}|[C-G]S|[CD]R\d|PKRU|Code): *[0-9a-f<]{4}|Code: [0-9a-f]{2} "
    r"|CPU: \d+ (UID: \d+ )?PID: |Hardware name: |Modules linked in:|Kernel Offset: |---\[ end )"
)
"""What a kernel prints after the line that says why it stops: who called whom, and what the registers held."""

LIMIT_BYTES = 16 << 20
"""A workload that prints more than this is ended: nobody reads it, and it measures the console."""

_LINE = re.compile(rb"([^\r\n]*)(?:\r*\n|\r+|$)")


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

    The secret is handed to the entry as the first line of its input. Where that must not come before the instance
    listens, ``deliver`` takes it there when it says so: a line for its init, which says how the entry ended, and one
    for the entry. One that has ``started`` comes back to where its workload runs.
    """

    def __init__(
        self,
        secret: str,
        *,
        started: bool = False,
        patterns: Mapping[str, str] | None = None,
        ready_at_start: bool | None = None,
        on_event: Callable[[str, int], None] = lambda _event, _at_ns: None,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        own = re.escape(secret.encode()) + rb" (?P<word>[a-z_]+)(?: (?P<rest>[^\r\n]*))?"
        self._mark = re.compile(rb"@isobench (?:" + own + rb"|(?P<early>" + _EARLY + rb"))(?:\r?\n|\r)")
        self._started_bytes: int | None = None
        self._begin_bytes = 0 if started else None
        self._patterns = {event: pattern(text) for event, text in (patterns or {}).items()}
        self._ready_at_start = "ready" not in self._patterns if ready_at_start is None else ready_at_start
        self._on_event = on_event
        self._limit_bytes = limit_bytes
        self._chunks: list[bytes] = []
        self._ends: list[int] = []
        self._stamps_ns: list[int] = []
        self._unfinished: list[bytes] = []
        self._events: dict[str, int] = {}
        self._changed = threading.Condition()
        self._said: set[tuple[str, str]] = set()
        self.secret = secret
        self.deliver: Callable[[str], None] | None = None
        self.seen: dict[str, str] = {}
        self.doubted: frozenset[str] = frozenset()
        """Facts of which the inside has a wrong view, so that only the host's counts."""
        self.status: int | None = None
        """What the workload, or the service, ended with."""
        self.over: int | None = None
        """What the entry ended with, where an init of ours says so: the end of a machine has no status."""
        self.contradicts = False
        """Whether something was said twice that is said once: then somebody else knows the secret."""
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
        self._patterns = {**self._patterns, **{event: pattern(text) for event, text in patterns.items()}}

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

    def at_ns(self, event: str) -> int | None:
        """Return when the event came; None: it has not."""
        return self._events.get(event)

    @property
    def raw(self) -> bytes:
        """Every byte kept, marks included."""
        return b"".join(self._chunks)

    def lines(self, number: str | None = None) -> Iterator[Line]:
        """Yield the workload's own lines with their stamps; what came before it and the entry's marks are left out.

        With a ``number`` only what came while the command that the host sent under it was running.
        """
        raw = self.raw
        begin, finish = (self._begin_bytes, len(raw)) if number is None else self._span(raw, number)
        if begin is None:
            return
        raw = raw[:finish]
        while begin < len(raw):
            line, here = _LINE.match(raw, begin), begin
            assert line is not None, "it matches anywhere"
            begin = line.end()
            unmarked = line[0]
            if b"@isobench" in unmarked:  # told sooner than by looking for a whole mark
                unmarked = self._unmarked(unmarked if unmarked != line[1] else unmarked + b"\n", here, b"")
            if unmarked:
                yield Line(self._stamps_ns[bisect_left(self._ends, begin)], unmarked.rstrip(b"\r\n"))

    def tail(self, count: int = 20) -> tuple[str, ...]:
        """Return the last lines that tell a person something: no marks, and nothing of a kernel's stack."""
        raw = self.raw
        begin = max(0, len(raw) - _TAIL_BYTES)
        recent = self._unmarked(raw[begin:] + b"\n", begin, b"\n").decode("utf-8", "replace").splitlines()
        return tuple(line[:500] for line in recent if line.strip() and not _STACK.match(line))[-count:]

    def _span(self, raw: bytes, number: str) -> tuple[int, int]:
        """Return where a command's output begins and ends."""
        marks = self._marks(raw, 0)
        spans = {(match["word"], (match["rest"] or b"").split(b" ")[0].decode()): match for match in marks}
        begin, finish = spans.get((b"doing", number)), spans.get((b"did", number))
        return (begin.end(), finish.start() if finish else len(raw)) if begin else (0, 0)

    def _scan(self, data: bytes, at_ns: int) -> None:
        """Look at the lines that these bytes complete, and only then: chunks end anywhere."""
        complete = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if not complete:
            self._unfinished.append(data)
            return
        text = b"".join((*self._unfinished, data[:complete]))
        self._unfinished = [data[complete:]]
        begin, place = self._ends[-1] - len(data) + complete - len(text), 0
        for match in self._marks(text, begin):
            self._match(
                text[place : match.start()], at_ns
            )  # first: who waits must not see an end before what led to it
            place = match.end()
            if match["early"] is not None:
                self._on_early(match["early"].decode(), begin + place, at_ns)
            else:
                self._on_mark(match["word"].decode(), (match["rest"] or b"").decode("utf-8", "replace"), at_ns)
        self._match(text[place:], at_ns)

    def _waiting(self) -> list[str]:
        """Return the events that a line may bring now: the end of a window, only once the window has begun."""
        events = self._events
        return [one for one in self._patterns if one not in events and self._begin(one) in (one, *events)]

    @staticmethod
    def _begin(event: str) -> str:
        return event.replace("finish", "begin")

    def _marks(self, text: bytes, begin: int) -> Iterator[re.Match[bytes]]:
        """Yield the marks in a text that begins at that byte of the output: without the secret only until the start."""
        for match in self._mark.finditer(text):
            if match["early"] is None or self._started_bytes is None or begin + match.start() < self._started_bytes:
                yield match

    def _unmarked(self, text: bytes, begin: int, instead: bytes) -> bytes:
        """Return such a text without its marks."""
        pieces, place = [], 0
        for match in self._marks(text, begin):
            pieces += [text[place : match.start()], instead]
            place = match.end()
        return b"".join((*pieces, text[place:]))

    def _match(self, text: bytes, at_ns: int) -> None:
        """Set the events whose pattern a line of the workload's own matches."""
        waiting = self._waiting() if self._begin_bytes is not None else []
        lines = text.replace(b"\r", b"\n") if waiting else b""
        if not any(self._patterns[event].may_match(lines) for event in waiting):
            return
        for line in filter(None, lines.split(b"\n")):
            if found := [event for event in waiting if self._patterns[event].matches(line)]:
                for event in found:
                    self._set(event, at_ns)
                waiting = self._waiting()

    def _on_early(self, word: str, end_bytes: int, at_ns: int) -> None:
        if word == "listening":
            if self.deliver is not None:
                self.deliver(f"{self.secret}\n{self.secret}")
            return
        if word == "start":
            self._started_bytes = self._begin_bytes = end_bytes
        self._set(word, at_ns)
        if word == "start" and self._ready_at_start:
            self._set("ready", at_ns)

    def _on_mark(self, word: str, rest: str, at_ns: int) -> None:
        about = (word, rest.partition(" ")[0] if word in ("saw", "doing", "did") else "")
        self.contradicts |= about in self._said or (("end", "") in self._said and word not in ("bye", "over"))
        self._said.add(about)
        if word == "saw":
            key, _, value = rest.partition(" ")
            if key not in self.doubted:
                self.seen[key] = value
            return
        if word == "over":
            self.over = int(rest) if rest.isdigit() else None
            word = "init.over"
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

    def _set(self, event: str, at_ns: int) -> None:
        with self._changed:
            if event in self._events:
                return
            self._events[event] = at_ns
            self._changed.notify_all()
        if "." not in event:
            self._on_event(event, at_ns)
