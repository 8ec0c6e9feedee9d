"""Two runs against each other: what has changed, by two gates, and what cannot be told.

A figure has changed when a test says so after Holm's correction for all figures that are compared, *and* the change is
large enough to matter (both gates as in Firecracker's A/B tests). It has not changed in any way that matters when its
interval lies within that minimum and the pair of one-sided tests agrees (TOST; Schuirmann 1987), whose p-values Holm's
procedure corrects likewise. All else is undecided: a large p-value proves nothing. Rounds of two runs have nothing in
common, so no pairs are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.claims.evidence import Evidence
from bench.analysis.data.derive import PER_CPU_S
from bench.analysis.data.frame import load
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.by_round import CellKey, FigureKey
from bench.analysis.figures.comparison import naturally
from bench.analysis.figures.headlines import is_headline
from bench.analysis.figures.summary import Cells, of_cells
from bench.analysis.schemas import CHANGE_COLUMNS
from bench.analysis.statistics import intervals, permutation
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.significance import ALPHA, Contrast, contrast, holm
from bench.analysis.two_runs.endings import Ending, endings
from bench.analysis.two_runs.environment import of_machines, of_runs, shared
from bench.errors import InputError, ResultsError
from bench.store.manifest import Difference, Manifest
from bench.store.table import dtypes

MIN_CHANGE = 0.05
"""Smaller changes do not matter, unless the reader says otherwise."""

MOST_CHANGE = 10.0
"""No smallest change that matters is larger than this: ten times as much again."""

DTYPES = dtypes(CHANGE_COLUMNS)


class Change(StrEnum):
    """What two runs say of one figure."""

    WORSE = "worse"
    BETTER = "better"
    NONE = "no relevant change"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One figure in both runs: the medians in ``unit``, and the ratio of the second to the first with its interval.

    ``p`` is of a ratio of 1, ``p_alike`` of a change that matters (the pair of one-sided tests; 1 where the 90 %
    interval reaches so far), each corrected by Holm over all figures; NaN where the figure cannot be tested, and
    ``note`` says why. ``detectable`` is the smallest change, as a share, that would have been seen by itself with a
    power of 80 %. ``test`` is ``permutation``, ``welch`` (too few rounds for a permutation to reach the corrected
    level) or empty.
    """

    scenario: str
    parameters: str
    isolation: str
    emulated: bool
    metric: str
    vantage: str
    unit: str
    better: str
    n_before: int
    n_after: int
    before: float
    after: float
    ratio: float
    low: float
    high: float
    p: float
    p_alike: float
    detectable: float
    test: str
    change: Change
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """Two runs, side by side. ``across``: they come from different machines, and the reader knows.

    ``differences`` may explain a change; ``left_out`` says in a sentence each what is in no figure here.
    """

    before: Manifest
    after: Manifest
    min_change: float
    across: bool
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...]
    endings: tuple[Ending, ...]
    pairs: tuple[Pair, ...]

    @property
    def is_worse(self) -> bool:
        """Whether a figure has become worse, or trials end badly that did not before."""
        return any(one.change is Change.WORSE for one in self.pairs) or any(one.is_new for one in self.endings)

    @property
    def table(self) -> pd.DataFrame:
        """One row per figure; columns as of ``compare``."""
        return pd.DataFrame([asdict(pair) for pair in self.pairs], columns=list(DTYPES)).astype(dict(DTYPES))


def compare(
    run_a: str | Path,
    run_b: str | Path,
    *,
    min_change: float = MIN_CHANGE,
    across_hosts: bool = False,
    every: bool = False,
) -> pd.DataFrame:
    """Compare the run folders ``run_a``, before, and ``run_b``, after: one row per figure that both have.

    Columns: ``bench.schemas["changes"]``.

    Arguments and errors as of ``compare_runs``, which also tells what differs around the figures, and of failures.
    """
    return compare_runs(run_a, run_b, min_change=min_change, across_hosts=across_hosts, every=every).table


