"""How many instances a second an isolation keeps up with: starts at a fixed rate, faster until it is not kept.

First some alone, one after another: the median of what they take is the measure. Then as many as the scenario says are
asked for at a fixed rate, whether those before are ready or not, each rate beside none of the instances of another:
half of what one after another would give, doubled until a rate is not kept, then twice the geometric mean of the
highest that was and the lowest that was not. A rate is kept where 99 % are ready within ``late`` times what one alone
took, counted from when each was due: a wait in any queue is in it. Samples:

======================= ========= =======================================================================
metric                  step      what, seen by the host
======================= ========= =======================================================================
``rate.alone`` (s)      (none)    median time to ready of one alone
``rate.kept`` (1/s)     (none)    the highest rate that was kept; 0: not even the first
``rate.each.ready`` (s) per_s     of each start at a rate that was tried, from when it was due to ready
======================= ========= =======================================================================
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.errors import IsolationError
from bench.host.signals import Interruptions
from bench.isolations.base import Isolation, Launch
from bench.measuring.many.at_once import OneOfMany, asked_at_once, those_ready, waited_for
from bench.measuring.many.floor import Floor, Room
from bench.measuring.many.standing import leave
from bench.model import Better, Rate, Sample, Scenario

SUCCESS = 0.99
"""Share of starts that must be ready in time."""

_ALONE, _BETWEEN = 3, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The highest rate that was kept."""

    per_s: float
    stopped: str
    """Why none higher was, in a sentence."""
    seen: Mapping[str, str]
    """What the last of the instances reported from inside about its envelope."""


def highest(keeps: Callable[[float], bool], first: float, most: float) -> tuple[float, float]:
    """Return the highest rate kept, 0 for none, and the lowest not kept, infinite for none below ``most``."""
    kept, refused, rate = 0.0, math.inf, first
    while rate < most and math.isinf(refused):
        kept, refused = (rate, refused) if keeps(rate) else (kept, rate)
        rate *= 2
    for _ in range(_BETWEEN if kept and math.isfinite(refused) else 0):
        between = math.sqrt(kept * refused)
        kept, refused = (between, refused) if keeps(between) else (kept, between)
    return kept, refused


def kept_rate(
    isolation: Isolation,
    launch_of: Callable[[int], Launch],
    scenario: Scenario,
    take: Callable[[list[Sample]], None],
    interruptions: Interruptions,
) -> Kept:
    """Find the highest rate of starts that is kept; return when nothing of any instance is left.

    Arguments and errors as those of ``burst.bursts``.
    """
    assert scenario.rate is not None
    with interruptions.held():
        floor = Floor(scenario.rate.floor_bytes, scenario.rate.floor_tasks)
        return _Search(isolation, launch_of, scenario, scenario.rate, take, interruptions, floor).go()


@dataclass(slots=True)
class _Search:
    """The starts so far."""

    isolation: Isolation
    launch_of: Callable[[int], Launch]
    scenario: Scenario
    rate: Rate
    take: Callable[[list[Sample]], None]
    interruptions: Interruptions
    floor: Floor
    began_ns: int = 0
    asked_for: int = 0
    alone_s: float = 0.0
    failed: str = ""
    """Why one of the last starts did not become ready."""
    why: str = ""
    """Why the last rate that was not kept was not."""
    seen: Mapping[str, str] = field(default_factory=dict)

    def go(self) -> Kept:
        self.began_ns = self.isolation.clock.now_ns()
        alone = [self._starts(1, 0.0) for _ in range(_ALONE)]
        if not all(alone):
            raise IsolationError(f"one alone did not become ready: {self.failed}")
        self.alone_s = statistics.median(time_s for times in alone for time_s in times)
        most = self.rate.starts / self.alone_s
        kept, refused = highest(self._keeps, 0.5 / self.alone_s, most)
        self.take([self._sample("rate.alone", self.alone_s, "s"), self._sample("rate.kept", kept, "1/s")])
        beyond = f"{self.rate.starts} at a rate of {most:.3g}/s would be asked for before one alone is ready"
        stopped = self.why if math.isfinite(refused) else beyond
        return Kept(per_s=kept, stopped=stopped, seen=self.seen)

    def _keeps(self, per_s: float) -> bool:
        """Say whether a rate is kept; note why where it is not."""
        if why := self.floor.refuses(self.rate.starts):
            self.why = why
            return False
        times = self._starts(self.rate.starts, 1 / per_s)
        self.take([self._sample("rate.each.ready", time_s, "s", per_s=round(per_s, 3)) for time_s in times])
        in_time = sum(time_s <= self.rate.late * self.alone_s for time_s in times)
        if in_time >= SUCCESS * self.rate.starts:
            return True
        late_s = self.rate.late * self.alone_s
        said = f"at {per_s:.3g}/s {in_time} of {self.rate.starts} were ready within {late_s:.3g} s"
        self.why = f"{said}; {self.failed}" if self.failed else said
        return False

    def _starts(self, count: int, apart_s: float) -> list[float]:
        """Ask for so many, so far apart; return the times to ready of those that became so, from when each was due."""
        before = Room.now()
        launches = [self.launch_of(self.asked_for + place) for place in range(1, count + 1)]
        self.asked_for += count
        with asked_at_once(self.isolation, launches, self.interruptions, apart_s=apart_s) as asked:
            with self.interruptions.allowed():
                reasons = waited_for(asked, self.scenario.start_timeout_s, self.isolation.clock)
            self.failed = next(filter(None, reasons), "")
            ready = those_ready(asked, reasons)
            self.floor.learn(before, len(ready))
            times = [_from_due_s(one) for one, why in zip(asked, reasons, strict=True) if why is None]
            with self.interruptions.allowed():
                self.seen = leave(ready, self.isolation.clock) or self.seen
        return times

    def _sample(self, metric: str, value: float, unit: str, **step: float) -> Sample:
        at_s = (self.isolation.clock.now_ns() - self.began_ns) / 1e9
        better: Better = "higher" if metric == "rate.kept" else "lower"
        return Sample(metric=metric, value=value, unit=unit, vantage="host", better=better, at_s=at_s, step=step)


def _from_due_s(one: OneOfMany) -> float:
    assert one.instance is not None
    return (one.instance.timeline.marks_ns["ready"] - one.due_ns) / 1e9
