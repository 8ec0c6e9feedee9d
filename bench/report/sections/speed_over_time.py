"""How a workload's speed went while it ran: what it said of itself, trial by trial, and what that is called."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.analysis.data.derive import SERIES
from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.sweep import Sweep, label
from bench.analysis.quality import warmup
from bench.analysis.statistics.intervals import Floats
from bench.report.content import Facet, Picture, Table, Valued
from bench.report.plots import style
from bench.report.sections.metrics import slug
from bench.report.text import words

MOST_PANELS = 24
"""What a page holds. Of more cells, those that had no steady speed are drawn first."""

_COLUMNS = 3
_PANEL_INCHES, _AROUND_INCHES = 1.15, 0.9
_TITLE_LETTERS = 34
_NEAR = 0.03
"""The scale reaches as far at least, on either side of the median: what is flat shall look so."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speed:
    """A cell's speed while it ran: its ``kind`` as ``warmup.cells`` has it, and what its trials said.

    ``trials`` holds the seconds since the first figure, and the figures in ``unit``, of each trial that is judged.
    """

    row: Comparison
    isolation: str
    unit: str
    kind: str
    trials: tuple[tuple[Floats, Floats], ...]

    @property
    def middle(self) -> float:
        """The median of all its figures."""
        return float(np.median(np.concatenate([values for _, values in self.trials])))

    def ends(self) -> tuple[float, float]:
        """Return the medians, over trials, of what each said first and last."""
        first, last = zip(*(warmup.ends(values) for _, values in self.trials), strict=True)
        return float(np.median(first)), float(np.median(last))


def facets(sweep: Sweep, points: pd.DataFrame, kinds: warmup.Kinds, anchor: str) -> tuple[Facet, ...]:
    """Return, for each metric of a sweep that was said while a workload ran, its cells' speeds.

    ``points`` are those of ``warmup.points`` of this scenario, ``kinds`` those of ``warmup.kinds``. Cells whose trials
    said too few figures are left out, and it is said which isolations have none.
    """
    found: dict[str, list[Speed]] = {}
    for row in sweep.comparisons:
        for isolation in row.isolations:
            for metric, kind in kinds.get((row.scenario, row.parameters, isolation), {}).items():
                found.setdefault(metric, []).append(_speed(points, row, isolation, metric, kind))
    return tuple(_facet(sweep, metric, speeds, anchor) for metric, speeds in found.items())


def _speed(points: pd.DataFrame, row: Comparison, isolation: str, metric: str, kind: str) -> Speed:
    wanted = {"parameters": row.parameters, "isolation": isolation, "metric": f"{metric}{SERIES}"}
    rows = points[np.logical_and.reduce([(points[name] == value).to_numpy() for name, value in wanted.items()])]
    trials = tuple(
        (own["at_s"].to_numpy() - own["at_s"].iloc[0], own["value"].to_numpy())
        for _, own in rows.groupby("trial", sort=True, observed=True)
        if len(own) >= warmup.LEAST
    )
    return Speed(row=row, isolation=isolation, unit=str(rows["unit"].iloc[0]), kind=kind, trials=trials)


def _facet(sweep: Sweep, metric: str, speeds: Sequence[Speed], anchor: str) -> Facet:
    title = f"{words.capital(words.metric(metric))} while it ran"
    said = _sentences(sweep, speeds)
    alt = (
        f"{title}: a panel for each isolation and setting, a line for each trial, as a share of the panel's median. "
        f"{' '.join((*said, *words.emulated(sorted(sweep.emulated))))}"
    )
    drawn = [one for one in speeds if one.middle > 0]  # shares of nothing cannot be drawn
    return Facet(
        table=_table(sweep, title, speeds),
        sentences=said,
        picture=Picture(name=f"{anchor}-{slug(metric)}-course", alt=alt, draw=_later(sweep, title, drawn))
        if drawn
        else None,
    )


def _sentences(sweep: Sweep, speeds: Sequence[Speed]) -> tuple[str, ...]:
    """Say whose speed was not steady, and of whom that is not known."""
    moving = [f"{sweep.name_of(one.isolation)}{_at(sweep, one)}" for one in speeds if one.kind in warmup.MOVING]
    judged = {one.isolation for one in speeds}
    unknown = [sweep.name_of(name) for name in sweep.isolations if name not in judged]
    said = f"No steady speed: {'; '.join(moving)}." if moving else "All that are shown here had a steady speed."
    return (said, *([f"Too few figures to judge: {', '.join(unknown)}."] if unknown else []))


