"""Means and medians of resamples: what every resample draws hangs on the number of values alone, and is drawn once.

Where the median of a resample lies among the values in order is looked up. Resampling n values with replacement and
taking the median picks one, or the mean of two, of the n values in order. Which, depends on n alone. With U the k-th
smallest of n uniform numbers, ``floor(n * U)`` is the place, from 0, of the k-th smallest of n values drawn with
replacement: so one beta-distributed number stands for a whole resample, exactly.

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

CACHED = 256
"""Most values of which it is kept in memory what every resample draws, 8 bytes each: 20 MB."""
_ROWS = 33
"""A divisor of RESAMPLES: so many rows of CACHED values are below the 9216 from which OpenBLAS uses threads."""
_COLUMNS = 24
"""So many columns times those rows are below the 262,144 products from which it does."""
_BLOCK = 1 << 21
"""About how many values are drawn at once where that is not kept."""

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer]


def medians(values: Floats, stream: int) -> Floats:
    """Return the median of every resample of ``values``, shape (RESAMPLES,); another stream is an independent draw."""
    ordered = np.sort(values)
    return _between(ordered, *_middles(values.size, stream))


def paired_medians(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the medians of every resample of two sides, of equal size, whose places are drawn together."""
    order = np.argsort(other, kind="stable")
    return (_exactly if one.size <= EXACT else _by_counts)(one[order], other[order])


def means(values: Floats, stream: int) -> Floats:
    """Return the mean of every resample of ``values``, shape (RESAMPLES,), with the places that ``drawn`` gives."""
    return means_of_columns(values[:, np.newaxis], stream)[:, 0]


def means_of_columns(columns: Floats, stream: int) -> Floats:
    """Return the same of each column of an array of shape (n, columns), all with the same places: (RESAMPLES, columns).

    The product reads what is drawn once for several columns, not once for each.
    """
    n, width = columns.shape
    if n <= CACHED:
        found = np.empty((width, RESAMPLES))  # a row for each column, which is read as a whole
        for begin in range(0, width, _COLUMNS):
            part = slice(begin, begin + _COLUMNS)
            found[part] = (_shares(n, stream) @ columns[:, part]).reshape(RESAMPLES, -1).T
        return found.T
    rng, rows = _rng(n, stream), max(1, _BLOCK // n)
    blocks = [min(rows, RESAMPLES - done) for done in range(0, RESAMPLES, rows)]
    places = (rng.integers(n, size=(rows, n), dtype=np.uint32) for rows in blocks)
    return np.concatenate([_counted(drawn, n) @ columns / n for drawn in places])


@lru_cache(maxsize=16)
def drawn(n: int, stream: int) -> Indices:
    """Return the places, from 0, that every resample of n values draws, shape (RESAMPLES, n)."""
    smallest = np.uint8 if n <= 256 else np.uint32
    return _rng(n, stream).integers(n, size=(RESAMPLES, n), dtype=smallest)


@lru_cache(maxsize=8)
def _shares(n: int, stream: int) -> Floats:
    """Return which share of a resample each of n values is, shape (blocks, RESAMPLES / blocks, n).

    Blocks are too small for BLAS to share them out: its threads wait for each other where a CPU is busy.
    """
    return (_counts(n, stream) / n).reshape(-1, _ROWS, n)


def _exactly(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """``other`` is in order, so its medians are looked up; those of ``one`` are counted out (``_middles_drawn``)."""
    order = np.argsort(one, kind="stable")
    return _between(one[order], *_middles_drawn(order)), _between(other, *_ordered_middles(one.size))


@lru_cache(maxsize=EXACT)
def _ordered_middles(n: int) -> tuple[Indices, Indices]:
    """Return the places of the two middle values of every resample that ``drawn(n, 0)`` makes of values in order."""
    return _middles_drawn(np.arange(n))


def _middles_drawn(order: Indices) -> tuple[Indices, Indices]:
    """Return where, in this order of n values, the two middle ones of every resample ``drawn(n, 0)`` lie.

    A resample's k-th value is the first that it reaches with k draws: no resample has to be sorted for that.
    """
    n = order.size
    reached = _draws(n)[order]
    for place in range(1, n):
        np.add(reached[place - 1], reached[place], out=reached[place])
    below = _passed(reached, (n - 1) // 2)
    return below, below if n % 2 else _passed(reached, n // 2)


def _passed(reached: Indices, draws: int) -> Indices:
    """Return how many values, from the lowest on, every resample passes before it has more than so many draws."""
    passed: Indices = (reached <= draws).view(np.uint8).sum(axis=0, dtype=np.uint8)
    return passed.astype(np.intp)


@lru_cache(maxsize=EXACT)
def _draws(n: int) -> Indices:
    """Return how often every resample ``drawn(n, 0)`` draws each of n values, shape (n, RESAMPLES)."""
    return np.ascontiguousarray(_counts(n, 0).T.astype(np.uint8))


def _counts(n: int, stream: int) -> Indices:
    """Return how often every resample ``drawn(n, stream)`` draws each of n values, shape (RESAMPLES, n)."""
    counts = np.empty((RESAMPLES, n), dtype=np.uint16)
    for begin in range(0, RESAMPLES, _ROWS):
        counts[begin : begin + _ROWS] = _counted(drawn(n, stream)[begin : begin + _ROWS], n)
    return counts


def _counted(places: Indices, n: int) -> Indices:
    """Return how often each of n values is drawn by resamples of these places, shape (resamples, n)."""
    rows = len(places)
    return np.bincount((places + n * np.arange(rows)[:, np.newaxis]).ravel(), minlength=n * rows).reshape(rows, n)


def _by_counts(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Move either median by how many more rounds than usual a resample has below it: two counts, drawn together."""
    low = one <= middle(np.sort(one)), other <= middle(other)
    alike = tuple(int(np.count_nonzero(side)) for side in (*low, low[0] & low[1]))
    places = _moved_middles(one.size, *alike)
    return _between(np.sort(one), *places[:2]), _between(other, *places[2:])


@lru_cache(maxsize=64)
def _moved_middles(n: int, one: int, other: int, both: int) -> tuple[Indices, Indices, Indices, Indices]:
    """Return the places of the middle values of every resample of two sides of n rounds in order, two for each side.

    ``one`` and ``other`` are how many rounds lie at or below either median, ``both`` how many below both: of many
    pairs with as many rounds, few differ in that.
    """
    apart = np.array([[one * (n - one), both * n - one * other], [both * n - one * other, other * (n - other)]])
    spread = np.linalg.cholesky(apart / n + np.eye(2) * _NOTHING)
    excess = np.rint(spread @ _normal()).astype(np.int64)
    below, above = ([np.clip(place - side, 0, n - 1) for side in excess] for place in ((n - 1) // 2, n // 2))
    return below[0], above[0], below[1], above[1]


_NOTHING = 1e-9
"""Keeps the matrix of two counts that always agree from being singular."""


@lru_cache(maxsize=1)
def _normal() -> Floats:
    """Return two independent standard normal numbers for every resample, shape (2, RESAMPLES)."""
    return _rng(0, 3).standard_normal((2, RESAMPLES))


def _between(ordered: Floats, below: Indices, above: Indices) -> Floats:
    """Return the means of the values in order at two places each."""
    if below is above:
        return np.asarray(ordered[below])
    return np.asarray((ordered[below] + ordered[above]) / 2)


def middle(ordered: Floats) -> float:
    """Return the median of values in order, of which there is at least one."""
    return float((ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2)


@lru_cache(maxsize=256)
def _middles(n: int, stream: int) -> tuple[Indices, Indices]:
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