def compare_runs(
    run_a: str | Path,
    run_b: str | Path,
    *,
    min_change: float = MIN_CHANGE,
    across_hosts: bool = False,
    every: bool = False,
) -> Compared:
    """Compare two run folders, and say everything that a reader must know to judge it.

    ``min_change`` is the smallest change that matters, as a share: 0.05 for 5 %, taken as a ratio of 1.05 or 1 / 1.05.
    ``every``: all figures, not only start-up, idle memory, what workloads report, and their work per host CPU-second.

    Raises InputError for a ``min_change`` that is none. Raises ResultsError when a run cannot be read, when they
    measured different versions of a scenario or different images, share nothing, or come from different machines and
    ``across_hosts`` does not say that this is known.
    """
    if not 0 < min_change <= MOST_CHANGE:
        raise InputError(f"a minimum change of {min_change:g} means nothing", remedy="Give a share such as 5% or 0.05")
    before, after = load_manifest(run_a), load_manifest(run_b)
    both = shared(before, after)
    apart = of_machines(before.host, after.host)
    if apart and not across_hosts:
        raise ResultsError(
            f"{before.run} and {after.run} come from different machines, as far as they tell: "
            + "; ".join(f"{one.what} {one.before} and {one.after}" for one in apart),
            remedy="A change between machines says nothing of what was changed; if you know, add --across-hosts",
        )
    frames = [load(run) for run in (run_a, run_b)]
    kept = [frame[frame["scenario"].isin(both.scenarios)] for frame in frames]
    found = [of_cells(frame) for frame in kept]
    alike, notes = _alike(kept, found, (before, after))
    confidence = max(before.stopping.confidence, after.stopping.confidence)
    pairs = _pairs(found, alike, _emulated(kept[0]), min_change=min_change, confidence=confidence, every=every)
    ended = endings(kept[0], kept[1], Evidence.of(kept[1], after, found[1]))
    if not pairs and not any(one.is_new for one in ended):
        raise ResultsError(
            f"{before.run} and {after.run} have no figure in common: {'; '.join(notes) or 'nothing was measured'}",
            remedy="Compare runs of the same isolations and settings, of which some trials ended well",
        )
    return Compared(
        before=before,
        after=after,
        min_change=min_change,
        across=bool(apart),
        differences=of_runs(before, after, both.scenarios),
        left_out=(*(f"scenario {name} is only in {run}" for name, run in both.only), *notes),
        endings=ended,
        pairs=pairs,
    )


def _alike(
    frames: list[pd.DataFrame], found: Sequence[Cells], runs: tuple[Manifest, Manifest]
) -> tuple[list[CellKey], tuple[str, ...]]:
    """Return the cells that both runs have figures of, and what is left out because only one has, or is emulated."""
    one, other = found
    notes = [
        *(f"{_named(cell)} is only in {runs[0].run}" for cell in one if cell not in other),
        *(f"{_named(cell)} is only in {runs[1].run}" for cell in other if cell not in one),
    ]
    emulated = [_emulated(frame) for frame in frames]
    alike = [cell for cell in one if cell in other and emulated[0].get(cell) == emulated[1].get(cell)]
    order, facts = list(runs[0].scenarios), IsolationFacts.of(runs[0])
    alike.sort(key=lambda cell: (order.index(cell[0]), naturally(cell[1]), facts.reading_order(cell[2])))
    mixed = [cell for cell in one if cell in other and cell not in alike]
    notes += [f"{_named(cell)} was emulated in one of the runs only" for cell in mixed]
    return alike, tuple(notes)


def _named(cell: CellKey) -> str:
    scenario, parameters, isolation = cell
    return f"{scenario} on {isolation}" if parameters == "{}" else f"{scenario} {parameters} on {isolation}"


def _emulated(frame: pd.DataFrame) -> dict[CellKey, bool]:
    ended = frame.groupby(["scenario", "parameters", "isolation"])["emulated"].any()
    return {CellKey(*map(str, key)): bool(flag) for key, flag in ended.items()}  # type: ignore[call-overload]  # a tuple


