"""Medians, ratios and differences of medians, each with an interval that says how sure we are.

A trial is a fresh instance, the highest level at which this benchmark repeats, so whole trials are resampled
(Kalibera & Jones, "Rigorous benchmarking in reasonable time", ISMM 2013). The median, and no best-of-N, is
the figure (Georges, Buytaert & Eeckhout, "Statistically rigorous Java performance evaluation", OOPSLA 2007);
intervals for it assume no distribution (Maricq et al., "Taming performance variability", OSDI 2018).

Resampling n values with replacement and taking the median picks one, or the mean of two, of the n values in order.
Which, depends on n alone: so the places are drawn once for every n, and a resample is then a look-up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
RESAMPLES = 4999
SEED = 20261123
"""Every interval starts from this seed, so that the same data always give the same report."""

MINIMUM = 3
"""Fewer trials than this give no interval: two values bound nothing."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Values = Sequence[float] | Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its interval; ``low`` and ``high`` are NaN when ``n`` trials are too few for one."""

    n: int
    value: float
    low: float
    high: float


def median(values: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the median with its percentile-bootstrap interval (Efron & Tibshirani 1993, chapter 13).

    The interval never leaves the range of the data, so that its true coverage from n trials is at most
    1 - 2 ** (1 - n) (see ``best_coverage``). No values at all give n = 0 and NaN.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        return _nothing(0)
    return _estimate(data.size, float(np.median(data)), _medians(data, 0), confidence)


def ratio(values: Values, baseline: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return median(values) / median(baseline), both sides resampled (Kalibera & Jones 2013).

    NaN throughout unless every value on both sides is above zero: a ratio of signed figures means nothing.
    ``n`` is the smaller of both sample sizes.
    """
    above, below = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    n = min(above.size, below.size)
    if n == 0 or above.min() <= 0 or below.min() <= 0:
        return _nothing(n)
    value = float(np.median(above) / np.median(below))
    return _estimate(n, value, _medians(above, 0) / _medians(below, 1), confidence)


def difference(values: Values, baseline: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return median(values) - median(baseline) in their unit, both resampled independently."""
    above, below = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    n = min(above.size, below.size)
    if n == 0:
        return _nothing(0)
    value = float(np.median(above) - np.median(below))
    return _estimate(n, value, _medians(above, 0) - _medians(below, 1), confidence)


def paired_ratio(
    values: Mapping[int, float], baseline: Mapping[int, float], *, confidence: float = CONFIDENCE
) -> Estimate:
    """Return median(values) / median(baseline) as ``ratio`` does, from values by round.

    Rounds that both sides have are resampled together, so that what troubles a whole round troubles both sides
    of a resample alike (blocks of Abedi & Brecht, ICPE 2017); rounds that only one side has, by themselves.
    """
    n = min(len(values), len(baseline))
    if n == 0 or min(values.values()) <= 0 or min(baseline.values()) <= 0:
        return _nothing(n)
    above, below = _paired(values, baseline)
    value = float(np.median(list(values.values())) / np.median(list(baseline.values())))
    return _estimate(n, value, above / below, confidence)


def paired_difference(
    values: Mapping[int, float], baseline: Mapping[int, float], *, confidence: float = CONFIDENCE
) -> Estimate:
    """Return median(values) - median(baseline) in their unit, resampled by round as in ``paired_ratio``."""
    n = min(len(values), len(baseline))
    if n == 0:
        return _nothing(0)
    above, below = _paired(values, baseline)
    value = float(np.median(list(values.values())) - np.median(list(baseline.values())))
    return _estimate(n, value, above - below, confidence)


def best_coverage(n: int) -> float:
    """Return the highest coverage any interval within the range of ``n`` values has for the median.

    The median lies outside the range only when all n values fall on one side of it: 2 * (1/2) ** n (order
    statistics; Maricq et al. 2018). 0.75 for 3 trials, 0.94 for 5, 0.97 for 6.
    """
    return 1 - 2.0 ** (1 - n) if n > 0 else 0.0


def _paired(values: Mapping[int, float], baseline: Mapping[int, float]) -> tuple[Floats, Floats]:
    """Return the medians of every resample of two sides, the rounds that both have drawn together."""
    both = sorted(values.keys() & baseline.keys())
    return _of_rounds(values, both, 1), _of_rounds(baseline, both, 2)


def _of_rounds(side: Mapping[int, float], both: Sequence[int], stream: int) -> Floats:
    """Return the median of every resample of one side: the rounds in ``both`` as drawn for the other side too."""
    alone = sorted(side.keys() - set(both))
    parts = []
    for rounds, drawn_for in ((both, 0), (alone, stream)):
        if rounds:
            data = np.array([side[number] for number in rounds], dtype=np.float64)
            parts.append(data[_drawn(data.size, drawn_for)])
    resampled: Floats = np.median(np.concatenate(parts, axis=1), axis=1)
    return resampled


def _medians(data: Floats, stream: int) -> Floats:
    """Return the median of every resample of ``data``; another stream is an independent draw."""
    ordered = np.sort(data)
    below, above = _middles(data.size, stream)
    resampled: Floats = (ordered[below] + ordered[above]) / 2
    return resampled


@lru_cache(maxsize=64)
def _middles(n: int, stream: int) -> tuple[Places, Places]:
    """Return, for every resample, the places of its two middle values among n values in order; equal for odd n."""
    drawn = np.sort(_drawn(n, stream), axis=1)
    return drawn[:, (n - 1) // 2].copy(), drawn[:, n // 2].copy()


@lru_cache(maxsize=8)
def _drawn(n: int, stream: int) -> Places:
    """Return the places drawn by every resample, one resample a row."""
    return np.random.default_rng([SEED, n, stream]).integers(n, size=(RESAMPLES, n))


def _estimate(n: int, value: float, resampled: Floats, confidence: float) -> Estimate:
    if n < MINIMUM:
        return Estimate(n=n, value=value, low=math.nan, high=math.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    # Interpolating between equal quantiles may miss them by one rounding; the interval holds its own figure.
    return Estimate(n=n, value=value, low=min(float(low), value), high=max(float(high), value))


def _nothing(n: int) -> Estimate:
    return Estimate(n=n, value=math.nan, low=math.nan, high=math.nan)
