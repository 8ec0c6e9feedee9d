"""Medians, ratios and differences of medians, each with an interval that says how sure we are.

A trial is a fresh instance, the highest level at which this benchmark repeats, so whole trials are resampled
(Kalibera & Jones, "Rigorous benchmarking in reasonable time", ISMM 2013). The median, and no best-of-N, is
the figure (Georges, Buytaert & Eeckhout, "Statistically rigorous Java performance evaluation", OOPSLA 2007);
intervals for it assume no distribution (Maricq et al., "Taming performance variability", OSDI 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 4999
SEED = 20261123
"""Every interval starts from this seed, so that the same data always give the same report."""

MINIMUM = 3
"""Fewer trials than this give no interval: two values bound nothing."""

Floats = npt.NDArray[np.float64]
Values = Sequence[float] | Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its interval; ``low`` and ``high`` are NaN when ``n`` trials are too few for one."""

    n: int
    value: float
    low: float
    high: float


def median(values: Values) -> Estimate:
    """Return the median with its 95 % percentile-bootstrap interval (Efron & Tibshirani 1993, chapter 13).

    The interval never leaves the range of the data, so that its true coverage from n trials is at most
    1 - 2 ** (1 - n) (see ``best_coverage``). No values at all give n = 0 and NaN.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        return Estimate(n=0, value=math.nan, low=math.nan, high=math.nan)
    return _estimate((data,), lambda a, axis=-1: np.median(a, axis=axis))


def ratio(values: Values, baseline: Values) -> Estimate:
    """Return median(values) / median(baseline), both sides resampled (Kalibera & Jones 2013).

    NaN throughout unless every value on both sides is above zero: a ratio of signed figures means nothing.
    ``n`` is the smaller of both sample sizes.
    """
    above, below = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    n = min(above.size, below.size)
    if n == 0 or above.min() <= 0 or below.min() <= 0:
        return Estimate(n=n, value=math.nan, low=math.nan, high=math.nan)
    return _estimate((above, below), lambda a, b, axis=-1: np.median(a, axis=axis) / np.median(b, axis=axis))


def difference(values: Values, baseline: Values) -> Estimate:
    """Return median(values) - median(baseline) in their unit, both resampled independently."""
    above, below = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if min(above.size, below.size) == 0:
        return Estimate(n=0, value=math.nan, low=math.nan, high=math.nan)
    return _estimate((above, below), lambda a, b, axis=-1: np.median(a, axis=axis) - np.median(b, axis=axis))


def best_coverage(n: int) -> float:
    """Return the highest coverage any interval within the range of ``n`` values has for the median.

    The median lies outside the range only when all n values fall on one side of it: 2 * (1/2) ** n (order
    statistics; Maricq et al. 2018). 0.75 for 3 trials, 0.94 for 5, 0.97 for 6.
    """
    return 1 - 2.0 ** (1 - n) if n > 0 else 0.0


def _estimate(samples: tuple[Floats, ...], statistic: Callable[..., Floats]) -> Estimate:
    n = min(sample.size for sample in samples)
    value = float(statistic(*samples))
    if n < MINIMUM:
        return Estimate(n=n, value=value, low=math.nan, high=math.nan)
    interval = stats.bootstrap(
        samples,
        statistic,
        n_resamples=RESAMPLES,
        vectorized=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    # Interpolating between equal quantiles may miss them by one rounding; the interval holds its own figure.
    return Estimate(n=n, value=value, low=min(float(interval.low), value), high=max(float(interval.high), value))
