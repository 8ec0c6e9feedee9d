"""Where the median of a resample lies among the values in order: drawn once for every number of values, then looked up.

Resampling n values with replacement and taking the median picks one, or the mean of two, of the n values in order.
Which, depends on n alone. With U the k-th smallest of n uniform numbers, ``floor(n * U)`` is the place, from 0, of the
k-th smallest of n values drawn with replacement: so one beta-distributed number stands for a whole resample, exactly.

Where two sides are drawn by the same rounds, one such number does not do. Up to ``EXACT`` rounds the rounds are drawn
themselves. Beyond it the medians follow how many of a resample's rounds lie below either side's median (first order of
Bahadur's representation, Annals of Mathematical Statistics 37, 1966): two binomial counts, as good as normal by then,
with the covariance that the rounds show.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

RESAMPLES = 9999
SEED = 20261123
"""Every interval starts from this seed, so that the same data always give the same report."""

EXACT = 64
"""Most rounds that are drawn one by one."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.integer]


def medians(values: Floats, stream: int) -> Floats:
    """Return the median of every resample of ``values``, shape (RESAMPLES,); another stream is an independent draw."""
    ordered = np.sort(values)
    below, above = _middles(values.size, stream)
    resampled: Floats = (ordered[below] + ordered[above]) / 2
    return resampled


def paired_medians(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the medians of every resample of two sides, of equal size, whose places are drawn together."""
    order = np.argsort(other, kind="stable")
    return (_exactly if one.size <= EXACT else _by_counts)(one[order], other[order])


def medians_of_each(groups: tuple[Floats, ...], stream: int) -> Floats:
    """Return one median for each group and resample, shape (RESAMPLES, groups): every group resampled by itself."""
    return np.stack([medians(group, stream * 1000 + place) for place, group in enumerate(groups)], axis=1)


@lru_cache(maxsize=16)
def drawn(n: int, stream: int) -> Places:
    """Return the places, from 0, that every resample of n values draws, shape (RESAMPLES, n)."""
    smallest = np.uint8 if n <= 256 else np.uint32
    return _rng(n, stream).integers(n, size=(RESAMPLES, n), dtype=smallest)


def _exactly(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """``other`` is in order, so its medians are looked up; ``one`` is ranked, so that small integers are sorted."""
    n = one.size
    order = np.argsort(one, kind="stable")
    ranks = np.empty(n, dtype=np.uint8)
    ranks[order] = np.arange(n)
    places = np.partition(ranks[drawn(n, 0)], ((n - 1) // 2, n // 2), axis=1)
    ordered = one[order]
    below, above = _ordered_middles(n)
    first = (ordered[places[:, (n - 1) // 2]] + ordered[places[:, n // 2]]) / 2
    return first, (other[below] + other[above]) / 2


@lru_cache(maxsize=EXACT)
def _ordered_middles(n: int) -> tuple[Places, Places]:
    """Return the places of the two middle values of every resample that ``drawn(n, 0)`` makes of values in order."""
    places = np.sort(drawn(n, 0), axis=1)
    return places[:, (n - 1) // 2].copy(), places[:, n // 2].copy()


def _by_counts(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Move either median by how many more rounds than usual a resample has below it: two counts, drawn together."""
    n = one.size
    low = np.stack([one <= np.median(one), other <= np.median(other)])
    spread = np.linalg.cholesky(np.cov(low, bias=True) * n + np.eye(2) * _NOTHING)
    excess = np.rint(spread @ _normal()).astype(np.int64)
    return _moved(np.sort(one), excess[0]), _moved(other, excess[1])


_NOTHING = 1e-9
"""Keeps the matrix of two counts that always agree from being singular."""


@lru_cache(maxsize=1)
def _normal() -> Floats:
    """Return two independent standard normal numbers for every resample, shape (2, RESAMPLES)."""
    return _rng(0, 3).standard_normal((2, RESAMPLES))


def _moved(ordered: Floats, excess: Places) -> Floats:
    """Return the values that lie ``excess`` places below the median of values in order."""
    n = ordered.size
    below, above = (np.clip(middle - excess, 0, n - 1) for middle in ((n - 1) // 2, n // 2))
    return np.asarray((ordered[below] + ordered[above]) / 2)


@lru_cache(maxsize=256)
def _middles(n: int, stream: int) -> tuple[Places, Places]:
    """Return, for every resample, the places of its two middle values among n values in order; equal for odd n."""
    rng = _rng(n, stream)
    lower = (n + 1) // 2  # which of n uniform numbers in order, from 1
    uniform = rng.beta(lower, n - lower + 1, RESAMPLES)
    below = np.minimum((n * uniform).astype(np.int64), n - 1)
    if n % 2:
        return below, below
    following = uniform + (1 - uniform) * rng.beta(1, n - lower, RESAMPLES)
    return below, np.minimum((n * following).astype(np.int64), n - 1)


def _rng(n: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([SEED, n, stream])
