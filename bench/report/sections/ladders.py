"""The launch ladder in words, as a table, and as a waterfall: each bar begins where the rung below it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.ladder import Step, is_machines, shares, steps, tops, unsure
from bench.model import Part, Rung
from bench.report.content import Facet, Picture, Table
from bench.report.plots import style
from bench.report.plots.drawing import beside, emulated, name_rows, remark
from bench.report.text import words
from bench.store.manifest import Manifest

_ROW_INCHES = 0.46
_COLOURS: dict[Part, str] = {
    "kernel": "#0072B2",
    "runtime": "#56B4E9",
    "daemon": "#E69F00",
    "client": "#CC79A7",
    "machine": "#009E73",
}
"""Whose work a bar is; the legend says it, and the row's text too."""


def facet(comparison: Comparison, manifest: Manifest, rungs: Sequence[Rung], anchor: str) -> Facet | None:
    """Return the ladder's facet; None where no rung was measured."""
    found = steps(comparison, rungs)
    if not found:
        return None
    alt = "Time to the first line through each rung of the launch ladder; each bar begins where the rung below it ends."
    notes = (*_stopwatches(found, manifest), *_not_measured(found, rungs, manifest))
    return Facet(
        table=_table(found, notes),
        brief=_brief(found, notes),
        sentences=tuple(_sentence(top, found) for top in tops(found) if len(shares(top, found)) > 1),
        picture=Picture(name=f"{anchor}-ladder", alt=alt, draw=partial(draw, found)),
    )


def draw(found: Sequence[Step]) -> Figure:
    """Draw the rungs: those without a machine on one scale, those with one on another."""
    groups = [[step for step in found if is_machines(step, found) is machines] for machines in (False, True)]
    groups = [group for group in groups if group]
    with style.settings():
        rows = [len(group) + 0.8 for group in groups]
        figure = style.figure(_ROW_INCHES * sum(rows) + 1.0)
        panels = figure.subplots(len(groups), 1, height_ratios=rows, squeeze=False)[:, 0]
        for axes, group in zip(panels, groups, strict=True):
            machines = is_machines(group[0], found)
            _waterfall(axes, group, "Machines, until the first line" if machines else "Until the first line")
        scales = "; each panel on its own scale" if len(groups) > 1 else ""
        panels[-1].set_xlabel(f"medians; a whisker is the 95 % interval of what a rung adds{scales}")
        parts = list(dict.fromkeys(step.rung.part for step in found))
        patches = [Patch(facecolor=_COLOURS[part], label=part) for part in parts]
        figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), frameon=False)
    return figure


def _waterfall(axes: Axes, group: Sequence[Step], title: str) -> None:
    longest = max(max(_reach(step)) for step in group)
    divisor, unit = words.scale(longest, "s")
    for row, step in enumerate(group):
        begins, ends = sorted((step.begins / divisor, step.time.value / divisor))
        axes.barh(
            row,
            ends - begins,
            left=begins,
            height=0.62,
            color=_COLOURS[step.rung.part],
            hatch="////" if step.emulated else "",
            edgecolor=style.PAPER,
            linewidth=0,
        )
        if begins > 0:
            axes.plot([0, begins], [row, row], color=style.GRID, linewidth=1)
        low, high = (end / divisor for end in _reach(step))
        axes.plot([low, high], [row, row], color=style.INK, linewidth=1.2, marker="|", markersize=6)
        beside(axes, max(ends, high), row, f"{_added(step)}  {words.listed(step.parts)}")
    name_rows(axes, [_name(step) for step in group])
    axes.set_xlim(0, longest / divisor * 1.3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} {unit}"))
    axes.set_title(title)
    remark(axes, emulated([step.rung.isolation for step in group if step.emulated]))
    style.clean(axes)


def _reach(step: Step) -> tuple[float, float]:
    """Return where a rung ends by the ends of the interval of what it adds; where there is none, where it ends."""
    ends = [step.begins + end for end in (step.added.low, step.added.high) if math.isfinite(end)]
    return (min(ends), max(ends)) if ends else (step.time.value, step.time.value)


def _table(found: Sequence[Step], notes: tuple[str, ...]) -> Table:
    return Table(
        title="Time to the first line, and what each rung adds",
        head=("rung", "stands on", "what it adds", "first line", "95 % interval", "it adds", "95 % interval", "n"),
        names=3,
        rows=tuple(
            (_name(step), step.below or words.NONE, _work(step), *_times(step), str(step.time.n)) for step in found
        ),
        notes=notes,
    )


def _brief(found: Sequence[Step], notes: tuple[str, ...]) -> Table:
    return Table(
        title="Time to the first line, and what each rung adds",
        head=("rung", "stands on", "first line", "it adds", "95 % interval", "n"),
        names=2,
        rows=tuple(
            (_name(step), step.below or words.NONE, _times(step)[0], *_times(step)[2:], str(step.time.n))
            for step in found
        ),
        notes=notes,
    )


def _times(step: Step) -> tuple[str, str, str, str]:
    time, added = step.time, step.added
    return (
        words.quantity(time.value, "s"),
        words.interval(time.low, time.high, "s", time.value),
        _added(step),
        words.interval(added.low, added.high, "s", added.value),
    )


def _work(step: Step) -> str:
    """Return what a rung adds, with what it passes over, and whose work that is, in one column of the page."""
    return f"{'; '.join(rung.adds for rung in (*step.passed, step.rung))} ({words.listed(step.parts)})"


def _added(step: Step) -> str:
    return words.signed(step.added.value, "s") if step.below else words.quantity(step.added.value, "s")


def _name(step: Step) -> str:
    return f"{step.rung.isolation} (emulated)" if step.emulated else step.rung.isolation


def _sentence(top: Step, found: Sequence[Step]) -> str:
    parts, doubtful = shares(top, found), unsure(top, found)
    said = [
        f"{words.quantity(seconds, 's')} ({_percent(seconds / top.time.value)}) are {_whose(names)}"
        f"{', or none at all (its interval reaches nought)' if names in doubtful else ''}"
        for names, seconds in parts.items()
        if seconds > 0
    ]
    least = [
        f"; what the {words.listed(names)} adds is lost in the noise"
        for names, seconds in parts.items()
        if seconds <= 0
    ]
    total = words.quantity(top.time.value, "s")
    return f"Of the {total} to the first line of {_name(top)}, {words.listed(said)}{''.join(least)}."


def _whose(names: Sequence[Part]) -> str:
    together = " together" if len(names) > 1 else ""
    return words.listed([f"the {name}'s" for name in names]) + together


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else "under 1 %"


def _stopwatches(found: Sequence[Step], manifest: Manifest) -> tuple[str, ...]:
    known = {name: one.stopwatch for name, one in manifest.isolations.items()}
    said = [(step.rung.isolation, known.get(step.rung.isolation, "")) for step in found]
    return tuple(words.sentence(f"{name}: {stopwatch}") for name, stopwatch in said if stopwatch)


def _not_measured(found: Sequence[Step], rungs: Sequence[Rung], manifest: Manifest) -> tuple[str, ...]:
    measured = {step.rung.isolation for step in found}
    lacking = [rung.isolation for rung in rungs if rung.isolation not in measured]
    said = []
    for name in lacking:
        if known := manifest.isolations.get(name):
            said.append(words.sentence(f"{name} was not measured: {known.reason or 'no trial of it ended well'}"))
    unasked = [name for name in lacking if name not in manifest.isolations]
    return (*said, f"Not asked for: {', '.join(unasked)}.") if unasked else tuple(said)
