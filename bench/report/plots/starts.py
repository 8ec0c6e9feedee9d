"""One picture of start-up, density and bursts: time to ready against how many instances there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.figures.company import Company, Curve
from bench.report.plots import drawing, style
from bench.report.text import words

_LINES: Mapping[Company, Literal["none", "-", "--"]] = {
    Company.ALONE: "none",
    Company.RUNNING: "-",
    Company.AT_ONCE: "--",
}
_MARKERS = {Company.ALONE: "D", Company.RUNNING: "o", Company.AT_ONCE: "s"}


def draw_later(curves: Sequence[Curve], facts: IsolationFacts = UNTOLD) -> drawing.Draw | None:
    """Return what draws these curves, both axes logarithmic; None for none. Whiskers are 95 % intervals."""
    return partial(_figure, curves, facts) if curves else None


def _figure(curves: Sequence[Curve], facts: IsolationFacts) -> Figure:
    names = sorted({one.isolation for one in curves}, key=facts.reading_order)
    colours = style.colours(names, facts)
    with style.settings():
        drawn = style.figure(4.6)
        axes = drawn.subplots()
        for one in curves:
            _curve(axes, one, colours[one.isolation])
        emulated = {one.isolation for one in curves if one.found[0].emulated}
        axes.set_title("Time to ready, by how many instances there are")
        drawing.remark(axes, drawing.emulated([name for name in names if name in emulated]))
        _scales(axes, curves)
        handles = [Line2D([], [], color=colours[name], linewidth=2, label=name) for name in names]
        handles += [
            Line2D(
                [], [], color=style.INK, linestyle=_LINES[how], marker=_MARKERS[how], markersize=4.5, label=how.value
            )
            for how in Company
            if any(one.company is how for one in curves)
        ]
        columns = style.legend_columns([str(one.get_label()) for one in handles])
        drawn.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
    return drawn


def _curve(axes: Axes, one: Curve, colour: str) -> None:
    axes.plot(
        one.counts, [found.median for found in one.found], linestyle=_LINES[one.company], color=colour,
        marker=_MARKERS[one.company], markersize=4.5, linewidth=1.3,
    )  # fmt: skip
    lows, highs = [found.low for found in one.found], [found.high for found in one.found]
    axes.vlines(one.counts, lows, highs, color=colour, linewidth=2.4, alpha=0.5)


def _scales(axes: Axes, curves: Sequence[Curve]) -> None:
    counts = sorted({count for one in curves for count in one.counts})
    doubled = [count for count in counts if count & (count - 1) == 0]
    axes.set_xscale("log", base=2)
    axes.set_xticks(doubled, [str(count) for count in doubled])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("instances, the one that is started among them")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: words.quantity(value, "s")))
    axes.yaxis.set_minor_formatter(NullFormatter())
    style.clean(axes, across=False)
