"""The talk with the hosts of a fleet: what is asked, what is heard, and who is not there any more.

Hosts answer by events of dask's, which are plain data; what a task of theirs returns is never read.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from distributed import Client, Future, wait
from pydantic import TypeAdapter

from bench.measuring.fleet.admission import HostFacts, apart_s
from bench.measuring.fleet.host_request import HostRequest
from bench.measuring.fleet.mirror import Mirror, Piece
from bench.measuring.fleet.serving import RESOURCE
from bench.model import Say
from bench.store.fleets import HostState

_HEAR_S = 1.0
_HEEDS_S = 10.0
_TAKES_DOWN_S = 120.0
"""Hosts that are told to end take their instances down, and send what is left."""
_FINE = (0, 1)
"""Exit codes of a run that was measured: all went well, some trials failed."""
_TOLD_TO = (129, 130, 143)
"""Of one that was told to end."""
_FULL = 5
"""Of one that a full disk has ended."""
_FACTS = TypeAdapter(HostFacts)

There = Callable[[], Mapping[str, str]]
"""Returns the addresses of who is there, by name."""

Task = Callable[[Mapping[str, object]], None]
"""One of ``bench.measuring.fleet.on_host``."""


@dataclass(slots=True, kw_only=True)
class FleetMember:
    """A host of a fleet, as far as is known."""

    name: str
    number: int
    address: str
    request: HostRequest
    mirror: Mirror
    state: HostState = "measuring"
    reason: str = ""
    facts: HostFacts | None = None
    waited_for: bool = False
    asked_s: float = 0.0
    heard_s: float = 0.0
    """On the monotonic clock: the last time."""
    away_s: float | None = None
    """On the monotonic clock: since when it is away, or its disk full, and waited for; None: it goes on."""
    before: int = -1
    """How many trials had arrived then, the last time since it was asked for something else."""
    task: Future[None] | None = field(default=None, repr=False)

    def settle(self, state: HostState, reason: str = "") -> None:
        """Wait for it no more: this is what became of it."""
        self.state, self.reason, self.waited_for = state, reason, False

    def leave_out(self, reason: str) -> None:
        """Wait for it no more, as it does not take part, or not any more: then what it has is kept."""
        self.settle("lost" if self.mirror.trials else "left out", reason)


class Talk:
    """With all members at once, from one thread; dask's own puts what it hears in a queue."""

    def __init__(
        self, client: Client, topic: str, members: Sequence[FleetMember], silence_s: float, there: There, say: Say
    ) -> None:
        self._client, self._topic, self._silence_s, self._there, self._say = client, topic, silence_s, there, say
        self._members = members
        self._by_ticket = {one.request.ticket: one for one in members}
        self._back_s = 0.0
        self._heard: queue.SimpleQueue[tuple[float, Any]] = queue.SimpleQueue()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the members, and dask itself, within this block; what was asked is not wanted after it."""
        topics = (self._topic, "all")
        for topic in topics:
            self._client.subscribe_topic(topic, lambda event: self._heard.put((time.time(), event[1])))
        try:
            yield
        finally:
            for topic in topics:
                self._client.unsubscribe_topic(topic)

    def ask(self, task: Task, members: Sequence[FleetMember], *, back_s: float = 0.0) -> None:
        """Ask these members, and return when each has answered, or is given up.

        Who goes away meanwhile, or has a full disk, is waited for as long as ``back_s``, and goes on where it stopped.
        """
        self._back_s = back_s
        for one in members:
            one.waited_for, one.before = True, -1
            self._submit(task, one)
        while any(one.waited_for for one in members):
            self._hear(_HEAR_S)
            self._give_up()
            self._take_up(task)

    def _submit(self, task: Task, one: FleetMember) -> None:
        one.asked_s, one.heard_s = time.time(), time.monotonic()
        one.task = self._client.submit(
            task,
            one.request.document(),
            key=f"{task.__name__}-{one.request.ticket}",
            workers=[one.address],
            allow_other_workers=False,
            resources={RESOURCE: 1},
            pure=False,
        )

    def tell(self, task: Task, members: Sequence[FleetMember]) -> None:
        """Tell these members something to which they need not answer."""
        for one in members:
            self._submit(task, one)
        with suppress(TimeoutError), self._client.as_current():
            wait([one.task for one in members], timeout=_HEEDS_S)

    def stop(self) -> None:
        """Tell all that measure to end, and hear what is left of what they have; the others do not begin any more."""
        self._back_s = 0.0
        for one in self._members:
            if one.waited_for and one.away_s is not None:
                one.settle("lost", one.reason)
        waiting = [one for one in self._members if one.waited_for]
        self._client.cancel([one.task for one in waiting])
        for one in self._members:
            if one.state == "measuring" and not (one.waited_for and one.facts):
                one.settle("left out", "the fleet ended before it measured")
        until_s = time.monotonic() + _TAKES_DOWN_S
        while any(one.waited_for for one in waiting) and time.monotonic() < until_s:
            self._hear(_HEAR_S)
        for one in waiting:
            if one.waited_for:
                one.settle("lost", "it did not end when it was told to")

    def _hear(self, timeout_s: float) -> None:
        """Take all that has come, or wait for what comes."""
        try:
            self._take(*self._heard.get(timeout=timeout_s))
            while True:
                self._take(*self._heard.get_nowait())
        except queue.Empty:
            return

    def _take(self, heard_s: float, event: Any) -> None:
        if not isinstance(event, dict):
            return
        if event.get("action") == "remove-worker":
            for one in self._members:
                if one.waited_for and one.task and one.address == event.get("worker"):
                    self._went(one, "it died or left")
        elif (member := self._by_ticket.get(event.get("ticket", ""))) and member.waited_for:
            member.heard_s = time.monotonic()
            if event.get("kind") != "full":
                member.away_s, member.reason = None, ""
            try:
                self._answered(member, heard_s, event)
            except (KeyError, TypeError, ValueError) as error:
                self._lose(member, f"what it sends is not what a host sends: {' '.join(str(error).split())[:200]}")

    def _answered(self, member: FleetMember, heard_s: float, event: Mapping[str, Any]) -> None:
        """Take an event of a member. Raises KeyError, TypeError or ValueError for what is none; StoreError."""
        match event["kind"]:
            case "says":
                self._say(f"{member.name}: {event['line']}")
            case "began":
                if member.request.arrived:
                    self._say(f"{member.name} goes on where it stopped")
            case "told":
                facts = _FACTS.validate_python(event["facts"])
                member.facts = replace(facts, apart_s=apart_s(facts, member.asked_s, heard_s))
                member.waited_for = False
            case "full":
                self._waits(member, f"its disk is full: {event['reason']}")
            case "refused":
                member.leave_out(str(event["reason"]))
                self._say(f"{member.name} is {member.state}: {member.reason}")
            case "piece":
                member.mirror.write(cast(Piece, event))
            case "ended":
                self._ended(member, event)
            case kind:
                raise ValueError(f"an event {str(kind)[:80]!r}")

    def _ended(self, member: FleetMember, event: Mapping[str, Any]) -> None:
        if event["digest"] != member.mirror.digest and member.mirror.trials:
            raise ValueError("its journal is not the one that has arrived")
        if event["code"] in _FINE and member.mirror.trials:
            member.settle("measured")
            self._say(f"{member.name} has measured {member.mirror.trials} trials")
        elif event["code"] in _TOLD_TO:
            self._went(member, "it was told to end")
        elif event["code"] == _FULL:
            self._went(member, "it was ended by a full disk")
        else:
            self._lose(member, f"its run ended with exit code {event['code']}. {' '.join(event['said'])}".rstrip(". "))

    def _give_up(self) -> None:
        """Give up who is silent, and whose worker could not even begin."""
        for one in self._members:
            if one.waited_for and one.task is not None and one.task.status == "error":
                self._lose(one, "its worker cannot do what is asked: has it this version of Isobench?")
            elif one.waited_for and one.away_s is None and time.monotonic() - one.heard_s > self._silence_s:
                self._went(one, f"it has sent nothing for {self._silence_s:.0f} s")

    def _take_up(self, task: Task) -> None:
        """Ask who is back to go on where it stopped, and give up who was away for too long."""
        if not (away := [one for one in self._members if one.waited_for and one.away_s is not None]):
            return
        there = self._there()
        for one in away:
            if time.monotonic() - cast(float, one.away_s) > self._back_s:
                self._lose(one, f"{one.reason}, and did not go on within {self._back_s:.0f} s")
            elif one.task is None and one.name in there:
                one.address, one.mirror = there[one.name], one.mirror.again()
                del self._by_ticket[one.request.ticket]
                one.request = one.request.taken_up(one.mirror.arrived, one.mirror.digest)
                self._by_ticket[one.request.ticket] = one
                self._submit(task, one)

    def _went(self, member: FleetMember, reason: str) -> None:
        """Wait for a member to come back, where it is to be asked again."""
        if self._waits(member, reason):
            self._client.cancel([member.task])
            member.task = None

    def _waits(self, member: FleetMember, reason: str) -> bool:
        """Whether a member is waited for: not where it has stopped before and measured nothing since."""
        if member.away_s is None:
            if not self._back_s or member.mirror.trials == member.before:
                self._lose(member, reason)
                return False
            member.away_s, member.before, member.reason = time.monotonic(), member.mirror.trials, reason
            self._say(f"{member.name} is away: {reason}")
        return True

    def _lose(self, member: FleetMember, reason: str) -> None:
        member.settle("lost", reason)
        if member.task is not None:
            self._client.cancel([member.task])
        kept = f"{member.mirror.trials} trials of it are kept" if member.mirror.trials else "nothing of it is kept"
        self._say(f"{member.name} is lost: {reason}; {kept}")
