"""Medians, their differences, and ratios of geometric means, each with an interval that says how sure we are.

Levels (Kalibera & Jones, "Rigorous benchmarking in reasonable time", ISMM 2013): a run has rounds, a round has one
fresh instance of every cell, an instance may report a number several times. What an instance reports is first brought
down to its median; instances are what ``n`` counts, and what intervals are made from. The median, and no best-of-N, is
the figure (Georges, Buytaert & Eeckhout, OOPSLA 2007).

The interval of a median is made of order statistics (Maricq et al., "Taming performance variability", OSDI 2018) and
assumes no distribution. Those of ratios and differences are percentiles of a bootstrap (Efron & Tibshirani 1993,
chapter 13) that draws rounds, both sides together. What lies within an instance is not drawn again: its scatter is in
that of the instances' medians already.

A ratio is of geometric means, the one mean of which both readings agree: the ratio of the two sides' means, and the
mean of the ratios that the rounds show (Fleming & Wallace, CACM 29(3), 1986). Of medians that is not so, and where a
host is now in one state and now in another, a median lies between two modes and needs many times the rounds to settle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce

import numpy as np
from scipy import special

from bench.analysis.statistics import resampling
from bench.analysis.statistics.paired_series import Ints, Side, over_one_stretch
from bench.analysis.statistics.paired_series import Values as Values  # noqa: PLC0414
from bench.analysis.statistics.resampling import RESAMPLES as RESAMPLES  # noqa: PLC0414 - part of what a report says of its method
from bench.analysis.statistics.resampling import Floats as Floats  # noqa: PLC0414

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Resampled:
    """A ratio of means or difference of medians: its figure, and every resample's, shape (RESAMPLES,).

    Of a ratio these are logarithms.
    """

    n: int
    value: float
    resamples: Floats | None
    """None where there are too few trials, or nothing to compare."""
    drawn_from: int = 0
    """Of a ratio, how many blocks of rounds each resample was drawn from; nought of a difference of medians."""

    def interval(self, confidence: float = CONFIDENCE) -> Estimate:
        """Return the figure between the percentiles that leave out equal tails, for means smaller ones."""
        if self.resamples is None:
            return Estimate(n=self.n, value=self.value, low=math.nan, high=math.nan)
        tail = tail_of_means(self.drawn_from, confidence) if self.drawn_from else (1 - confidence) / 2
        ends = self._ends
        low, high = (_percentile(self.resamples, ends, share) for share in (tail, 1 - tail))
        if self.drawn_from:
            low, high = math.exp(low), math.exp(high)
        # Interpolating between equal quantiles may miss them by one rounding; the interval holds its own figure.
        return Estimate(n=self.n, value=self.value, low=min(low, self.value), high=max(high, self.value))

    @cached_property
    def _ends(self) -> tuple[Floats, Floats]:
        assert self.resamples is not None
        return _in_order_at_the_ends(self.resamples)


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
    """Return the ratio of the geometric means of two samples that share no rounds, both sides resampled.

    NaN throughout unless every value on both sides is above zero: a ratio of signed figures means nothing.
    ``n`` is the smaller of both sample sizes.
    """
    return of_ratio(*_apart(values, baseline)).interval(confidence)


def difference(values: Values, baseline: Values, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return median(values) - median(baseline) in their unit, of two samples that share no rounds."""
    return of_difference(*_apart(values, baseline)).interval(confidence)


