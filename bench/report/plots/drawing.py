"""What the plots are made of: dots with intervals and steps, each drawn onto given axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.statistics.intervals import Floats
from bench.report.plots import style
from bench.report.text import words
from bench.store.manifest import Manifest

P = ParamSpec("P")

Draw = Callable[[], Figure]
"""Draws what is known to be worth drawing."""

LOG_FROM = 10.0
"""Ratios that span more than this, and pass 1, are drawn on a log scale."""

_BESIDE = 6  # points between a bar's end and the text that names it
_BESIDE_LETTERS = 64  # as many as three roles with what each holds


def at_once(later: Callable[P, Draw | None]) -> Callable[P, Figure | None]:
    """Return what draws now what ``later`` would draw, and gives None where there is nothing to draw."""

    @wraps(later)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure | None:
        draw = later(*args, **kwargs)
        return draw() if draw else None

    return drawn


def title(axes: Axes, comparison: Comparison, text: str, isolation: str | None = None) -> None:
    """Set a panel's title and, at its right, which of the shown isolations (all, or one) are emulated."""
    axes.set_title(style.cut(text))
    shown = comparison.isolations if isolation is None else (isolation,)
    remark(axes, emulated([name for name in shown if name in comparison.emulated]))


def remark(axes: Axes, text: str) -> None:
    """Write faintly at the right of a panel's title."""
    axes.set_title(style.cut(text), loc="right", fontweight="normal", fontsize=8.5, color=style.FAINT)


def emulated(names: Sequence[str]) -> str:
    """Say that these isolations are emulated, in little room: their rows bear the word too. Nothing for none."""
    shown = " and ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"
    return f"{shown}: {words.EMULATED}" if names else ""


def dots(axes: Axes, comparison: Comparison, found: tuple[Finding, ...]) -> None:
    """Draw each trial, the median and its interval, and write the median."""
    colours = style.colours(comparison.isolations, comparison.facts)
    for row, one in enumerate(found):
        values = comparison.values(one.isolation, one.metric, one.vantage)
        _row(axes, row, values, (one.low, one.median, one.high), colours[one.isolation])
        axes.annotate(
            style.cut(words.quantity(one.median, one.unit), style.ROW_LETTERS),
            (max(one.median, float(values.max())), row),
            xytext=(8, 0), textcoords="offset points", va="center", fontweight="bold",
        )  # fmt: skip
    name_rows(axes, [comparison.name_of(one.isolation) for one in found])
    style.clean(axes)


def _row(axes: Axes, row: int, values: Floats, middle: tuple[float, float, float], colour: str) -> None:
    low, median, high = middle
    spread = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(values, row + spread, "o", color=colour, alpha=0.45, markersize=4, markeredgewidth=0)
    if math.isfinite(low):
        axes.plot([low, high], [row, row], color=colour, linewidth=5, alpha=0.55, solid_capstyle="butt")
    axes.plot([median], [row], "|", color=style.INK, markersize=15, markeredgewidth=2)


def name_rows(axes: Axes, rows: list[str]) -> None:
    """Name the rows, the first at the top."""
    axes.set_yticks(range(len(rows)), [style.cut(row, style.ROW_LETTERS) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)


def log_seconds(axes: Axes) -> None:
    """Put a log scale of whole decades under times, labelled in their units."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    axes.set_xticks([10.0**power for power in decades])
    axes.set_xlim(10.0 ** decades[0], 10.0 ** decades[-1] * 1.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time since the request (log scale)")


def _tick(value: float) -> str:
    divisor, unit = words.scale(value * 1.0001, "s")
    return f"{value / divisor:g} {unit}"


def waterfall(axes: Axes, comparison: Comparison, manifest: Manifest | None, one: Finding) -> None:
    """Draw one bar per step, where it begins and ends, with its time and share."""
    steps = comparison.start_up_phases(one.isolation)
    divisor, unit = words.scale(one.median, "s")
    colour = style.colours(comparison.isolations, comparison.facts)[one.isolation]
    hatch = "////" if one.emulated else ""
    for row, (_mark, begin, finish) in enumerate(steps):
        axes.barh(
            row, (finish - begin) / divisor, left=begin / divisor, height=0.66, color=colour, hatch=hatch,
            edgecolor=style.PAPER, linewidth=0,
        )  # fmt: skip
        share = (finish - begin) / steps[-1][2] * 100
        axes.annotate(
            f"{words.quantity(finish - begin, 's')}   {share:.0f} %",
            (finish / divisor, row), xytext=(_BESIDE, 0), textcoords="offset points", va="center",
        )  # fmt: skip
    labels = [manifest.phase_label(one.isolation, mark) if manifest else mark for mark, _, _ in steps]
    name_rows(axes, [f"until {label}" for label in labels])
    axes.set_xlim(0, steps[-1][2] / divisor * 1.22 if steps else 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} {unit}"))
    title(axes, comparison, f"{one.isolation}: steps until ready", one.isolation)
    style.clean(axes)


def relative(axes: Axes, comparison: Comparison, found: list[Finding], bare: float) -> None:
    """Draw each trial over ``bare``, bare's geometric mean, and the ratio of geometric means with its interval."""
    colours = style.colours(comparison.isolations, comparison.facts)
    for row, one in enumerate(found):
        values = comparison.values(one.isolation, one.metric, one.vantage) / bare
        _row(axes, row, values, (one.ratio_low, one.ratio, one.ratio_high), colours[one.isolation])
        beside(axes, max(float(values.max()), one.ratio), row, _ratio_text(one))
    axes.axvline(1, color=style.INK, linewidth=0.9, linestyle=":")
    low, high = (pick(one.ratio for one in found) for pick in (min, max))
    if high > LOG_FROM and low > 0:
        axes.set_xscale("log")
        axes.set_xlim(min(low, 1) / 1.5, high * 8)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    else:
        axes.set_xlim(0, max(1.0, axes.get_xlim()[1]) * 1.3)
    name_rows(axes, [comparison.name_of(one.isolation) for one in found])
    style.clean(axes)


def _ratio_text(one: Finding) -> str:
    figure = words.quantity(one.median, one.unit)
    return figure if one.isolation == "bare" else f"{words.times(one.ratio)}   {figure}"


def beside(axes: Axes, x: float, y: float, text: str) -> None:
    """Write beside the end of what is drawn at (x, y)."""
    axes.annotate(
        style.cut(text, _BESIDE_LETTERS), (x, y), xytext=(_BESIDE + 2, 0), textcoords="offset points", va="center"
    )
