"""The forest plot: the ratio to bare of every headline figure, a row for each isolation, readable without colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.figures.comparison import Finding
from bench.analysis.figures.glance import NOT_SHOWN, TOO_FEW
from bench.analysis.figures.summary import BASELINE
from bench.analysis.statistics.significance import MARGIN
from bench.report.plots import style
from bench.report.plots.drawing import LOG_FROM
from bench.report.tables.overview import KINDS, OverviewRow
from bench.report.text import effect, words

MOST_LINES = 48
"""With more rows than a page holds, only the first figure of each scenario is drawn; the table has them all."""

_ROW_INCHES, _HEADING = 0.235, 1.0  # a heading takes as much as a row
_SPREAD = 0.5  # of a row, over which the settings of one figure stand
_NAME_LETTERS, _WHAT_LETTERS, _SAID_LETTERS = 32, 84, 76
"""What fits before a row, above a group of rows, and beside a row: its ratio, how that stands, and what is missing."""

_DIFFERS, _NO_FIGURE = "differs from bare", "no figure, and why"
_LOOKS = {
    _DIFFERS: ("D", True),
    TOO_FEW: ("D", False),
    NOT_SHOWN: ("o", False),
    effect.EQUIVALENT: ("s", False),
    _NO_FIGURE: ("x", True),
}
"""What a marker says, in the order of the legend: its shape, and whether it is filled."""

_LEGEND_COLUMNS = 5

_IN_LITTLE_ROOM = {effect.EQUIVALENT: "equivalent", NOT_SHOWN: "none shown", TOO_FEW: "too few"}
"""Words that the legend has whole."""

_CHANGED = "†"
_BARE_CHANGED = f"({BASELINE} {_CHANGED})"
"""Marks for speeds that were not steady while a workload ran."""


def draw(found: Sequence[OverviewRow], facts: IsolationFacts = UNTOLD) -> Figure | None:
    """Draw one panel for each kind of figure on a scale of its own; None where nothing can be held against bare."""
    later = draw_later(found, facts)
    return later() if later else None


def draw_later(found: Sequence[OverviewRow], facts: IsolationFacts = UNTOLD) -> Callable[[], Figure] | None:
    """Return what draws the same, as soon as it is known that there is something to draw."""
    shown = _fitting(found)
    return partial(_draw, found, shown, facts) if any(line.known for line in shown) else None


def _draw(found: Sequence[OverviewRow], shown: Sequence[OverviewRow], facts: IsolationFacts) -> Figure:
    panels = [(kind, [line for line in shown if line.kind == kind]) for kind in KINDS]
    panels = [(kind, rows) for kind, rows in panels if rows]
    heights = [len(rows) + _HEADING * len({line.what for line in rows}) + 0.4 for _, rows in panels]
    colours = style.colours([BASELINE, *dict.fromkeys(line.isolation for line in found)], facts)
    with style.settings():
        figure = style.figure(_ROW_INCHES * sum(heights) + 0.45 * len(panels) + 0.75)
        grid = figure.subplots(len(panels), 2, height_ratios=heights, width_ratios=[1, 0.01], squeeze=False)
        for (kind, rows), (axes, told) in zip(panels, grid, strict=True):
            _panel(axes, told, rows, colours)
            axes.set_title(f"{kind}, ratio to bare")
            _scale(axes, rows)
        changed = any(one.moving or one.bare_moving for line in shown for one in line.places)
        _legend(figure, grid[0][0], _said_by(shown), f"{_CHANGED} speed changed" if changed else "")
    return figure


def _fitting(found: Sequence[OverviewRow]) -> list[OverviewRow]:
    """Return every line, or those of each scenario's first figure where they are too many."""
    if len(found) <= MOST_LINES:
        return list(found)
    first: dict[tuple[str, str], str] = {}
    for line in found:
        first.setdefault((line.kind, line.what.partition(":")[0]), line.what)
    return [line for line in found if line.what in first.values()]


