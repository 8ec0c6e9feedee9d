"""Did a workload reach a steady speed? Change points in what it said of itself while it ran.

Method of Barrett et al., Virtual Machine Warmup Blows Hot and Cold, OOPSLA 2017, section 4: change points of mean and
variance by PELT (Killick, Fearnhead, Eckley 2012) with a normal likelihood and a penalty of 15 ln n; a series without
any is flat, one that ends at its best is warming, one that ends below it is slowing, one that still changes near its
end is unsteady. Ours are the floor of the variance, the tolerance and the least number of points below, since a
scenario gives tens of points where theirs gives thousands. Of ten points, a change is found from about 12 standard
deviations, of thirty from about 5: what is called flat may still drift by less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.analysis.data import plausible
from bench.analysis.data.derive import CELL, SERIES
from bench.analysis.data.texts import holds
from bench.analysis.statistics.resampling import Floats

FLAT, WARMING, SLOWING, UNSTEADY, SHORT = "flat", "warming", "slowing", "unsteady", "too short"
MOVING = (WARMING, SLOWING, UNSTEADY)
"""What is no steady speed: one figure over the whole run does not stand for it."""

LEAST = 8
"""Fewest points that are judged."""

_SEGMENT = 3
"""Fewest points between two changes: the variance of two is nought too often by chance."""

_TOLERANCE = 0.01
"""Relative difference of two means from which a change matters; also what a report could not tell from nothing."""

_FLOOR = 0.001
"""Least standard deviation, relative to the mean: what a tool rounds away must not look like certainty."""

_TAIL = 0.25
"""Share at the end of a series in which a steady one does not change: 500 of 2000 iterations in the source."""


def change_points(values: Floats) -> list[int]:
    """Return where mean or variance change: the index of each segment's first point, but for the first segment."""
    n = len(values)
    if n < 2 * _SEGMENT:
        return []
    centred = values - values.mean()
    sums, squares = _running(centred), _running(centred**2)
    floor = max((_FLOOR * float(values.mean())) ** 2, np.finfo(float).tiny)
    penalty = 15 * math.log(n)
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    last = np.zeros(n + 1, dtype=np.int64)
    candidates = np.array([0])
    for end in range(_SEGMENT, n + 1):
        lengths = end - candidates
        means = (sums[end] - sums[candidates]) / lengths
        variances = np.maximum((squares[end] - squares[candidates]) / lengths - means**2, floor)
        costs = best[candidates] + lengths * np.log(variances)
        where = int(costs.argmin())
        best[end], last[end] = costs[where] + penalty, candidates[where]
        kept = candidates[costs <= best[end]]
        begin = end - _SEGMENT + 1
        candidates = np.append(kept, begin) if begin >= _SEGMENT else kept
    found = []
    end = n
    while (end := int(last[end])) > 0:
        found.append(end)
    return found[::-1]


def changes(values: Floats) -> list[int]:
    """Return the change points at which the mean changes by more than the tolerance."""
    points = change_points(values)
    means = [float(part.mean()) for part in np.split(values, points)]
    return [
        point
        for point, before, after in zip(points, means, means[1:], strict=False)
        if abs(after - before) > _TOLERANCE * max(abs(before), abs(after))
    ]


def ends(values: Floats) -> tuple[float, float]:
    """Return the mean of the first and of the last three points."""
    return float(values[:_SEGMENT].mean()), float(values[-_SEGMENT:].mean())


def kind_of(values: Floats, *, higher_is_better: bool) -> str:
    """Return ``flat``, ``warming``, ``slowing``, ``unsteady`` or ``too short`` for one trial's series, in order."""
    if len(values) < LEAST:
        return SHORT
    found = changes(values)
    if not found:
        return FLAT
    if found[-1] > len(values) * (1 - _TAIL):
        return UNSTEADY
    means = [float(part.mean()) for part in np.split(values, found)]
    best = max(means) if higher_is_better else min(means)
    return WARMING if abs(means[-1] - best) <= _TOLERANCE * abs(best) else SLOWING


def points(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the points of every series of trials that ended ok, of a frame as ``load`` gives it.

    Those that cannot be (see ``plausible``) are left out.
    """
    rows = frame[(frame["outcome"] == "ok") & holds(frame["metric"], lambda name: name.endswith(SERIES))]
    return plausible.kept(rows)


def classify(frame: pd.DataFrame) -> pd.DataFrame:
    """Classify every series of ``points``, of a frame as ``load`` gives it.

    One row per trial and metric. Columns: scenario, parameters, isolation, metric (string; without ``.series``);
    trial, points (int64); first, last (float64, in the metric's unit: the mean of the first and of the last three
    points); kind (string).
    """
    found = []
    for key, series in points(frame).groupby([*CELL, "metric", "better", "trial"], sort=False, observed=True):
        *about, metric, better, trial = key
        values = series["value"].to_numpy(dtype="float64")
        found.append(
            (
                *map(str, about),
                str(metric).removesuffix(SERIES),
                int(str(trial)),
                len(values),
                *ends(values),
                kind_of(values, higher_is_better=better == "higher"),
            )
        )
    columns = [*CELL, "metric", "trial", "points", "first", "last", "kind"]
    text = dict.fromkeys([*CELL, "metric", "kind"], "string")
    numbers = {"trial": "int64", "points": "int64", "first": "float64", "last": "float64"}
    return pd.DataFrame(found, columns=columns).astype({**text, **numbers})


def cells(classified: pd.DataFrame) -> pd.DataFrame:
    """Bring the trials of ``classify`` together: one row per cell and metric.

    Columns: scenario, parameters, isolation, metric, kind (string); trials (int64), those with enough points. A cell is
    unsteady where one of its trials is, or where they disagree; ``too short`` where none has enough points.
    """
    found = []
    for key, trials in classified.groupby([*CELL, "metric"], sort=False):
        kinds = set(trials["kind"]) - {SHORT}
        kind = UNSTEADY if len(kinds) > 1 else next(iter(kinds), SHORT)
        found.append((*map(str, key), kind, int((trials["kind"] != SHORT).sum())))
    columns = [*CELL, "metric", "kind", "trials"]
    return pd.DataFrame(found, columns=columns).astype({**dict.fromkeys(columns[:-1], "string"), "trials": "int64"})


Kinds = Mapping[tuple[str, ...], Mapping[str, str]]
"""By cell (scenario, parameters, isolation), by metric."""


def kinds(found: pd.DataFrame) -> Kinds:
    """Return the kinds of ``cells``: of each cell (scenario, parameters, isolation) by metric, where points suffice."""
    kinds: dict[tuple[str, ...], dict[str, str]] = {}
    for row in found.loc[found["kind"] != SHORT, [*CELL, "metric", "kind"]].itertuples(index=False, name=None):
        *cell, metric, kind = map(str, row)
        kinds.setdefault(tuple(cell), {})[metric] = kind
    return kinds


def of_figure(metric: str, kinds: Mapping[str, str]) -> str | None:
    """Return how the speed went behind a figure that a workload reports over all of its run; None where nobody knows.

    ``kinds`` are its cell's, by metric. A figure without a series of its own, a latency say, comes from the same
    seconds as those that have one: where one of these was not steady, nor is it.
    """
    if metric in kinds or not kinds:
        return kinds.get(metric)
    return next((kind for kind in kinds.values() if kind in MOVING), FLAT)


def _running(values: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values)))
