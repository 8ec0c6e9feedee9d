"""Settings that are no curve: one row per setting and isolation, a dot for the figure, a whisker for its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.summary import BASELINE
from bench.analysis.figures.sweep import Sweep
from bench.analysis.statistics.intervals import Floats
from bench.report.plots import scatter, style
from bench.report.plots.drawing import LOG_FROM, beside
from bench.report.plots.scatter import Dots
from bench.report.tables.figures import MOST_BESIDE
from bench.report.text import words

LabelledPanels = Sequence[tuple[str, Sequence[tuple[str, Comparison]]]]

Looks = Mapping[str, tuple[str, str]]
"""Colour and marker of each isolation."""

NEAR = 0.5
"""Ratios all above this are drawn around 1, not from nought: they are dots, not bars."""

_ROW_INCHES = 0.21
_BETWEEN = 0.7  # of a row, between settings


def figure(sweep: Sweep, panels: LabelledPanels, metric: str, vantage: str, shown: Sequence[str], title: str) -> Figure:
    """Draw one panel for each named group of settings, on one scale: ratios to bare where there is bare."""
    found = [one for _, rows in panels for _, row in rows for one in row.findings(metric, vantage)]
    relative = any(math.isfinite(one.ratio_low) for one in found) and BASELINE in shown
    drawn_for = [name for name in shown if not (relative and name == BASELINE)]
    colours = style.colours(shown, sweep.facts)
    looks = {name: (colours[name], style.MARKERS[turn % len(style.MARKERS)]) for turn, name in enumerate(shown)}
    looks = {name: looks[name] for name in drawn_for}
    lines = [
        sum(max(1, len(_drawn(sweep, row, metric, vantage, looks))) + _BETWEEN for _, row in rows) for _, rows in panels
    ]
    has_legend = len(shown) > 1 and len(looks) <= MOST_BESIDE
    legend = style.LEGEND_ROW_INCHES * (style.legend_rows(_labels(sweep, looks)) - 1) if has_legend else 0.0
    dots = scatter.dots([row for _, rows in panels for _, row in rows], metric, vantage, list(looks))
    drawn = style.figure(_ROW_INCHES * sum(lines) + 0.35 * len(panels) + 1.15 + legend)
    grid = drawn.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=lines)[:, 0]
    trials, first = [], 0
    for axes, (name, rows) in zip(grid, panels, strict=True):
        axes.set_title(style.cut(name), fontsize=9.5)
        _groups(axes, sweep, rows, metric, vantage, looks, relative=relative)
        trials.append(_trials(axes, sweep, rows, metric, vantage, looks, dots, first, relative=relative))
        first += len(rows)
    seen = np.concatenate(trials)
    _scale(grid[0], [one for one in found if one.isolation in drawn_for], seen, relative=relative)
    drawn.suptitle(style.cut(title), x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    what = "ratio to bare, with its 95 % interval" if relative else "median, with its 95 % interval"
    said = scatter.remark(dots.note, scatter.beyond(grid[0], seen, across=True))
    grid[-1].set_xlabel(f"{what}; {said}" if said else what)
    if has_legend:
        _legend(drawn, grid[0], sweep, looks)
    return drawn


def _groups(
    axes: Axes, sweep: Sweep, rows: Sequence[tuple[str, Comparison]], metric: str, vantage: str,
    looks: Looks, *, relative: bool,
) -> None:  # fmt: skip
    """Draw the isolations of every setting below each other, and name the settings."""
    middles, names, y = [], [], 0.0
    for setting, row in rows:
        drawn = _drawn(sweep, row, metric, vantage, looks)
        for turn, isolation in enumerate(drawn):
            found = row.finding(isolation, metric, vantage)
            if found is None:
                _say_gap(axes, y + turn, sweep.name_of(isolation), sweep.gap(row, isolation))
            else:
                name = f"{sweep.name_of(isolation)}   " if len(looks) > MOST_BESIDE else ""
                _dot(axes, y + turn, found, looks[isolation], name, relative=relative)
        bare = row.finding(BASELINE, metric, vantage)
        middles.append(y + (len(drawn) - 1) / 2)
        names.append(f"{setting}\nbare {words.quantity(bare.median, bare.unit)}" if relative and bare else setting)
        y += max(1, len(drawn)) + _BETWEEN
    axes.set_yticks(middles, [style.cut(one, style.ROW_LETTERS) for one in names])
    axes.set_ylim(y - _BETWEEN, -0.8)
    if relative:
        axes.axvline(1, color=style.INK, linewidth=0.9, linestyle=":")
    style.clean(axes)


def _trials(
    axes: Axes, sweep: Sweep, rows: Sequence[tuple[str, Comparison]], metric: str, vantage: str, looks: Looks,
    dots: Dots, first: int, *, relative: bool,
) -> Floats:  # fmt: skip
    """Draw the dots of a panel, whose first setting is the picture's ``first``, and return where they are."""
    y, seen = 0.0, [np.empty(0)]
    for place, (_, row) in enumerate(rows, start=first):
        scale = row.scale(metric, vantage) if relative else 1.0
        drawn = _drawn(sweep, row, metric, vantage, looks)
        for turn, isolation in enumerate(drawn):
            along = dots.of(place, isolation) / scale
            if math.isfinite(scale):
                scatter.draw(axes, [(along, y + turn)], 0.26, looks[isolation][0], across=True)
                seen.append(along)
        y += max(1, len(drawn)) + _BETWEEN
    return np.concatenate(seen)