def _panel(axes: Axes, told: Axes, rows: Sequence[OverviewRow], colours: dict[str, str]) -> None:
    told.set_axis_off()
    y, places, names = 0.0, [], []
    for heading, group in groupby(rows, key=_headed):
        written = axes.annotate(
            heading, (0, y), xycoords=("axes fraction", "data"), va="center", fontsize=8.5,
            color=style.FAINT, annotation_clip=False, bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
        written.set_in_layout(False)  # it may reach over what stands beside the rows, whose line is free there
        y += _HEADING
        for line in group:
            _line(axes, y, line, colours[line.isolation])
            told.annotate(
                style.cut(_said(line), _SAID_LETTERS),
                (0, y),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8.5,
            )
            places.append(y)
            names.append(_named(line))
            y += 1
    axes.set_yticks(places, names)
    for one in (axes, told):
        one.set_ylim(y - 0.4, -0.6)
    style.clean(axes)
    axes.axvspan(1 / (1 + MARGIN), 1 + MARGIN, color=style.GRID, alpha=0.6, linewidth=0, zorder=0)
    axes.axvline(1, color=style.INK, linewidth=0.9, linestyle=":")


def _line(axes: Axes, y: float, line: OverviewRow, colour: str) -> None:
    """Draw every setting of a line, one below the other within its row."""
    known = line.known
    if not known:
        marker, _ = _LOOKS[_NO_FIGURE]
        axes.plot([0.5], [y], marker, color=style.INK, markersize=6, transform=axes.get_yaxis_transform())
        return
    step = _SPREAD / max(len(known) - 1, 1)
    for turn, (_, found) in enumerate(known):
        at = y + (turn * step - _SPREAD / 2 if len(known) > 1 else 0)
        if math.isfinite(found.ratio_low):
            axes.plot([found.ratio_low, found.ratio_high], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
        marker, filled = _LOOKS[_saying(found)]
        fill = colour if filled else style.PAPER
        size = 5.5 if len(known) <= 3 else 3.5
        axes.plot([found.ratio], [at], marker, color=colour, markerfacecolor=fill, markersize=size)


def _said(line: OverviewRow) -> str:
    """Return what stands beside a line: its ratio and interval, or their span, and the standing in words."""
    found = [one for _, one in line.known]
    if not found:
        return "; ".join(line.gaps)
    missing = f"; {'; '.join(line.gaps)}" if line.gaps else ""
    if len(found) == 1:
        interval = words.times_interval(found[0].ratio_low, found[0].ratio_high)
        return f"{words.times(found[0].ratio)} {interval}  {effect.of(found[0])}{missing}"
    span = words.ranged(min(one.ratio for one in found), max(one.ratio for one in found), "1")
    return f"{span}x{_tally(found)}{missing}"


def _named(line: OverviewRow) -> str:
    """Return a row's name, marked where the isolation's speed was not steady."""
    return _marked(line.name, _NAME_LETTERS, _CHANGED if any(one.moving for one in line.places) else "")


def _headed(line: OverviewRow) -> str:
    """Return the heading of a figure's rows, marked where bare's speed was not steady."""
    return _marked(line.what, _WHAT_LETTERS, _BARE_CHANGED if any(one.bare_moving for one in line.places) else "")


def _marked(text: str, letters: int, mark: str) -> str:
    """Return text that fits, and the mark behind it, whole."""
    return f"{style.cut(text, letters - len(mark) - 1)} {mark}" if mark else style.cut(text, letters)


def _tally(found: Sequence[Finding]) -> str:
    """Return at how many settings figures stand how to bare's: ``worse at 3, none shown at 1``."""
    counts: dict[str, int] = {}
    for one in found:
        counts[effect.of(one)] = counts.get(effect.of(one), 0) + 1
    if len(counts) == 1:
        return f" over {len(found)} settings  {next(iter(counts))} at all"
    known = sorted(counts.items(), key=lambda pair: -pair[1])
    return "  " + ", ".join(f"{_IN_LITTLE_ROOM.get(word, word)} at {count}" for word, count in known)


def _scale(axes: Axes, rows: Sequence[OverviewRow]) -> None:
    """Set a panel's scale: in decades where its ratios span more than one, else around 1."""
    found = [one for line in rows for _, one in line.known]
    ends = [end for one in found for end in (one.ratio_low, one.ratio, one.ratio_high) if math.isfinite(end)]
    low, high = min([*ends, 1 / (1 + MARGIN)]), max([*ends, 1 + MARGIN])
    if low > 0 and high / low > LOG_FROM:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.3, high * 1.3)
        axes.xaxis.set_major_locator(FixedLocator(words.decades(low / 1.3, high * 1.3, "1")))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("log scale", loc="left", fontsize=8)
    else:
        room = 0.06 * (high - low)
        axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{words.plain(value)}x"))


def _saying(found: Finding) -> str:
    """Return what the marker of a figure says."""
    return how if (how := effect.of(found)) in _LOOKS else _DIFFERS


def _said_by(shown: Sequence[OverviewRow]) -> list[str]:
    """Return what the markers of these lines say."""
    said = {_saying(found) for line in shown for _, found in line.known}
    said |= {_NO_FIGURE for line in shown if not line.known}
    return [what for what in _LOOKS if what in said]


def _legend(figure: Figure, axes: Axes, said: Sequence[str], remark: str) -> None:
    """Explain the markers below the panels, and what else is to be said."""
    handles = []
    for marker, filled in map(_LOOKS.__getitem__, said):
        fill = style.INK if filled else style.PAPER
        handles += axes.plot([], [], marker, color=style.INK, markerfacecolor=fill, markersize=5.5)
    labels = list(said)
    if remark:
        handles += axes.plot([], [], linestyle="none")
        labels.append(remark)
    columns = min(len(labels), _LEGEND_COLUMNS)
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5)
