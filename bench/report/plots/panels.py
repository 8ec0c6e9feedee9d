"""The pictures of a sweep: small multiples over its settings. Nothing here touches pyplot's state.

In a notebook::

    run = bench.Run("results/20261123-2105-fir")
    run.plot.throughput("mysql", "transactions_per_s")
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import partial
from itertools import groupby

from matplotlib.figure import Figure

from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.sweep import Sweep, label
from bench.report.plots import bars, drawing, forest, lines, style
from bench.report.tables import figures
from bench.report.text import words

MOST_BARS = 24
"""Bars that are read on one page; ``memory`` draws no more of them, or two settings."""

_Bars = tuple[Comparison, list[tuple[str, str]]]
"""A setting, and the bars it has: isolation, shared daemon's vantage or nothing."""

ENOUGH_FOR_A_LINE = 3
"""Fewest values of a number that make a curve; two are a comparison."""


def metric_later(sweep: Sweep, metric: str, vantage: str = "workload", title: str | None = None) -> drawing.Draw | None:
    """Return what draws one metric at every setting; None where there is nothing to compare, or nothing but noughts.

    Over a number of at least three values: one panel for each combination of the other parameters, one line per
    isolation, below it the ratio to bare. Else: one row per setting and isolation, as ratios to bare where there
    is one. Whiskers are 95 % intervals.
    """
    rows = [row for row in sweep.rows(metric, vantage) if row.findings(metric, vantage)]
    if len(rows) < 2 or not any(one.median for row in rows for one in row.findings(metric, vantage)):
        return None
    return partial(_metric, sweep, rows, metric, vantage, title)


def _metric(sweep: Sweep, rows: Sequence[Comparison], metric: str, vantage: str, title: str | None) -> Figure:
    axis = _axis(sweep, rows)
    better = rows[0].findings(metric, vantage)[0].better
    title = f"{title or words.capital(words.metric(metric))}, {better} is better"
    shown = sweep.shown(metric, vantage)
    with style.settings():
        if axis is None:
            return forest.figure(sweep, _grouped(sweep, rows), metric, vantage, shown, title)
        others = [name for name in sweep.varying(rows) if name != axis]
        panels = [(label(row[0].values_of, others), row) for row in _by(rows, others)]
        wide = len({str(row.values_of.get(others[-1])) for row in rows}) if len(others) > 1 else 2
        return lines.figure(sweep, panels, metric, vantage, shown, axis, title, columns=min(wide, 3))


def memory_later(sweep: Sweep, when: str) -> drawing.Draw | None:
    """Return what draws PSS (``when`` idle, or at load) stacked by role, one panel per setting on one scale.

    Of more settings than fit on a page, some are drawn from the first to the last, and it is said above them.
    None when no memory was read then.
    """
    held = [(row, bars.memory_rows(row, when)) for row in sweep.comparisons]
    every = [(row, rows) for row, rows in held if rows]
    return partial(_memory, sweep, every, when) if every else None


metric, memory = drawing.at_once(metric_later), drawing.at_once(memory_later)


def _memory(sweep: Sweep, every: Sequence[_Bars], when: str) -> Figure:
    names = sweep.varying([row for row, _ in every])
    found = _fitting(every)
    with style.settings():
        drawn = style.figure(sum(0.6 * len(rows) + 0.5 for _, rows in found) + 1.0)
        panels = drawn.subplots(
            len(found), 1, sharex=True, squeeze=False, height_ratios=[len(rows) + 0.4 for _, rows in found]
        )[:, 0]
        for axes, (row, rows) in zip(panels, found, strict=True):
            bars.stacks(axes, row, rows, when)
            axes.set_title(style.cut(label(row.values_of, names)))
            drawing.remark(axes, _note(sweep, row, {isolation for isolation, _ in rows}))
        if len(found) < len(every):
            said = f"{len(found)} of {len(every)} settings: the table has them all"
            drawn.suptitle(said, x=0.99, ha="right", fontsize=8.5, color=style.FAINT)
        bars.leave_room(panels[0])
        panels[-1].set_xlabel(f"{figures.WHENS[when].lower()}, PSS by role, MiB (medians)")
        handles, labels = panels[0].get_legend_handles_labels()
        if labels:
            drawn.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return drawn


def _fitting(held: Sequence[_Bars]) -> Sequence[_Bars]:
    """Return the settings whose bars fit on a page: all, or some at equal distances from the first to the last."""
    most = max(2, MOST_BARS // max(len(rows) for _, rows in held))
    if len(held) <= most:
        return held
    return [held[round(turn * (len(held) - 1) / (most - 1))] for turn in range(most)]


def _note(sweep: Sweep, row: Comparison, drawn: Set[str]) -> str:
    """Say which of the drawn isolations are emulated, and why others are missing."""
    said = [drawing.emulated([name for name in sweep.isolations if name in drawn & row.emulated])]
    missing = [(name, sweep.gap(row, name)) for name in sweep.isolations if name not in drawn]
    said += [f"{sweep.name_of(name)}: {reason}" for name, reason in missing if reason]
    return "; ".join(filter(None, said))


def _axis(sweep: Sweep, rows: Sequence[Comparison]) -> str | None:
    """Return the number that lines are drawn over: a step's before a cell's, the one with most values first."""
    found = []
    for name in sweep.varying(rows):
        values = {row.values_of.get(name) for row in rows}
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(values) == len(numbers) >= ENOUGH_FOR_A_LINE:
            found.append((name in sweep.steps, len(values), name))
    return max(found)[2] if found else None


def _grouped(sweep: Sweep, rows: Sequence[Comparison]) -> list[tuple[str, list[tuple[str, Comparison]]]]:
    """Return panels of named rows: one panel per value of the first parameter where there are several parameters."""
    names = sweep.varying(rows)
    if len(names) < 2:
        return [("", [(label(row.values_of, names), row) for row in rows])]
    return [
        (label(panel[0].values_of, names[:1]), [(label(row.values_of, names[1:]), row) for row in panel])
        for panel in _by(rows, names[:1])
    ]


def _by(rows: Sequence[Comparison], names: Sequence[str]) -> list[list[Comparison]]:
    """Return the rows in groups that agree in these parameters, in order."""

    def values(row: Comparison) -> list[str]:
        return [str(row.values_of.get(name)) for name in names]

    order = {tuple(values(row)): place for place, row in reversed(list(enumerate(rows)))}
    placed = sorted(rows, key=lambda row: order[tuple(values(row))])
    return [list(group) for _, group in groupby(placed, key=values)]
