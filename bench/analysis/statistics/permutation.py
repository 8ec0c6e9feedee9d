"""Whether two samples differ, by exchanging their labels: no distribution is assumed.

The statistic is Welch's t, so that the level holds approximately where the spreads differ, too (Janssen, Statistics &
Probability Letters 36, 1997). All arrangements are tried where there are fewer than ``MOST``, else that many random
ones, the one that was seen among them (Phipson & Smyth, Statistical Applications in Genetics and Molecular Biology 9,
2010).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from bench.analysis.statistics.resampling import SEED, Floats

MOST = 9999


def finest(n: int, m: int) -> float:
    """Return the smallest two-sided p-value that samples of these sizes can reach: 2 of all arrangements."""
    return 2 / min(math.comb(n + m, n), MOST)


def p_value(one: Floats, other: Floats) -> float:
    """Return the two-sided p-value of equal means of two samples of at least two values each."""
    middle = np.concatenate([one, other]).mean()  # around it, equal distances are equal but for the last digits
    samples = (one - middle, other - middle)
    tested = stats.permutation_test(
        samples, _apart, vectorized=True, n_resamples=MOST - 1, alternative="greater", rng=np.random.default_rng(SEED)
    )
    return float(tested.pvalue)


def _apart(one: Floats, other: Floats, axis: int) -> Floats:
    """Return how many standard errors lie between the means; scipy's own t is NaN where no value varies."""
    squares = one.var(axis=axis, ddof=1) / one.shape[axis] + other.var(axis=axis, ddof=1) / other.shape[axis]
    errors: Floats = np.sqrt(np.maximum(squares, np.finfo(np.float64).tiny))
    apart: Floats = np.abs(one.mean(axis=axis) - other.mean(axis=axis)) / errors
    return apart
