"""Where a figure's course over runs shifts: PELT (Killick, Fearnhead & Eckley, JASA 107, 2012), by ``ruptures``.

The cost is that of squares, of logarithms in units of the scatter from run to run. Two things make it robust, as
histories of benchmarks ask for (Daly et al., ICPE 2020): the scatter is taken from successive differences, of which the
largest tenth is left out, so that no shift counts as scatter; and a run that stands apart from its neighbours is drawn
in towards their median (Hampel's filter), so that one bad run, or two, are no shift.

``quality.warmup`` looks for another thing, a change of mean or variance within a trial, and needs a larger one.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import ruptures
from numpy.lib.stride_tricks import sliding_window_view

from bench.analysis.statistics.resampling import Floats
from bench.analysis.statistics.significance import MARGIN

LEAST = 8
"""Fewest runs in which a shift is looked for: five to know the scatter from, and three that differ."""

MIN_SHIFT = MARGIN
"""Smaller shifts do not matter, unless the reader says otherwise: within this margin figures are called the same."""

_SEGMENT = 3
"""Fewest runs between two shifts: two bad runs in a row are more common than a change that is taken back so soon."""

_WINDOW = 5
"""Runs whose median a run is held against; two bad ones among them do not move it."""

_REACH = 2.0
"""Scatters that a run may stand apart from that median before it is drawn in."""

_KEPT = 0.9
"""Share of the successive differences, the smallest, that tell the scatter."""

_KEPT_SPREAD = 0.789
"""Root mean square of the smallest nine tenths of a standard normal's values: by it the scatter is as of a normal."""

_FLOOR = 0.001
"""Least scatter, relative: a figure that never moves, a count or whole pages, must not look like certainty."""

_PENALTY, _PENALTY_BY_FIGURES = 20.0, 5.0
"""From simulation (``chance``): of histories of 8 to 400 runs of one figure, of any shape there, at most 1 in 20 has a
shift by chance. What such a shift gains rises by 5, in the worst of these shapes, where it is e times as rare: the
second term keeps many figures together at 1 in 20, but for what ``docs/how-to/watch-figures.md`` names."""


def penalty(figures: int) -> float:
    """Return what a shift has to gain, in squares of the scatter, where this many figures are looked at together."""
    return _PENALTY + _PENALTY_BY_FIGURES * math.log(max(1, figures))


def scatter(logarithms: Floats) -> float:
    """Return the scatter from run to run, as a standard deviation of logarithms: 0.01 is 1 %; at least a permille."""
    squares = np.sort(np.diff(logarithms) ** 2) / 2
    kept = squares[: int(_KEPT * len(squares))]
    return max(_FLOOR, float(np.sqrt(kept.mean())) / _KEPT_SPREAD) if kept.size else _FLOOR


def shifts(values: Floats, *, figures: int = 1, min_shift: float = MIN_SHIFT) -> list[int]:
    """Return the index of the first run after every shift, in order; none for fewer than ``LEAST`` runs.

    ``values`` are positive, shape (runs,), in the order of their dates. ``figures`` counts the courses that are looked
    at together: all of them have one false alarm in 20 times. ``min_shift`` is the smallest that matters, a share.
    """
    if len(values) < LEAST:
        return []
    logarithms = np.log(values)
    found = ruptures.KernelCPD(kernel="linear", min_size=_SEGMENT).fit(standardized(logarithms)[:, np.newaxis])
    return _relevant(logarithms, found.predict(pen=penalty(figures))[:-1], math.log1p(min_shift))


def levels(values: Floats, found: list[int]) -> Floats:
    """Return the level at each run, shape (runs,): the median of all runs between the shifts around it."""
    parts = np.split(values, found)
    return np.repeat([np.median(part) for part in parts], [len(part) for part in parts])


def standardized(logarithms: Floats) -> Floats:
    """Return logarithms in units of their scatter, drawn in to ``_REACH`` about the median of their neighbours."""
    apart: Floats = (logarithms - np.median(logarithms)) / scatter(logarithms)
    middle = np.median(sliding_window_view(apart, _WINDOW), axis=1)
    about = np.pad(middle, _WINDOW // 2, mode="edge")
    return np.clip(apart, about - _REACH, about + _REACH)


def _relevant(logarithms: Floats, found: list[int], least: float) -> list[int]:
    """Leave out the smallest shift, again and again, until each that is left matters: a drift of many stays one."""
    while found:
        sizes = np.abs([after - before for before, after in pairwise(_medians(logarithms, found))])
        if sizes.min() >= least:
            break
        found = [shift for place, shift in enumerate(found) if place != int(sizes.argmin())]
    return found


def _medians(logarithms: Floats, found: list[int]) -> list[float]:
    return [float(np.median(part)) for part in np.split(logarithms, found)]
