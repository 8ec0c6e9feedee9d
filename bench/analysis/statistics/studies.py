"""Small studies on simulated runs, that show why a rule of measuring is a rule: ``notebooks/methodology.ipynb``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.resampling import Floats
from bench.analysis.statistics.simulate import Shape, values

TrialOrder = Literal["one after the other", "in turn", "shuffled rounds"]
ORDERS: tuple[TrialOrder, ...] = ("one after the other", "in turn", "shuffled rounds")

_SPREAD = 0.05


def apparent_ratios(rng: np.random.Generator, order: TrialOrder, *, runs: int, rounds: int, drift: float) -> Floats:
    """Return what two equal systems seem to cost against each other, shape (runs,): the ratio of their medians.

    The host becomes slower by ``drift`` (a share) over each run. In ``order`` either all instances of the first come
    before all of the second, or both take turns, always in the same order, or a round has both, shuffled (Abedi &
    Brecht, "Conducting repeatable experiments in highly variable cloud computing environments", ICPE 2017).
    """
    slots = np.arange(2 * rounds)
    if order == "one after the other":
        first = np.broadcast_to(slots < rounds, (runs, slots.size))
    elif order == "in turn":
        first = np.broadcast_to(slots % 2 == 0, (runs, slots.size))
    else:
        leads = rng.random((runs, rounds, 1)) < 0.5
        first = np.concatenate([leads, ~leads], axis=2).reshape(runs, slots.size)
    slow = np.log1p(drift) * slots / slots[-1]
    took_s = np.exp(rng.normal(0, _SPREAD, (runs, slots.size)) + slow)
    medians = [np.median(took_s[which].reshape(runs, rounds), axis=1) for which in (~first, first)]
    ratios: Floats = medians[0] / medians[1]
    return ratios


def coverage_by_level(
    rng: np.random.Generator, *, runs: int, rounds: int, iterations: Sequence[int], ratio: float = 1.3
) -> pd.DataFrame:
    """Return how often 95 % intervals hold a known ratio when every instance reports several numbers.

    One row for each of ``iterations``. Columns: iterations (int64); by level (float64), the share when instances are
    resampled; pooled (float64), the share when all numbers count as independent: pseudo-replication (Hurlbert,
    Ecological Monographs 54, 1984; Kalibera & Jones, ISMM 2013).
    """
    rows = []
    for count in iterations:
        number = np.repeat(np.arange(rounds), count)
        pairs = [values(rng, "instance shifts", runs=runs, rounds=rounds, iterations=count) for _ in range(2)]
        held = {"by level": 0, "pooled": 0}
        for above, below in zip(*pairs, strict=True):
            one, other = ratio * above.ravel(), below.ravel()
            by_level = intervals.of_ratio(Side.of(number, one), Side.of(number, other)).interval()
            pooled = intervals.ratio(one, other)
            held["by level"] += by_level.low <= ratio <= by_level.high
            held["pooled"] += pooled.low <= ratio <= pooled.high
        rows.append({"iterations": count, **{name: share / runs for name, share in held.items()}})
    return pd.DataFrame(rows)


def stopped(
    rng: np.random.Generator,
    *,
    runs: int,
    looks: Sequence[int],
    precision: float,
    confidence: float,
    shape: Shape = "log-normal",
    ratio: float = 1.3,
) -> pd.DataFrame:
    """Return when runs stop that look at their own intervals, and whether these hold the truth: one row for each run.

    A run looks after as many rounds as ``looks`` says, and stops once the half-width is within ``precision`` (a share
    of the ratio), or at the last look. Columns: rounds (int64), half_width (float64, a share), holds (bool).
    """
    most = looks[-1]
    number = np.arange(most)
    rows = []
    for above, below in zip(*(values(rng, shape, runs=runs, rounds=most) for _ in range(2)), strict=True):
        one, other = ratio * above.ravel(), below.ravel()
        for n in looks:
            found = intervals.of_ratio(Side.of(number[:n], one[:n]), Side.of(number[:n], other[:n]))
            shown = found.interval(confidence)
            if shown.half_width <= precision:
                break
        holds = shown.low <= ratio <= shown.high
        rows.append({"rounds": n, "half_width": shown.half_width, "holds": holds})
    return pd.DataFrame(rows).astype({"rounds": "int64", "half_width": "float64", "holds": "bool"})