def _drawn(sweep: Sweep, row: Comparison, metric: str, vantage: str, names: Iterable[str]) -> list[str]:
    """Return the isolations that have a row at a setting: with a figure, or with a reason why they lost it."""
    lost = ("", "not offered")
    return [name for name in names if row.finding(name, metric, vantage) or sweep.gap(row, name) not in lost]


def _dot(axes: Axes, y: float, one: Finding, look: tuple[str, str], name: str, *, relative: bool) -> None:
    """Draw one figure; its row bears the isolation's name where there are too many for a legend."""
    colour, marker = look
    low, middle, high = (one.ratio_low, one.ratio, one.ratio_high) if relative else (one.low, one.median, one.high)
    if math.isfinite(low):
        axes.plot([low, high], [y, y], color=colour, linewidth=4, alpha=0.5, solid_capstyle="butt")
    fill = style.PAPER if one.emulated else colour
    axes.plot([middle], [y], marker, color=colour, markerfacecolor=fill, markersize=5.5)
    figure = words.quantity(one.median, one.unit)
    text = f"{one.no_ratio or words.times(one.ratio)}   {figure}" if relative else figure
    beside(axes, high if math.isfinite(high) else middle, y, f"{name}{text}")


def _say_gap(axes: Axes, y: float, name: str, reason: str) -> None:
    if reason:
        axes.annotate(
            style.cut(f"{name}: {reason}"), (0.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=8,
            color=style.FAINT,
        )  # fmt: skip


def _scale(axes: Axes, found: Sequence[Finding], seen: Floats, *, relative: bool) -> None:
    """Set the common scale: around 1, from nought, or in decades, by how far apart the figures lie.

    It reaches as far as the dots that are seen, where figures still have room then.
    """
    triples = [
        (one.ratio_low, one.ratio, one.ratio_high) if relative else (one.low, one.median, one.high) for one in found
    ]
    ends = [end for triple in triples for end in triple if math.isfinite(end)] + ([1.0] if relative else [])
    low, high = scatter.stretched(min(ends, default=0.0), max(ends, default=1.0), seen)
    if low > 0 and high / low > LOG_FROM:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.5, high * (high / low) ** 0.45)
        axes.xaxis.set_major_locator(
            FixedLocator(words.decades(low / 1.5, high * 1.5, "1" if relative else found[0].unit))
        )
        axes.xaxis.set_minor_locator(NullLocator())
    elif relative and low > NEAR:
        room = max(high - low, 0.02)
        axes.set_xlim(low - 0.1 * room, high + 0.6 * room)
    else:
        axes.set_xlim(min(0.0, low * 1.1), max(high * 1.35, 0.0) or 1.0)
    tick = (lambda value, _: f"{words.plain(value)}x") if relative else partial(_tick, unit=found[0].unit)
    axes.xaxis.set_major_formatter(FuncFormatter(tick))


def _tick(value: float, _place: int, *, unit: str) -> str:
    return style.cut(words.quantity_plain(value, unit).rstrip(), style.UNIT_LETTERS)


def _legend(drawn: Figure, axes: Axes, sweep: Sweep, looks: Looks) -> None:
    handles = []
    for isolation, (colour, marker) in looks.items():
        fill = style.PAPER if isolation in sweep.emulated else colour
        handles += axes.plot([], [], marker, linestyle="none", color=colour, markerfacecolor=fill, markersize=5.5)
    labels = _labels(sweep, looks)
    drawn.legend(handles, labels, loc="outside lower center", ncols=style.legend_columns(labels), frameon=False)


def _labels(sweep: Sweep, names: Iterable[str]) -> list[str]:
    short = {name: style.cut(name, style.ROW_LETTERS) for name in names}
    return [f"{short[name]} ({words.EMULATED})" if name in sweep.emulated else short[name] for name in short]
