"""Medians, ratios and differences of medians, each with an interval that says how sure we are.

Levels (Kalibera & Jones, "Rigorous benchmarking in reasonable time", ISMM 2013): a run has rounds, a round has one
fresh instance of every cell, an instance may report a number several times. What an instance reports is first brought
down to its median; instances are what ``n`` counts, and what intervals are made from. The median, and no best-of-N, is
the figure (Georges, Buytaert & Eeckhout, OOPSLA 2007).

The interval of a median is made of order statistics (Maricq et al., "Taming performance variability", OSDI 2018) and
assumes no distribution. Those of ratios and differences are percentiles of a bootstrap (Efron & Tibshirani 1993,
chapter 13) that draws rounds, both sides together, and then, where there are several, an instance's values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from bench.analysis import resampling
from bench.analysis.resampling import RESAMPLES as RESAMPLES  # noqa: PLC0414 - part of what a report says of its method
from bench.analysis.resampling import Floats as Floats  # noqa: PLC0414
from bench.analysis.sides import Ints, Side, over_one_stretch
from bench.analysis.sides import Values as Values  # noqa: PLC0414

CONFIDENCE = 0.95

MINIMUM = 3
"""Fewer trials than this give no interval: two values bound nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its interval; ``low`` and ``high`` are NaN when ``n`` trials are too few for one."""

    n: int
    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval's length as a share of the figure; NaN where there is none."""
        return (self.high - self.low) / 2 / abs(self.value) if self.value else math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """A ratio or difference of medians: its figure, and the figure of every resample, shape (RESAMPLES,)."""

    n: int
    value: float
    resamples: Floats | None
    """In order at both ends (``_sorted_at_the_ends``). None where there are too few trials, or nothing to compare."""

    def interval(self, confidence: float = CONFIDENCE) -> Estimate:
        """Return the figure between the percentiles that leave out equal tails."""
        if self.resamples is None:
            return Estimate(n=self.n, value=self.value, low=math.nan, high=math.nan)
        tail = (1 - confidence) / 2
        low, high = (_percentile(self.resamples, share) for share in (tail, 1 - tail))
        # Interpolating between equal quantiles may miss them by one rounding; the interval holds its own figure.
        return Estimate(n=self.n, value=self.value, low=min(low, self.value), high=max(high, self.value))


