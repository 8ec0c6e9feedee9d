"""The launch ladder: what each rung adds to the one it stands on.

The figure of a rung is the median time to its first line. What it adds is the difference of two medians, so that the
steps of a ladder add up to its top; its interval resamples both rungs by round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.analysis.figures.comparison import Comparison
from bench.analysis.statistics import intervals
from bench.analysis.statistics.intervals import Estimate
from bench.analysis.statistics.paired_series import Side
from bench.model import Part, Rung

METRIC, VANTAGE = "timeline.start", "host"
"""From the request to the first line's arrival: the same stop for every rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung as it was measured, in seconds. ``added`` is the whole of it for the first rung."""

    rung: Rung
    below: str
    """The nearest rung below it that was measured; empty: it stands on the ground."""
    passed: tuple[Rung, ...]
    """The rungs between that one and this one, from the ground up: their work is in what this one adds."""
    emulated: bool
    time: Estimate
    added: Estimate

    @property
    def begins(self) -> float:
        """Where the rung below ends."""
        return self.time.value - self.added.value

    @property
    def parts(self) -> tuple[Part, ...]:
        """Whose work it is that it adds, from the ground up; several where rungs were passed over."""
        return tuple(dict.fromkeys(rung.part for rung in (*self.passed, self.rung)))


def steps(comparison: Comparison, rungs: Sequence[Rung]) -> tuple[Step, ...]:
    """Return the rungs that were measured, in the ladder's order; one stands on the nearest measured rung below it."""
    by_name = {rung.isolation: rung for rung in rungs}
    values = comparison.sides(METRIC, VANTAGE)
    found = []
    for rung in rungs:
        if own := values.get(rung.isolation):
            below, passed = _measured_below(rung, by_name, values)
            time = intervals.median(own.values, confidence=comparison.confidence)
            added = intervals.paired_difference(own, values[below], confidence=comparison.confidence) if below else time
            emulated = rung.isolation in comparison.emulated
            step = Step(rung=rung, below=below, passed=passed, emulated=emulated, time=time, added=added)
            found.append(step)
    return tuple(found)


def tops(found: Sequence[Step]) -> tuple[Step, ...]:
    """Return the rungs on which no measured rung stands."""
    stood_on = {step.below for step in found}
    return tuple(step for step in found if step.rung.isolation not in stood_on)


def shares(top: Step, found: Sequence[Step]) -> dict[tuple[Part, ...], float]:
    """Return how many seconds of a top rung's time are whose work, from the ground up; they add up to its time.

    Work that could not be told apart, because the rung between was not measured, is under several parts at once.
    """
    parts: dict[tuple[Part, ...], float] = {}
    for one in way(top, found):
        parts[one.parts] = parts.get(one.parts, 0.0) + one.added.value
    return parts


def unsure(top: Step, found: Sequence[Step]) -> frozenset[tuple[Part, ...]]:
    """Return whose work below a top rung is that of one rung alone, and may be none: its interval reaches nought."""
    rungs = way(top, found)
    alone = Counter(one.parts for one in rungs)
    return frozenset(one.parts for one in rungs if alone[one.parts] == 1 and one.added.low <= 0)


def way(top: Step, found: Sequence[Step]) -> tuple[Step, ...]:
    """Return the rungs from the ground up to a top one."""
    by_name = {step.rung.isolation: step for step in found}
    rungs: list[Step] = []
    step: Step | None = top
    while step is not None:
        rungs.insert(0, step)
        step = by_name.get(step.below)
    return tuple(rungs)


def is_machines(step: Step, found: Sequence[Step]) -> bool:
    """Whether a machine is among what a rung starts, so that its times are on another scale."""
    return any("machine" in parts for parts in shares(step, found))


def _measured_below(rung: Rung, by_name: dict[str, Rung], values: Mapping[str, Side]) -> tuple[str, tuple[Rung, ...]]:
    """Return the nearest measured rung below, empty for none, and the rungs passed over, from the ground up."""
    passed: list[Rung] = []
    below = by_name.get(rung.over)
    while below is not None and below.isolation not in values:
        passed.insert(0, below)
        below = by_name.get(below.over)
    return (below.isolation if below else ""), tuple(passed)
