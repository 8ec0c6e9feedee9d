"""Every trial as a dot behind the figures of several settings, as far as a picture can hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from bench.analysis.figures.comparison import Comparison
from bench.analysis.statistics.intervals import Floats
from bench.report.plots.drawing import LOG_FROM

MOST_DOTS = 1200
"""Dots of one picture: more are a cloud to a reader, and a page of pictures of them is slow to open."""

MOST_EACH = 40
"""Dots of one isolation at one setting."""

FEWEST = 4
"""Fewer dots for each than this say nothing about how trials scatter: then there are none."""

_STRETCH = 0.5
"""By how much of itself a scale may grow for dots beyond its figures and intervals, on either side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dots:
    """The trials that a picture shows, by setting (its place among the rows) and isolation, in the metric's unit.

    ``note`` says what the dots are, and how many are not drawn; empty where there are none.
    """

    values: dict[tuple[int, str], Floats]
    note: str

    def of(self, row: int, isolation: str) -> Floats:
        """Return the dots of one isolation at one setting; none where none are drawn."""
        return self.values.get((row, isolation), np.empty(0))

    @property
    def all(self) -> Floats:
        """Every dot."""
        return np.concatenate(list(self.values.values())) if self.values else np.empty(0)


def dots(rows: Sequence[Comparison], metric: str, vantage: str, shown: Sequence[str]) -> Dots:
    """Choose the dots of a picture of these settings: all trials, or as many of each as there is room for.

    Those that are chosen of many are evenly spaced in their order, the least and the most among them.
    """
    known = [one for row in rows for one in row.findings(metric, vantage) if one.isolation in shown]
    each, most = min(MOST_EACH, MOST_DOTS // max(len(known), 1)), max((one.n for one in known), default=0)
    if most < 2 or (each < FEWEST and each < most):  # said without a look at any sample
        return Dots(values={}, note="trials are not drawn: too many for a picture" if most > 1 else "")
    found = {
        (place, isolation): side.values
        for place, row in enumerate(rows)
        for isolation, side in row.sides(metric, vantage).items()
        if isolation in shown
    }
    most = max(values.size for values in found.values())
    note = "dots are trials" if most <= each else f"dots are {each} of up to {most} trials of each, evenly chosen"
    return Dots(values={key: _chosen(values, each) for key, values in found.items()}, note=note)


def _chosen(values: Floats, most: int) -> Floats:
    if values.size <= most:
        return values
    chosen: Floats = np.sort(values)[np.linspace(0, values.size - 1, most).round().astype(int)]
    return chosen


def stretched(low: float, high: float, values: Floats) -> tuple[float, float]:
    """Return the ends of a scale of figures, moved outward to hold these dots, but not so far that figures shrink."""
    known = values[np.isfinite(values)]
    if not known.size:
        return low, high
    least, most = float(known.min()), float(known.max())
    if low > 0 and high / low > LOG_FROM:
        reach = (high / low) ** _STRETCH
        return min(low, max(least, low / reach)), max(high, min(most, high * reach))
    room = _STRETCH * (high - low)
    return min(low, max(least, low - room)), max(high, min(most, high + room))


def beyond(axes: Axes, values: Floats, *, across: bool) -> int:
    """Return how many dots lie outside of a panel's scale; across: of its lower axis."""
    low, high = axes.get_xlim() if across else axes.get_ylim()
    return int(np.count_nonzero((values < low) | (values > high)))


def remark(note: str, lost: int) -> str:
    """Return what is said of the dots below a picture, with how many lie beyond its scale; nothing for none."""
    return f"{note}, {lost} beyond the scale" if note and lost else note


def draw(axes: Axes, groups: Sequence[tuple[Floats, float]], spread: float, colour: str, *, across: bool) -> None:
    """Draw groups of dots at their values, each spread about its place; across: the values lie along the lower axis."""
    groups = [(values, place) for values, place in groups if values.size]
    if not groups:
        return
    along = np.concatenate([values for values, _ in groups])
    places = np.concatenate([place + _beside(values.size, spread) for values, place in groups])
    x, y = (along, places) if across else (places, along)
    axes.plot(x, y, "o", color=colour, alpha=0.3, markersize=2.4, markeredgewidth=0, zorder=1.5)


def _beside(count: int, spread: float) -> Floats:
    """Return where so many dots stand beside their place."""
    return np.linspace(-spread, spread, count) if count > 1 else np.zeros(1)