def median(values: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the median with its interval of order statistics.

    Between the two pairs of order statistics whose binomial coverage brackets ``confidence`` it is interpolated
    (Hettmansperger & Sheather, Statistics & Probability Letters 4, 1986). It never leaves the range of the data, so
    that from n trials it covers at most 1 - 2 ** (1 - n) (see ``best_coverage``). No values at all give n = 0 and NaN.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = ordered.size
    if n == 0:
        return Estimate(n=0, value=math.nan, low=math.nan, high=math.nan)
    value = resampling.middle(ordered)
    if n < MINIMUM:
        return Estimate(n=n, value=value, low=math.nan, high=math.nan)
    k, inward = _order(n, confidence)
    low = ordered[k - 1] + inward * (ordered[k] - ordered[k - 1])
    high = ordered[n - k] - inward * (ordered[n - k] - ordered[n - 1 - k])
    return Estimate(n=n, value=value, low=min(float(low), value), high=max(float(high), value))


def ratio(values: Values, baseline: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return median(values) / median(baseline) of two samples that share no rounds, both sides resampled.

    NaN throughout unless every value on both sides is above zero: a ratio of signed figures means nothing.
    ``n`` is the smaller of both sample sizes.
    """
    return of_ratio(*_apart(values, baseline)).interval(confidence)


def difference(values: Values, baseline: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return median(values) - median(baseline) in their unit, of two samples that share no rounds."""
    return of_difference(*_apart(values, baseline)).interval(confidence)


def paired_ratio(
    values: Mapping[int, float], baseline: Mapping[int, float], *, confidence: float = CONFIDENCE
) -> Estimate:
    """Return median(values) / median(baseline) as ``ratio`` does, from values by round, over one stretch of the run."""
    return of_ratio(*over_one_stretch(Side.by_round(values), Side.by_round(baseline))).interval(confidence)


def paired_difference(
    values: Mapping[int, float], baseline: Mapping[int, float], *, confidence: float = CONFIDENCE
) -> Estimate:
    """Return median(values) - median(baseline) in their unit, resampled by round as in ``paired_ratio``."""
    return of_difference(*over_one_stretch(Side.by_round(values), Side.by_round(baseline))).interval(confidence)


def of_ratio(values: Side, baseline: Side) -> Resampled:
    """Resample the ratio of two medians by round.

    Rounds that both sides have are drawn together, so that what troubles a whole round troubles both sides of a
    resample alike (blocks of Abedi & Brecht, ICPE 2017); rounds that only one side has, by themselves.
    """
    n = min(values.n, baseline.n)
    if not (values.is_positive and baseline.is_positive):
        return Resampled(n=n, value=math.nan, resamples=None)
    value = values.median / baseline.median
    if n < MINIMUM:
        return Resampled(n=n, value=value, resamples=None)
    one, other = _resampled(values, baseline)
    return Resampled(n=n, value=value, resamples=_sorted_at_the_ends(one / other))


def of_difference(values: Side, baseline: Side) -> Resampled:
    """Resample the difference of two medians by round, as in ``of_ratio``."""
    n = min(values.n, baseline.n)
    value = values.median - baseline.median
    if n < MINIMUM:
        return Resampled(n=n, value=value, resamples=None)
    one, other = _resampled(values, baseline)
    return Resampled(n=n, value=value, resamples=_sorted_at_the_ends(one - other))


def best_coverage(n: int) -> float:
    """Return the highest coverage any interval within the range of ``n`` values has for the median.

    The median lies outside the range only when all n values fall on one side of it: 2 * (1/2) ** n (order
    statistics; Maricq et al. 2018). 0.75 for 3 trials, 0.94 for 5, 0.97 for 6.
    """
    return 1 - 2.0 ** (1 - n) if n > 0 else 0.0


def _apart(values: Values, baseline: Values) -> tuple[Side, Side]:
    """Return two samples as sides that have no round in common."""
    return Side.of(range(len(values)), values), Side.of(range(-len(baseline), 0), baseline)


def _resampled(values: Side, baseline: Side) -> tuple[Floats, Floats]:
    """Return the medians of every resample of two sides, the rounds that both have drawn together."""
    both = values.shared(baseline)
    if values.iterations is None and baseline.iterations is None:
        if not both.size:
            return resampling.medians(values.values, 1), resampling.medians(baseline.values, 2)
        if both.size == values.n == baseline.n:
            return resampling.paired_medians(values.values, baseline.values)
    return _of_rounds(values, both, 1), _of_rounds(baseline, both, 2)


def _of_rounds(side: Side, both: Ints, stream: int) -> Floats:
    """Return the median of every resample of one side: the rounds in ``both`` as drawn for the other side too."""
    parts = []
    for part, drawn_for in ((side.at(both), 0), (side.without(both), stream)):
        if part.n:
            places = resampling.drawn(part.n, drawn_for)
            if part.iterations is None:
                parts.append(part.values[places])
            else:
                instances = resampling.medians_of_each(part.iterations, stream)
                parts.append(np.take_along_axis(instances, places, axis=1))
    resampled: Floats = np.median(np.concatenate(parts, axis=1), axis=1)
    return resampled


_ENDS = RESAMPLES // 20 + 2
"""How many resamples at either end are put in order: those that intervals of 90 % or more leave out, and the next."""


def _sorted_at_the_ends(resamples: Floats) -> Floats:
    """Return resamples with the lowest first and the highest last: in a tenth of the time that it takes to sort all."""
    found = np.partition(resamples, (_ENDS, RESAMPLES - _ENDS - 1))
    found[:_ENDS].sort()
    found[-_ENDS:].sort()
    return found


def _percentile(resamples: Floats, share: float) -> float:
    """Return the value below which a share of resamples lies, interpolated as numpy's ``quantile`` does."""
    place = share * (RESAMPLES - 1)
    below = int(place)
    if _ENDS - 2 < below < RESAMPLES - _ENDS:
        return float(np.quantile(resamples, share))
    low, high = float(resamples[below]), float(resamples[min(below + 1, RESAMPLES - 1)])
    return low + (high - low) * (place - below)


@lru_cache(maxsize=512)
def _order(n: int, confidence: float) -> tuple[int, float]:
    """Return k, so that the k-th values from both ends are the interval's, and how far it reaches inward from them."""
    k = 1
    while 2 * (k + 1) <= n and _coverage(k + 1, n) >= confidence:
        k += 1
    wide = _coverage(k, n)
    if wide <= confidence or 2 * (k + 1) > n:
        return k, 0.0
    share = (wide - confidence) / (wide - _coverage(k + 1, n))
    return k, (n - k) * share / (k + (n - 2 * k) * share)


def _coverage(k: int, n: int) -> float:
    """Return how surely the median lies between the k-th values from both ends."""
    return float(1 - 2 * special.bdtr(k - 1, n, 0.5))
