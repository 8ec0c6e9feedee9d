"""Curves over a number: for each panel the figures themselves and, below them, their ratios to bare."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.summary import BASELINE
from bench.analysis.figures.sweep import Sweep
from bench.analysis.statistics.intervals import Floats
from bench.report.plots import drawing, scatter, style
from bench.report.plots.drawing import LOG_FROM
from bench.report.plots.scatter import Dots
from bench.report.text import words

Panels = Sequence[tuple[str, Sequence[Comparison]]]

Grid = npt.NDArray[np.object_]
"""Axes by row and column."""

_WIDEST = 0.25
"""Share of intervals that may reach beyond a scale of ratios; it is said where they do."""

_APART = 0.07  # between neighbouring isolations at one place, so that whiskers do not cover each other
_TITLE_LETTERS = 96
_LETTERS = 112
"""How many letters of a remark fit above a panel as wide as the page."""

_SPREAD = 0.7  # of the way to the next place, at most, from the first isolation to the last


def figure(
    sweep: Sweep, panels: Panels, metric: str, vantage: str, shown: Sequence[str], axis: str, title: str, *,
    columns: int,
) -> Figure:  # fmt: skip
    """Draw one panel for each named row of comparisons; all share their scales."""
    found = [one for _, rows in panels for row in rows for one in row.findings(metric, vantage)]
    parts = 2 if any(math.isfinite(one.ratio_low) for one in found) else 1
    columns = min(columns, len(panels))
    bands = math.ceil(len(panels) / columns)
    dots, first = scatter.dots([row for _, rows in panels for row in rows], metric, vantage, shown), 0
    legend = style.LEGEND_ROW_INCHES * (style.legend_rows(_labels(sweep, shown, dots.note)) - 1)
    drawn = style.figure(bands * (2.55 if parts == 2 else 1.9) + 0.9 + legend, h_pad=0.035)
    grid = drawn.subplots(
        bands * parts, columns, sharex=True, squeeze=False, height_ratios=[2.0, 1.1][:parts] * bands
    )  # fmt: skip
    limits = _ratio_limits(found)
    places = sorted({_number(row, axis) for _, rows in panels for row in rows})
    for number in range(bands * columns):
        band, column = divmod(number, columns)
        slots = [grid[band * parts + part][column] for part in range(parts)]
        if number >= len(panels):
            for axes in slots:
                axes.set_visible(False)
            continue
        name, rows = panels[number]
        slots[0].set_title(style.cut(name, _TITLE_LETTERS // columns), fontsize=9.5, pad=10)
        for axes, ratio in zip(slots, (False, True), strict=False):
            _curves(axes, sweep, rows, metric, vantage, shown, (axis, places), limits if ratio else None)
            drawing.remark(axes, _remark(sweep, rows, metric, vantage, limits if ratio else None, _LETTERS // columns))
            axes.tick_params(labelleft=column == 0)
        _trials(slots[0], rows, shown, (axis, places), dots, first)
        first += len(rows)
    _scale(grid[::parts].flat, found, dots.all)
    said = scatter.remark(dots.note, scatter.beyond(grid[0][0], dots.all, across=False))
    if parts == 2:
        _ratio_scale(grid[1::2].flat, limits)
    _dress(drawn, grid, sweep, shown, found, axis, title, parts, said)
    return drawn


def _curves(
    axes: Axes, sweep: Sweep, rows: Sequence[Comparison], metric: str, vantage: str, shown: Sequence[str],
    axis: tuple[str, list[float]], limits: tuple[float, float] | None,
) -> None:  # fmt: skip
    """Draw one line per isolation over the places of the axis, a whisker for every interval; limits: as ratios."""
    ratio = limits is not None
    colours = style.colours(shown, sweep.facts)
    name, places = axis
    apart = _apart(shown)
    for turn, isolation in enumerate(shown):
        if ratio and isolation == BASELINE:
            axes.axhline(1, color=colours[isolation], linewidth=1.1)
            continue
        points = [(places.index(_number(row, name)), row.finding(isolation, metric, vantage)) for row in rows]
        known = [(place, one) for place, one in points if one is not None]
        x = [place + (turn - (len(shown) - 1) / 2) * apart for place, _ in known]
        triples = [_triple(one, ratio=ratio) for _, one in known]
        _line(axes, x, triples, colours[isolation], turn, dashed=isolation in sweep.emulated)
    axes.set_xticks(range(len(places)), [f"{place:g}" for place in places])
    axes.set_xlim(-0.35, len(places) - 0.65)
    style.clean(axes, across=False)


def _trials(
    axes: Axes, rows: Sequence[Comparison], shown: Sequence[str], axis: tuple[str, list[float]], dots: Dots, first: int
) -> None:  # fmt: skip
    """Draw the dots of a panel, whose first setting is the picture's ``first``, each beside its isolation's figure."""
    name, places = axis
    apart = _apart(shown)
    colours = style.colours(shown, rows[0].facts)
    for turn, isolation in enumerate(shown):
        beside = (turn - (len(shown) - 1) / 2) * apart
        groups = [
            (dots.of(place, isolation), places.index(_number(row, name)) + beside)
            for place, row in enumerate(rows, start=first)
        ]
        scatter.draw(axes, groups, apart * 0.3, colours[isolation], across=False)


def _apart(shown: Sequence[str]) -> float:
    """Return how far apart isolations stand at one place."""
    return min(_APART, _SPREAD / len(shown))


def _line(
    axes: Axes, x: list[float], triples: list[tuple[float, float, float]], colour: str, turn: int, *, dashed: bool
) -> None:
    low, middle, high = np.array(triples, dtype=float).reshape(-1, 3).T
    axes.plot(
        x, middle, style.MARKERS[turn % len(style.MARKERS)], linestyle="--" if dashed else "-", color=colour,
        markersize=4.5, linewidth=1.3,
    )  # fmt: skip
    axes.vlines(x, low, high, color=colour, linewidth=2.4, alpha=0.5)


def _remark(
    sweep: Sweep, rows: Sequence[Comparison], metric: str, vantage: str, limits: tuple[float, float] | None,
    letters: int,
) -> str:  # fmt: skip
    """Say which isolations a panel does not show, or not whole; how many, where their names are too long for it."""
    found = [one for row in rows for one in row.findings(metric, vantage)]
    said = _off_scale(sweep, found, limits) if limits else _gaps(sweep, rows, metric, vantage)
    start = "beyond: " if limits and said else ""
    text = start + (", " if limits else "; ").join(said)
    if len(text) <= letters:
        return text
    return f"{len(said)} reach beyond: see the table" if limits else f"{len(said)} have no figure: see the table"


def _gaps(sweep: Sweep, rows: Sequence[Comparison], metric: str, vantage: str) -> list[str]:
    """Say which isolations are missing from a panel, and why."""
    said = []
    for isolation in sweep.isolations:
        if not any(row.finding(isolation, metric, vantage) for row in rows):
            reasons = sorted({reason for row in rows if (reason := sweep.gap(row, isolation))})
            said += [f"{sweep.name_of(isolation)}: {' or '.join(reasons)}"] if reasons else []
    return said


def _off_scale(sweep: Sweep, found: Sequence[Finding], limits: tuple[float, float]) -> list[str]:
    """Say which isolations' ratios, or ends of intervals, lie beyond a panel's scale."""
    said = []
    for isolation in sweep.isolations:
        ratios = [one for one in found if one.isolation == isolation and math.isfinite(one.ratio)]
        near = [one for one in ratios if _is_near(one.ratio)]
        beyond = [one.ratio for one in ratios if not _is_near(one.ratio)]
        beyond += [end for one in near for end in (one.ratio_low, one.ratio_high) if not limits[0] <= end <= limits[1]]
        known = [_short(end) for end in (min(beyond), max(beyond)) if math.isfinite(end)] if beyond else []
        said += [f"{sweep.name_of(isolation)} {'–'.join(dict.fromkeys(known))}x"] if known else []
    return said


def _short(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 100 else words.plain(round(ratio))  # from there, .2g has an exponent


def _is_near(ratio: float) -> bool:
    return 1 / LOG_FROM < ratio < LOG_FROM


def _is_log(found: Sequence[Finding]) -> bool:
    ends = [end for one in found for end in (one.low, one.median, one.high) if math.isfinite(end)]
    return min(ends) > 0 and max(ends) / min(ends) > LOG_FROM


def _scale(panels: Iterable[Axes], found: Sequence[Finding], seen: Floats) -> None:
    """Give all panels of figures one scale, in the unit of the largest; it reaches as far as dots, within reason."""
    ends = [end for one in found for end in (one.low, one.median, one.high) if math.isfinite(end)]
    divisor, _ = words.scale(max(ends), found[0].unit)
    low, high = scatter.stretched(min(ends), max(ends), seen)
    log = _is_log(found)
    for axes in panels:
        if log:
            axes.set_yscale("log")
            axes.set_ylim(low / 1.4, high * 1.4)
            axes.yaxis.set_major_locator(FixedLocator(words.decades(low / 1.4, high * 1.4, found[0].unit)))
            axes.yaxis.set_minor_locator(NullLocator())
        else:
            axes.set_ylim(min(0.0, low * 1.1), max(high * 1.1, 0.0) or 1.0)
            axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(partial(_tick, divisor=divisor, unit=found[0].unit, log=log)))


def _tick(value: float, _place: int, *, divisor: float, unit: str, log: bool) -> str:
    """Return a tick's label; where figures span decades, each in a unit of its own."""
    return words.quantity_plain(value, unit) if log and words.is_scaled(unit) else words.plain(value / divisor)


