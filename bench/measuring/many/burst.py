"""How long instances take that are asked for at the same moment: bursts of more and more, one after another.

All of a burst are prepared as far as each isolation's stopwatch leaves out, stand in the same envelope (so on the same
CPUs), and are then asked for at once. When all that ever will be are ready, they leave, report the envelope they got,
and are seen to be gone, before the next burst. A burst of which one was not ready is the last. Samples, each of the
step ``at_once``, how many were asked for:

====================== ========= ===================================================================================
metric                 vantage   what
====================== ========= ===================================================================================
``burst.each.MARK`` (s) host     from the first request to the mark, of each that became ready; ``requested``: how
                                 late it was asked for
``burst.success``      host      share of them that became ready
``harness.cpu`` (s)    harness   CPU time of Isobench from the go until it knew that all were ready
====================== ========= ===================================================================================

Everything counts from the first request of the burst: what the harness is late with the others is in their times.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.errors import IsolationError
from bench.host.signals import Interruptions
from bench.isolations.base import Instance, Isolation, Launch
from bench.measuring.many.at_once import asked_at_once, those_ready, waited_for
from bench.measuring.many.floor import Floor, Room
from bench.measuring.many.standing import leave
from bench.model import Better, Burst, Sample, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Bursts:
    """How far a series of bursts came."""

    most: int
    """Of the largest burst, how many became ready."""
    stopped: str
    """Why there was no larger one, in a sentence."""
    seen: Mapping[str, str]
    """What the last of its instances reported from inside about its envelope."""


def bursts(
    isolation: Isolation,
    launch_of: Callable[[int], Launch],
    scenario: Scenario,
    take: Callable[[list[Sample]], None],
    interruptions: Interruptions,
) -> Bursts:
    """Ask for more and more at once until one is not ready, the host has no room, or the scenario's bound is reached.

    ``launch_of`` gives the launch of instance 1, 2, ... over all bursts. ``take`` receives samples as they are made, so
    that they survive an error. A signal is obeyed while instances are waited for.

    Raises IsolationError when none of the first burst became ready or an envelope did not arrive, Ended when one did
    not leave as it should, LeftoverError when something is left.
    """
    assert scenario.burst is not None
    with interruptions.held():
        floor = Floor(scenario.burst.floor_bytes, scenario.burst.floor_tasks)
        return _Growing(isolation, launch_of, scenario, scenario.burst, take, interruptions, floor).go()


@dataclass(slots=True)
class _Growing:
    """The bursts so far."""

    isolation: Isolation
    launch_of: Callable[[int], Launch]
    scenario: Scenario
    burst: Burst
    take: Callable[[list[Sample]], None]
    interruptions: Interruptions
    floor: Floor
    began_ns: int = 0
    asked_for: int = 0
    most: int = 0
    seen: Mapping[str, str] = field(default_factory=dict)

    def go(self) -> Bursts:
        self.began_ns = self.isolation.clock.now_ns()
        stopped = None
        for count in self.burst.at_once:
            stopped = stopped or self.floor.refuses(count) or self._one(count)
        if not self.most:
            raise IsolationError(f"not even one instance became ready: {stopped}")
        bound = (
            f"all {self.burst.at_once[-1]} at once that the scenario asks for were ready: its bound, not this host's"
        )
        return Bursts(most=self.most, stopped=stopped or bound, seen=self.seen)

    def _one(self, count: int) -> str | None:
        """Run one burst; say what went wrong with whom, if anything did."""
        before = Room.now()
        launches = [self.launch_of(self.asked_for + place) for place in range(1, count + 1)]
        self.asked_for += count
        with asked_at_once(self.isolation, launches, self.interruptions) as asked:
            used_s = time.process_time()
            with self.interruptions.allowed():
                reasons = waited_for(asked, self.scenario.start_timeout_s, self.isolation.clock)
                used_s = time.process_time() - used_s
            failed = [reason for reason in reasons if reason]
            ready = those_ready(asked, reasons)
            self._note(count, ready, used_s)
            self.floor.learn(before, len(ready))
            with self.interruptions.allowed():
                self.seen = leave(ready, self.isolation.clock) or self.seen
        self.most = len(ready) or self.most
        return f"of {count} at once {len(failed)} were not ready: {_counted(failed)}" if failed else None

    def _note(self, count: int, ready: Mapping[Instance, Launch], used_s: float) -> None:
        marks = [instance.timeline.marks_ns for instance in ready]
        first_ns = min((mark["requested"] for mark in marks), default=0)
        at_s = (self.isolation.clock.now_ns() - self.began_ns) / 1e9
        step = {"at_once": count}

        def sample(metric: str, value: float, unit: str, vantage: str = "host", better: Better = "lower") -> Sample:
            return Sample(metric=metric, value=value, unit=unit, vantage=vantage, better=better, at_s=at_s, step=step)

        self.take(
            [
                *(
                    sample(f"burst.each.{name}", (ns - first_ns) / 1e9, "s")
                    for mark in marks
                    for name, ns in mark.items()
                ),
                sample("burst.success", len(ready) / count, "1", better="higher"),
                sample("harness.cpu", used_s, "s", "harness"),
            ]
        )


def _counted(reasons: Sequence[str]) -> str:
    """Return reasons with how often each was given, the most frequent first."""
    return "; ".join(f"{why} ({times} times)" if times > 1 else why for why, times in Counter(reasons).most_common())
