"""Figures over runs: a dot for each run, a line for each level between shifts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.analysis.history.history import Course
from bench.analysis.two_runs.compare import Change
from bench.report.plots import style
from bench.report.tables import courses
from bench.report.text import words

LEVEL_WIDTH = 1.4
"""Points; that of lines which are no level differs."""

_COLUMNS = 2
_PANEL_INCHES, _AROUND_INCHES = 1.45, 0.7
_TITLE_LETTERS = 52
_NEAR = 0.03
"""The scale reaches as far at least, on either side of the level now: what is flat shall look so."""


def draw(shown: Sequence[Course], title: str) -> Figure:
    """Draw a panel for each course, its runs in their order from left to right."""
    rows = math.ceil(len(shown) / _COLUMNS)
    with style.settings():
        drawn = style.figure(_PANEL_INCHES * rows + _AROUND_INCHES)
        grid = drawn.subplots(rows, _COLUMNS, squeeze=False)
        colours = style.colours(dict.fromkeys(course.isolation for course in shown))
        for axes, course in zip(grid.flat, shown, strict=False):
            _panel(axes, course, colours[course.isolation])
        for axes in grid.flat[len(shown) :]:
            axes.set_axis_off()
        drawn.suptitle(style.cut(title), x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        drawn.supxlabel("runs, the newest at the right", fontsize=9)
    return drawn


def _panel(axes: Axes, course: Course, colour: str) -> None:
    divisor, unit = words.scale(float(np.median(course.values)), course.unit)
    values, levels = course.values / divisor, course.levels / divisor
    axes.plot(values, "o", color=colour, markersize=3, markeredgewidth=0, alpha=0.6)
    edges = [0, *(shift.place for shift in course.shifts), len(values)]
    for begin, end in pairwise(edges):
        axes.plot([begin - 0.4, end - 0.6], [levels[begin]] * 2, color=style.INK, linewidth=LEVEL_WIDTH)
    for shift in course.shifts:
        axes.axvline(shift.place - 0.5, color=style.FAINT, linewidth=0.8, linestyle=":")
        sign = "▼" if shift.change is Change.WORSE else "▲"
        axes.annotate(
            f"{sign} {courses.verdict(shift)}", (shift.place - 0.5, 1), xycoords=("data", "axes fraction"),
            xytext=(2, -1), textcoords="offset points", va="top", fontsize=7.5,
            ha="right" if shift.place > len(values) / 2 else "left",
        )  # fmt: skip
    now = float(values[-1])
    low, high = min(values.min(), now * (1 - _NEAR)), max(values.max(), now * (1 + _NEAR))
    axes.set_ylim(low - 0.1 * (high - low), high + 0.35 * (high - low))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{words.plain(value)} {unit}".rstrip()))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _day(course, value)))
    axes.tick_params(labelsize=7.5)
    axes.set_title(style.cut(courses.title(course), _TITLE_LETTERS), fontsize=8.5)
    style.clean(axes, across=False)


def _day(course: Course, place: float) -> str:
    known = float(place).is_integer() and 0 <= place < len(course.entries)
    return f"{course.entries[int(place)].began:%Y-%m-%d}" if known else ""