def _ratio_limits(found: Sequence[Finding]) -> tuple[float, float]:
    """Return a scale for ratios of bare's order: the others, and the widest intervals, would flatten them."""
    near = [one for one in found if math.isfinite(one.ratio_low) and _is_near(one.ratio)]
    low = min([1.0, *(one.ratio for one in near), *np.quantile([one.ratio_low for one in near] or [1.0], [_WIDEST])])
    high = max(
        [1.0, *(one.ratio for one in near), *np.quantile([one.ratio_high for one in near] or [1.0], [1 - _WIDEST])]
    )
    room = max(0.02, (high - low) * 0.12)
    return low - room, high + room


def _ratio_scale(panels: Iterable[Axes], limits: tuple[float, float]) -> None:
    """Give all panels of ratios one scale."""
    for axes in panels:
        axes.set_ylim(*limits)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))


def _dress(
    drawn: Figure, grid: Grid, sweep: Sweep, shown: Sequence[str], found: Sequence[Finding], axis: str, title: str,
    parts: int, dots: str,
) -> None:  # fmt: skip
    """Name the picture, its axes and the isolations; ``dots`` says what the dots are."""
    _, unit = words.scale(max(one.median for one in found), found[0].unit)
    drawn.suptitle(style.cut(title), x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    unit = "" if _is_log(found) and words.is_scaled(found[0].unit) else unit
    for place, axes in enumerate(grid[:, 0]):
        axes.set_ylabel(style.cut(unit, style.UNIT_LETTERS) if place % parts == 0 else "to bare", fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel(style.cut(axis, _TITLE_LETTERS // len(grid[-1])))
    handles = [_handle(grid[0][0], sweep, shown, turn) for turn in range(len(shown))]
    if dots:
        handles += grid[0][0].plot([], [], "o", color=style.FAINT, alpha=0.6, markersize=2.4, markeredgewidth=0)
    labels = _labels(sweep, shown, dots)
    drawn.legend(handles, labels, loc="outside lower center", ncols=style.legend_columns(labels), frameon=False)


def _labels(sweep: Sweep, shown: Sequence[str], dots: str) -> list[str]:
    short = {name: style.cut(name, style.ROW_LETTERS) for name in shown}
    named = [f"{short[name]} ({words.EMULATED})" if name in sweep.emulated else short[name] for name in shown]
    return [*named, *([dots] if dots else [])]


def _handle(axes: Axes, sweep: Sweep, shown: Sequence[str], turn: int) -> Artist:
    dash = "--" if shown[turn] in sweep.emulated else "-"
    marker = style.MARKERS[turn % len(style.MARKERS)]
    return axes.plot(
        [], [], marker, linestyle=dash, color=style.colours(shown, sweep.facts)[shown[turn]], markersize=4.5
    )[0]


def _triple(one: Finding, *, ratio: bool) -> tuple[float, float, float]:
    if not ratio:
        return (one.low, one.median, one.high)
    if not _is_near(one.ratio):
        return (math.nan, math.nan, math.nan)
    return (one.ratio_low, one.ratio, one.ratio_high)


def _number(row: Comparison, axis: str) -> float:
    return float(row.values_of[axis])