def _pairs(
    found: Sequence[Cells],
    cells: list[CellKey],
    emulated: Mapping[CellKey, bool],
    *,
    min_change: float,
    confidence: float,
    every: bool,
) -> tuple[Pair, ...]:
    figures = [
        (cell, figure)
        for cell in cells
        for figure in found[0][cell]
        if figure in found[1][cell] and (every or is_asked_for(*figure[:2]))
    ]
    compared = [_Sides.of(found[0][cell][figure], found[1][cell][figure]) for cell, figure in figures]
    testable = sum(one.contrast is not None for one in compared)
    tested = [one.p_value(testable) for one in compared]
    ratios = [one.ratio(confidence) for one in compared]
    changed = holm([p for p, _ in tested])
    alike = holm([one.p_alike(inner, min_change) for one, (_, inner) in zip(compared, ratios, strict=True)])
    return tuple(
        _pair(cell, figure, one, ratio, (float(p), float(no)), test, min_change, emulated=emulated[cell])
        for (cell, figure), one, (ratio, _), p, no, (_, test) in zip(
            figures, compared, ratios, changed, alike, tested, strict=True
        )
    )


def is_asked_for(metric: str, vantage: str) -> bool:
    """Say whether a figure is compared where not all are: a headline, or a workload's work per host CPU-second."""
    return is_headline(metric, vantage) or metric.endswith(PER_CPU_S)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sides:
    """One figure by round, before and after; its rounds are numbered so that the two have none in common."""

    before: Side
    after: Side
    contrast: Contrast | None

    @classmethod
    def of(cls, before: Side, after: Side) -> _Sides:
        apart = replace(before, rounds=np.arange(-before.n, 0)), replace(after, rounds=np.arange(after.n))
        return cls(before=apart[0], after=apart[1], contrast=contrast(apart[1], apart[0]))

    def p_value(self, figures: int) -> tuple[float, str]:
        """Return an uncorrected p and the test it is of; a permutation where its finest p can survive Holm."""
        if self.contrast is None:
            return float("nan"), ""
        if permutation.finest(self.after.n, self.before.n) * figures > ALPHA:
            return self.contrast.p(), "welch"
        return permutation.p_value(np.log(self.after.values), np.log(self.before.values)), "permutation"

    def ratio(self, confidence: float) -> tuple[intervals.Estimate, intervals.Estimate]:
        """Return after over before with its interval, and with that of the pair of one-sided tests."""
        resampled = intervals.of_ratio(self.after, self.before)
        return resampled.interval(confidence), resampled.interval(1 - 2 * (1 - confidence))

    def p_alike(self, inner: intervals.Estimate, min_change: float) -> float:
        """Return an uncorrected p of a change that matters: of the pair of one-sided tests, 1 by the interval."""
        if self.contrast is None:
            return float("nan")
        within = inner.low >= 1 / (1 + min_change) and inner.high <= 1 + min_change
        return self.contrast.equivalence(min_change) if within else 1.0

    @property
    def note(self) -> str:
        if self.contrast is not None:
            return ""
        few = min(self.before.n, self.after.n) < intervals.MINIMUM
        return f"fewer than {intervals.MINIMUM} rounds" if few else "has values that are not above zero: no ratio"


def _pair(
    cell: CellKey,
    figure: FigureKey,
    both: _Sides,
    ratio: intervals.Estimate,
    p_values: tuple[float, float],
    test: str,
    min_change: float,
    *,
    emulated: bool,
) -> Pair:
    scenario, parameters, isolation = cell
    metric, vantage, unit, better = figure
    return Pair(
        scenario=scenario,
        parameters=parameters,
        isolation=isolation,
        emulated=emulated,
        metric=metric,
        vantage=vantage,
        unit=unit,
        better=better,
        n_before=both.before.n,
        n_after=both.after.n,
        before=both.before.median,
        after=both.after.median,
        ratio=ratio.value,
        low=ratio.low,
        high=ratio.high,
        p=p_values[0],
        p_alike=p_values[1],
        detectable=both.contrast.detectable() if both.contrast else float("nan"),
        test=test,
        change=_change(ratio.value, p_values, min_change, better),
        note=both.note,
    )


def _change(ratio: float, p_values: tuple[float, float], min_change: float, better: str) -> Change:
    """Return what corrected p-values, of no change and of one that matters, say; NaN says nothing."""
    changed, alike = p_values
    reach = 1 + min_change
    if changed < ALPHA and not 1 / reach < ratio < reach:
        return Change.WORSE if (ratio > 1) == (better == "lower") else Change.BETTER
    return Change.NONE if alike < ALPHA else Change.UNDECIDED
