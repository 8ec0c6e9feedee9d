"""Cost against what is reached of the host: a panel for each cost, the better always to the left and below."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.analysis.choosing.fronts import Front, FrontPoint
from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.figures.comparison import Finding
from bench.report.plots import style
from bench.report.plots.drawing import LOG_FROM
from bench.report.text import dominance, words

_PANEL_INCHES = 3.3

_TICKS = 4


def draw(found: Sequence[Front], facts: IsolationFacts = UNTOLD) -> Figure | None:
    """Draw every front; None where there is none. Both intervals are drawn, the front is filled and joined."""
    later = draw_later(found, facts)
    return later() if later else None


def draw_later(found: Sequence[Front], facts: IsolationFacts = UNTOLD) -> Callable[[], Figure] | None:
    """Return what draws the same, as soon as it is known that there is something to draw."""
    return partial(_draw, found, facts) if found else None


def _draw(found: Sequence[Front], facts: IsolationFacts) -> Figure:
    names = list(dict.fromkeys(point.isolation for front in found for point in front.points))
    names.sort(key=facts.reading_order)
    looks = {
        name: (style.colours(names, facts)[name], style.MARKERS[place % len(style.MARKERS)])
        for place, name in enumerate(names)
    }
    emulated = {name for front in found for name in front.cost.at.emulated}
    labels = [f"{name} (emulated)" if name in emulated else name for name in names]
    with style.settings():
        figure = style.figure(_PANEL_INCHES + 0.3 + style.LEGEND_ROW_INCHES * style.legend_rows(labels))
        panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
        for axes, front in zip(panels, found, strict=True):
            _panel(axes, front, looks)
        reached = dominance.reached(found[0].reached)
        panels[0].set_ylabel(f"{reached}, lower is better")
        _scale(panels[0], "y", [point.reached for front in found for point in front.points])
        handles = [
            panels[0].plot([], [], marker, color=colour, linestyle="none")[0] for colour, marker in looks.values()
        ]
        columns = style.legend_columns(labels)
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5)
    return figure


def _panel(axes: Axes, front: Front, looks: Mapping[str, tuple[str, str]]) -> None:
    style.clean(axes)
    axes.grid(axis="y", color=style.GRID, linewidth=0.7)
    for point in front.points:
        _point(axes, point, *looks[point.isolation])
    _join(axes, front)
    axes.set_title(style.cut(words.capital(dominance.named(front.cost)), 92 // 3))
    _scale(axes, "x", [point.cost for point in front.points])
    if not front.cost.is_lower_better:
        axes.invert_xaxis()
    axes.set_xlabel("less is better" if front.cost.is_lower_better else "more is better, to the left", fontsize=8.5)


def _point(axes: Axes, point: FrontPoint, colour: str, marker: str) -> None:
    cost, reached = point.cost, point.reached
    for across, upright in (
        ((cost.low, cost.high), (reached.median,) * 2),
        ((cost.median,) * 2, (reached.low, reached.high)),
    ):
        if all(map(math.isfinite, (*across, *upright))):
            axes.plot(across, upright, color=colour, linewidth=1.4, solid_capstyle="butt")
    filled = style.PAPER if point.dominated_by else colour
    axes.plot([cost.median], [reached.median], marker, color=colour, markerfacecolor=filled, markersize=7)


def _join(axes: Axes, front: Front) -> None:
    """Join the points of the front by steps: what lies right of and above them is dominated."""
    sign = 1 if front.cost.is_lower_better else -1
    on = sorted((sign * one.cost.median, one.reached.median) for one in front.points if not one.dominated_by)
    axes.step(
        [sign * cost for cost, _ in on],
        [reached for _, reached in on],
        where="post",
        color=style.FAINT,
        linewidth=0.9,
        linestyle="--",
        zorder=1,
    )


def _scale(axes: Axes, which: str, found: Sequence[Finding]) -> None:
    """Set a scale in the figures' own unit: in decades where they span more than one, else as it comes."""
    axis, unit = (axes.xaxis, found[0].unit) if which == "x" else (axes.yaxis, found[0].unit)
    ends = [end for one in found for end in (one.low, one.median, one.high) if math.isfinite(end)]
    low, high = min(ends), max(ends)
    if low > 0 and high / low > LOG_FROM:
        axes.set(**{f"{which}scale": "log", f"{which}lim": (low / 1.6, high * 1.6)})
        axis.set_major_locator(
            FixedLocator(words.decades(low / 1.6, high * 1.6, unit)[:: max(1, round(math.log10(high / low) / _TICKS))])
        )
        axis.set_minor_locator(NullLocator())
    else:
        room = 0.12 * (high - low) or 0.1 * high or 1
        axes.set(**{f"{which}lim": (max(low - room, 0), high + room)})
        axis.set_major_locator(MaxNLocator(_TICKS))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.quantity_plain(value, unit)))
