"""Whether two samples differ, by exchanging their labels: no distribution is assumed.

The statistic is Welch's t, so that the level holds approximately where the spreads differ, too (Janssen, Statistics &
Probability Letters 36, 1997). All arrangements are tried where there are at most ``MOST``, else that many random ones,
the one that was seen among them (Phipson & Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

from bench.analysis.resampling import SEED, Floats

MOST = 9999
_TIE = 1 - 1e-9
"""Statistics that agree but for rounding count as equal."""


def finest(n: int, m: int) -> float:
    """Return the smallest two-sided p-value that samples of these sizes can reach: 2 of all arrangements."""
    return 2 / min(math.comb(n + m, n), MOST)


def p_value(one: Floats, other: Floats) -> float:
    """Return the two-sided p-value of equal means of two samples of at least two values each."""
    pooled = np.concatenate([one, other])
    statistics = np.abs(_welch(_arrangements(one.size, other.size), pooled - pooled.mean(), one.size))
    return float(np.mean(statistics >= statistics[0] * _TIE))


@lru_cache(maxsize=32)
def _arrangements(n: int, m: int) -> Floats:
    """Return who belongs to the first sample, shape (arrangements, n + m), 1 or 0; the first row is what was seen."""
    if math.comb(n + m, n) <= MOST:
        places = np.array(list(itertools.combinations(range(n + m), n)))
    else:
        rng = np.random.default_rng([SEED, n, m])
        shuffled = rng.permuted(np.broadcast_to(np.arange(n + m), (MOST, n + m)), axis=1)
        places = np.vstack([np.arange(n), shuffled[1:, :n]])
    members = np.zeros((len(places), n + m))
    np.put_along_axis(members, places, 1.0, axis=1)
    return members


def _welch(members: Floats, pooled: Floats, n: int) -> Floats:
    m = pooled.size - n
    total, squares = pooled.sum(), (pooled**2).sum()
    first, first_squares = members @ pooled, members @ pooled**2
    second, second_squares = total - first, squares - first_squares
    spread = (first_squares - first**2 / n) / (n * (n - 1)) + (second_squares - second**2 / m) / (m * (m - 1))
    apart = first / n - second / m
    # Where no value varies within either sample, any distance is infinitely many standard errors, and none is none.
    scale = np.sqrt(np.maximum(spread, np.finfo(np.float64).tiny))
    statistics: Floats = apart / scale
    return statistics