def paired_ratio(values: Side, baseline: Side, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the ratio of geometric means as ``ratio`` does, resampled by round, over one stretch of the run."""
    return of_ratio(*over_one_stretch(values, baseline)).interval(confidence)


def paired_difference(values: Side, baseline: Side, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return median(values) - median(baseline) in their unit, resampled by round as in ``paired_ratio``."""
    return of_difference(*over_one_stretch(values, baseline)).interval(confidence)


def of_ratio(values: Side, baseline: Side) -> Resampled:
    """Resample the ratio of two geometric means by round.

    Rounds that both sides have are drawn together, so that what troubles a whole round troubles both sides of a
    resample alike (blocks of Abedi & Brecht, ICPE 2017); rounds that only one side has, with the one before them that
    both have: a host's states last for seconds, and what lies close together is no news of each other.
    """
    return of_ratios([(values, baseline)])[0]


def of_ratios(pairs: Sequence[tuple[Side, Side]]) -> list[Resampled]:
    """Resample many ratios as ``of_ratio`` does, in a fraction of the time where sides have the same rounds."""
    alike: dict[int, list[int]] = {}
    for place, pair in enumerate(pairs):
        if _is_round_by_round(*pair):
            alike.setdefault(pair[0].n, []).append(place)
    logs: dict[int, Floats] = {}
    for places in alike.values():
        columns = np.stack(
            [np.log(pairs[place][0].values) - np.log(pairs[place][1].values) for place in places], axis=1
        )
        logs |= zip(places, np.ascontiguousarray(resampling.means_of_columns(columns, 0).T), strict=True)
    return [_of_ratio(*pair, logs.get(place)) for place, pair in enumerate(pairs)]


def _is_round_by_round(values: Side, baseline: Side) -> bool:
    """Whether a ratio has an interval, and both sides have one number for each of the same rounds."""
    known = values.n >= MINIMUM and values.is_positive and baseline.is_positive
    return known and np.array_equal(values.rounds, baseline.rounds)


def _of_ratio(values: Side, baseline: Side, logs: Floats | None) -> Resampled:
    """Return a ratio with the logarithms of its resamples, drawn now where they are not given."""
    n = min(values.n, baseline.n)
    if not (values.is_positive and baseline.is_positive):
        return Resampled(n=n, value=math.nan, resamples=None)
    value = math.exp(float(np.log(values.values).mean() - np.log(baseline.values).mean()))
    if n < MINIMUM:
        return Resampled(n=n, value=value, resamples=None)
    both = values.shared(baseline)
    resamples = _resampled_log_ratios(values, baseline, both) if logs is None else logs
    blocks = both.size if both.size >= MINIMUM else n
    return Resampled(n=n, value=value, resamples=resamples, drawn_from=blocks)


def of_difference(values: Side, baseline: Side) -> Resampled:
    """Resample the difference of two medians by round, as in ``of_ratio``."""
    n = min(values.n, baseline.n)
    value = values.median - baseline.median
    if n < MINIMUM:
        return Resampled(n=n, value=value, resamples=None)
    one, other = _resampled_medians(values, baseline)
    return Resampled(n=n, value=value, resamples=one - other)


def log_means(sides: Sequence[Side]) -> Floats:
    """Resample the mean logarithm of every side, all by the same rounds: shape (RESAMPLES, sides).

    The difference of two columns is the logarithm of what ``of_ratio`` resamples of these two, where no side has lost
    a round; rounds that not all have are drawn as there. Every side has at least ``MINIMUM`` rounds, all above zero.
    """
    both = reduce(np.intersect1d, [side.rounds for side in sides])
    if both.size < MINIMUM:
        return np.stack([_mean_logs(side, side.rounds, stream) for stream, side in enumerate(sides, 1)], axis=1)
    if all(side.n == both.size for side in sides):
        return resampling.means_of_columns(np.log(np.stack([side.values for side in sides], axis=1)), 0)
    return np.stack([_mean_logs(side, both, 0) for side in sides], axis=1)


def best_coverage(n: int) -> float:
    """Return the highest coverage any interval within the range of ``n`` values has for the median.

    The median lies outside the range only when all n values fall on one side of it: 2 * (1/2) ** n (order
    statistics; Maricq et al. 2018). 0.75 for 3 trials, 0.94 for 5, 0.97 for 6.
    """
    return 1 - 2.0 ** (1 - n) if n > 0 else 0.0


def _apart(values: Values, baseline: Values) -> tuple[Side, Side]:
    """Return two samples as sides that have no round in common."""
    return Side.of(range(len(values)), values), Side.of(range(-len(baseline), 0), baseline)


def _resampled_medians(values: Side, baseline: Side) -> tuple[Floats, Floats]:
    """Return the medians of every resample of two sides, the rounds that both have drawn together."""
    both = values.shared(baseline)
    if not both.size:
        return resampling.medians(values.values, 1), resampling.medians(baseline.values, 2)
    if both.size == values.n == baseline.n:
        return resampling.paired_medians(values.values, baseline.values)
    return _of_rounds(values, both, 1), _of_rounds(baseline, both, 2)


def _of_rounds(side: Side, both: Ints, stream: int) -> Floats:
    """Return the median of every resample of one side: the rounds in ``both`` as drawn for the other side too."""
    parts = [(side.at(both), 0), (side.without(both), stream)]
    drawn = [part.values[resampling.drawn(part.n, drawn_for)] for part, drawn_for in parts if part.n]
    resampled: Floats = np.median(np.concatenate(drawn, axis=1), axis=1)
    return resampled


def _resampled_log_ratios(values: Side, baseline: Side, both: Ints) -> Floats:
    """Return the difference of the mean logarithms of every resample of two sides; of few shared rounds, each alone."""
    if both.size < MINIMUM:
        return _mean_logs(values, values.rounds, 1) - _mean_logs(baseline, baseline.rounds, 2)
    return _mean_logs(values, both, 0) - _mean_logs(baseline, both, 0)


def _mean_logs(side: Side, begins: Ints, stream: int) -> Floats:
    """Return the mean logarithm of every resample of the blocks of rounds that begin with these."""
    block = np.maximum(np.searchsorted(begins, side.rounds, side="right") - 1, 0)
    counts = np.bincount(block, minlength=begins.size).astype(np.float64)
    sums = np.bincount(block, np.log(side.values), begins.size).astype(np.float64)
    return resampling.means(sums, stream) / resampling.means(counts, stream)


_ENDS = RESAMPLES // 20 + 2
"""How many resamples at either end are put in order: those that intervals of 90 % or more leave out, and the next."""

_FAR = 1.5
"""Standard deviations beyond which a fifteenth of normal resamples lies at either end: ``_ENDS`` of them, and some."""


def _in_order_at_the_ends(resamples: Floats) -> tuple[Floats, Floats]:
    """Return the lowest ``_ENDS`` resamples and the highest, each in order.

    Those that are far from their mean are picked first, which takes a quarter of the time of a partition.
    """
    centred = resamples - resamples.mean()
    reach = _FAR * math.sqrt(centred @ centred / RESAMPLES)
    lowest, highest = resamples[centred < -reach], resamples[centred > reach]
    if min(lowest.size, highest.size) < _ENDS:  # far from normal: medians of few values have many ties
        parted = np.partition(resamples, (_ENDS, RESAMPLES - _ENDS - 1))
        lowest, highest = parted[:_ENDS], parted[-_ENDS:]
    return np.sort(lowest)[:_ENDS], np.sort(highest)[-_ENDS:]


@lru_cache(maxsize=512)
def tail_of_means(n: int, confidence: float) -> float:
    """Return the share of resampled means that an interval leaves out at either end.

    Means of resamples scatter less than means do, by ``sqrt((n - 1) / n)``, and know nothing of how unsure their own
    scatter is. The percentiles are therefore those at which, were all normal, Student's t interval ends (Hesterberg,
    The American Statistician 69, 2015: "expanded percentiles").
    """
    reach = special.stdtrit(n - 1, (1 + confidence) / 2) * math.sqrt(n / (n - 1))
    return float(special.ndtr(-reach))


def _percentile(resamples: Floats, ends: tuple[Floats, Floats], share: float) -> float:
    """Return the value below which a share of resamples lies, interpolated as numpy's ``quantile`` does."""
    place = share * (RESAMPLES - 1)
    below = int(place)
    if _ENDS - 2 < below < RESAMPLES - _ENDS:
        return float(np.quantile(resamples, share))
    known, first = (ends[0], 0) if below < _ENDS else (ends[1], RESAMPLES - _ENDS)
    low, high = float(known[below - first]), float(known[min(below + 1 - first, _ENDS - 1)])
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