def _table(sweep: Sweep, title: str, speeds: Sequence[Speed]) -> Table:
    rows = []
    for one in speeds:
        first, last = one.ends()
        rows.append(
            (
                label(one.row.values_of, _names(sweep)) or words.NONE,
                sweep.name_of(one.isolation),
                one.kind,
                Valued(words.quantity(first, one.unit), first),
                Valued(words.quantity(last, one.unit), last),
                Valued(str(len(one.trials)), len(one.trials)),
            )
        )
    varies = bool(_names(sweep))
    head = ("setting", "isolation", "course", "at first", "at last", "n")
    return Table(
        title=title,
        head=head if varies else head[1:],
        rows=tuple(row if varies else row[1:] for row in rows),
        names=3 if varies else 2,
        grouped=varies,
        notes=(
            "Flat: no change of over 1 %. Warming, slowing: a change, then a steady speed, at its best or below it. "
            "Unsteady: it changed in the last quarter, or not in all trials alike. What lasts for fewer than three "
            "figures is no change. “At first” and “at last” are medians over trials, of the mean of three figures; n "
            f"counts the trials that said {warmup.LEAST} figures or more.",
        ),
    )


def _later(sweep: Sweep, title: str, speeds: Sequence[Speed]) -> Callable[[], Figure]:
    return partial(_draw, sweep, title, _fitting(speeds), len(speeds))


def _fitting(speeds: Sequence[Speed]) -> Sequence[Speed]:
    """Return what a page holds, in the order given."""
    chosen = sorted(range(len(speeds)), key=lambda place: speeds[place].kind not in warmup.MOVING)[:MOST_PANELS]
    return [speeds[place] for place in sorted(chosen)]


def _draw(sweep: Sweep, title: str, speeds: Sequence[Speed], of: int) -> Figure:
    rows = math.ceil(len(speeds) / _COLUMNS)
    colours = style.colours(sweep.isolations, sweep.facts)
    with style.settings():
        drawn = style.figure(_PANEL_INCHES * rows + _AROUND_INCHES)
        grid = drawn.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, one in zip(grid.flat, speeds, strict=False):
            _panel(axes, one, f"{sweep.name_of(one.isolation)}{_at(sweep, one)}", colours)
        for axes in grid.flat[len(speeds) :]:
            axes.set_axis_off()
        _scale(grid[0][0], speeds)
        shown = f", {len(speeds)} of {of} cells: the table has them all" if len(speeds) < of else ""
        drawn.suptitle(style.cut(f"{title}{shown}"), x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        drawn.supxlabel(
            "seconds since its first figure; a line for each trial, a dot where its speed changed", fontsize=9
        )
        drawn.supylabel("of the panel's median", fontsize=9)
    return drawn


def _panel(axes: Axes, one: Speed, name: str, colours: Mapping[str, str]) -> None:
    colour, middle = colours[one.isolation], one.middle
    for seconds, values in one.trials:
        axes.plot(seconds, values / middle, color=colour, linewidth=0.8, alpha=0.55)
        changed = warmup.changes(values)
        axes.plot(seconds[changed], values[changed] / middle, "o", color=style.INK, markersize=3)
    axes.axhline(1, color=style.INK, linewidth=0.7, linestyle=":")
    axes.set_title(style.cut(name, _TITLE_LETTERS), fontsize=8.5)
    if one.kind in warmup.MOVING:
        axes.annotate(one.kind, (0.98, 0.06), xycoords="axes fraction", ha="right", fontsize=8.5, fontweight="bold")
    style.clean(axes, across=False)


def _scale(axes: Axes, speeds: Sequence[Speed]) -> None:
    """Give all panels one scale, which no single figure of hundreds may stretch."""
    shares = np.concatenate([values / one.middle for one in speeds for _, values in one.trials])
    low, high = np.quantile(shares, [0.002, 0.998])
    axes.set_ylim(min(low, 1 - _NEAR) - 0.01, max(high, 1 + _NEAR) + 0.01)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _names(sweep: Sweep) -> tuple[str, ...]:
    return sweep.varying(sweep.comparisons)


def _at(sweep: Sweep, one: Speed) -> str:
    place = label(one.row.values_of, _names(sweep))
    return f", {place}" if place else ""
