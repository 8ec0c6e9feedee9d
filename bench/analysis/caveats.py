"""What the data themselves say against trusting a figure: troubled trials, clocks, too few trials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.analysis import intervals
from bench.analysis.comparison import Comparison
from bench.store import dataset

CLOCK_TOLERANCE = 0.01
"""A clock that runs over 1 % off the host's makes every rate it reports wrong by as much."""

ENOUGH = 6
"""Fewest values whose range can cover the median with 95 % confidence (``intervals.best_coverage``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A trial that is in no figure, why, and its last console lines."""

    number: int
    round: int
    scenario: str
    parameters: str
    isolation: str
    emulated: bool
    outcome: str
    reason: str
    tail: tuple[str, ...]


def troubles(path: str | Path) -> tuple[Trouble, ...]:
    """Return every trial of the run folder ``path`` that did not end ok, in order.

    Raises ResultsError when the journal is missing or broken.
    """
    return tuple(
        Trouble(
            number=trial.number,
            round=trial.round,
            scenario=trial.scenario,
            parameters=trial.parameters_text,
            isolation=trial.isolation,
            emulated=trial.emulated,
            outcome=trial.outcome,
            reason=trial.reason,
            tail=trial.tail,
        )
        for trial in dataset.read_journal(Path(path))
        if trial.outcome != "ok"
    )


def caveats(comparison: Comparison) -> tuple[str, ...]:
    """Return what a reader must know before trusting this comparison, one sentence each."""
    return (*_clocks(comparison), *_few_trials(comparison))


def _clocks(comparison: Comparison) -> list[str]:
    return [
        f"The clock inside {comparison.name_of(found.isolation)} disagrees with the host's by "
        f"{found.median * 100:+.1f} % (median of {found.n} trials): what the workload reports per second is "
        "off by as much; read work per host CPU-second with the same care."
        for found in comparison.findings("clock.disagreement", "workload")
        if abs(found.median) > CLOCK_TOLERANCE
    ]


def _few_trials(comparison: Comparison) -> list[str]:
    ok = comparison.samples.groupby("isolation")["trial"].nunique()
    counts = {comparison.name_of(isolation): int(ok.get(isolation, 0)) for isolation in comparison.isolations}
    fewest = min((count for count in counts.values() if count), default=0)
    said = [f"No trial of {name} ended well: it has no figures." for name, count in counts.items() if not count]
    if 0 < fewest < intervals.MINIMUM:
        few = [name for name, count in counts.items() if 0 < count < intervals.MINIMUM]
        said.append(
            f"Fewer than {intervals.MINIMUM} good trials of {', '.join(few)} give no interval: "
            "treat the median as a first look."
        )
    elif 0 < fewest < ENOUGH:
        coverage = intervals.best_coverage(fewest) * 100
        said.append(
            f"With {fewest} good trials no interval for a median can cover more than {coverage:.0f} %, "
            f"whatever it is called: ask for {ENOUGH} or more rounds."
        )
    return said
