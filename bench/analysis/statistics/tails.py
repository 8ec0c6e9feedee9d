"""Percentiles and shares of success: figures of a tail, with intervals that assume no distribution.

A percentile's interval lies between two order statistics. How many of n values lie at or below the true percentile is
binomial, whatever the distribution, so that its coverage is known exactly (Hahn & Meeker, "Statistical Intervals",
1991, section 5.2). A share's is Wilson's score interval, which holds also where all or none have succeeded (Wilson,
JASA 22, 1927; Brown, Cai & DasGupta, Statistical Science 16, 2001).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import special

from bench.analysis.statistics.intervals import CONFIDENCE, Estimate, Values

PERCENTILES = (95, 99)
"""Those that are reported."""


def percentile(values: Values, share: float, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the value at or below which a share of all instances lie, 0.95 being the 95th percentile.

    The value is of the data: the least that at least so many reach. Of all pairs of order statistics that cover as
    much as ``confidence``, the interval is the one with the fewest values between them; of several the one whose tails
    are most alike. NaN throughout from fewer than ``enough`` values: nothing is known then of what lies above them.
    """
    n = len(values)
    places = _places(n, share, confidence)
    if places is None:
        return Estimate(n=n, value=math.nan, low=math.nan, high=math.nan)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    below, above = places
    value = ordered[max(math.ceil(share * n - _ROUNDING), 1) - 1]
    return Estimate(n=n, value=float(value), low=float(ordered[below - 1]), high=float(ordered[above - 1]))


@lru_cache(maxsize=64)
def enough(share: float, confidence: float = CONFIDENCE) -> int:
    """Return from how many values on a percentile has an interval: 59 for the 95th, 299 for the 99th, at 95 %.

    The widest interval within the data misses it when all values lie on one side: ``share ** n + (1 - share) ** n``.
    """
    n = 1
    while 1 - share**n - (1 - share) ** n < confidence:
        n += 1
    return n


def success(succeeded: int, n: int, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the share that succeeded with Wilson's interval; NaN of none."""
    if n == 0:
        return Estimate(n=0, value=math.nan, low=math.nan, high=math.nan)
    share, z = succeeded / n, float(special.ndtri((1 + confidence) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # An end that is 0 or 1 may come out a rounding beside it; the interval holds its own figure.
    return Estimate(
        n=n, value=share, low=min(max(middle - reach, 0.0), share), high=max(min(middle + reach, 1.0), share)
    )


_ROUNDING = 1e-9
"""0.95 times 20 is no more than 19, whatever binary fractions make of it."""


@lru_cache(maxsize=512)
def _places(n: int, share: float, confidence: float) -> tuple[int, int] | None:
    """Return between which of n values in order, from 1, a percentile lies so surely; None where between none."""
    if n < enough(share, confidence):
        return None
    at_most = special.bdtr(np.arange(n), n, share)  # that 0, 1, … n - 1 values lie below it
    below = np.arange(1, n)
    above = np.searchsorted(at_most, confidence + at_most[:-1] - _NOTHING) + 1  # the first that reaches so far
    known = above <= n
    below, above = below[known], above[known]
    tails = np.abs(at_most[below - 1] - (1 - at_most[above - 1]))
    best = np.lexsort((tails, above - below))[0]
    return int(below[best]), int(above[best])


_NOTHING = 1e-12
"""What a sum of binomial chances may be off by."""
