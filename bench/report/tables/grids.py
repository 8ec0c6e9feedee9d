"""Tables of figures from a sweep: one row per set of parameters, the isolations side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence, Set

from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.summary import BASELINE
from bench.analysis.figures.sweep import Sweep, label
from bench.report.content import Table, Valued
from bench.report.tables import figures
from bench.report.text import effect, words
from bench.store.manifest import Manifest

_MOST_IN_TERMINAL = 4
"""How many isolations beside bare fit into 80 columns."""


def grid(sweep: Sweep, metric: str, vantage: str, title: str) -> Table | None:
    """Return one metric at every setting: medians, and ratios to bare with their interval; None for no figure."""
    rows = sweep.rows(metric, vantage)
    if len(rows) <= 1:
        return figures.table(rows[0], metric, vantage, title) if rows else None
    names, isolations = sweep.varying(rows), columns(sweep, rows, metric, vantage)
    if len(isolations) > figures.MOST_BESIDE:
        return _below_each_other(sweep, metric, vantage, title)
    compared = {one.isolation for row in rows for one in row.findings(metric, vantage) if _compares(one)}
    head: list[str] = [*names]
    for isolation in isolations:
        head += [sweep.name_of(isolation), *([against(sweep, isolation)] if isolation in compared else [])]
    return Table(
        title=f"{title}, {_better(rows, metric, vantage)} is better",
        head=tuple(head),
        rows=tuple((*_values(row, names), *_cells(sweep, row, isolations, metric, vantage, compared)) for row in rows),
        names=len(names),
        notes=(
            _counts(rows, metric, vantage, compared=bool(compared)),
            *effect.over_settings(sweep, rows, metric, vantage),
            *figures.notes(sweep, isolations),
        ),
        grouped=len(names) > 1,
    )


def brief(sweep: Sweep, metric: str, vantage: str, title: str) -> Table | None:
    """Return the same as ``grid`` in the width of a terminal: bare's median, the others' ratios to it.

    Where settings have several parameters, the first has a column of its own, and the table is grouped by it.
    """
    rows = sweep.rows(metric, vantage)
    if len(rows) == 1:
        return figures.brief(figures.table(rows[0], metric, vantage, title))
    isolations = columns(sweep, rows, metric, vantage)
    if not any(_compares(one) for row in rows for one in row.findings(metric, vantage)):
        return None
    if len(isolations) > _MOST_IN_TERMINAL:
        shown = _below_each_other(sweep, metric, vantage, title)
        return figures.narrowed(shown, [figures.FULL_HEAD[-1]])
    names = sweep.varying(rows)
    others = [name for name in isolations if name != BASELINE]
    first = [names[:1], names[1:]] if len(names) > 1 else [names]
    return Table(
        title=f"{title}, {_better(rows, metric, vantage)} is better",
        head=(*(", ".join(some) for some in first), BASELINE, *(against(sweep, name) for name in others)),
        rows=tuple(
            (
                *(label(row.values_of, some) for some in first),
                cell(sweep, row, BASELINE, row.finding(BASELINE, metric, vantage), median),
                *(cell(sweep, row, name, row.finding(name, metric, vantage), _ratio) for name in others),
            )
            for row in rows
        ),
        names=len(first),
        notes=(*effect.over_settings(sweep, rows, metric, vantage), *figures.notes(sweep, isolations)),
        grouped=len(first) > 1,
    )


def _below_each_other(sweep: Sweep, metric: str, vantage: str, title: str) -> Table:
    """Return one metric with a row for each setting and isolation, for as many isolations as there may be."""
    rows = sweep.rows(metric, vantage)
    isolations = columns(sweep, rows, metric, vantage)
    names = sweep.varying(rows)
    shown = []
    for row in rows:
        for name in isolations:
            found, gap = row.finding(name, metric, vantage), sweep.gap(row, name)
            cells = (*figures.cells(found), figures.count(found)) if found else figures.missing(gap)
            shown += [(label(row.values_of, names), row.name_of(name), *cells)] if found or gap else []
    ranked = effect.is_ranked([one for row in rows for one in row.findings(metric, vantage)])
    whole = Table(
        title=f"{title}, {_better(rows, metric, vantage)} is better",
        head=("setting", "isolation", *figures.FULL_HEAD),
        rows=tuple(shown),
        names=2,
        notes=(*effect.over_settings(sweep, rows, metric, vantage), *figures.notes(sweep, isolations)),
        grouped=True,
    )
    return figures.without(whole, [] if ranked else [figures.RANK])


def by_part(sweep: Sweep, metric: str, vantages: Sequence[str], title: str) -> Table:
    """Return a metric whose vantages are parts or forms of what was seen: a row for each, the isolations beside."""
    rows = [one for one in sweep.comparisons if one.vantages(metric)]
    isolations = [name for name in sweep.isolations if any(name in sweep.shown(metric, seen) for seen in vantages)]
    shown = [(row, seen) for row in rows for seen in vantages if row.findings(metric, seen)]
    cells = [(row, (words.vantage(seen), *_cells(sweep, row, isolations, metric, seen, set()))) for row, seen in shown]
    title, head = (
        f"{title}, {_better(rows, metric, shown[0][1])} is better",
        ("of which", *map(sweep.name_of, isolations)),
    )
    said = "Medians; beside them their 95 % interval, where it is more than a point."
    return by_setting(sweep, rows, cells, title, head, isolations, said)


def every_figure(sweep: Sweep, metric: str, vantage: str, title: str) -> Table | None:
    """Return every median and ratio with its interval and n: a row per setting and isolation."""
    rows = sweep.rows(metric, vantage)
    found = [(row, one) for row in rows for one in row.findings(metric, vantage)]
    if len(rows) <= 1:
        return None
    cells = [(row, (row.name_of(one.isolation), *figures.cells(one), figures.count(one))) for row, one in found]
    title, head = f"{title}: every figure with its interval", ("isolation", *figures.FULL_HEAD)
    return by_setting(sweep, rows, cells, title, head, [one.isolation for _, one in found])


def phases(sweep: Sweep, manifest: Manifest) -> Table:
    """Return every step up to readiness of every isolation at every setting, then the teardown."""
    marked = [one for one in sweep.comparisons if one.findings("timeline.ready", "host")]
    cells = []
    for row in marked:
        for isolation in row.isolations:
            marks = [name for name, _, _ in row.start_up_phases(isolation)]
            steps = [(f"phase.{mark}", f"until {manifest.phase_label(isolation, mark)}") for mark in marks]
            for metric, text in [*steps, ("teardown", "teardown, until verified gone")]:
                if found := row.finding(isolation, metric, "host"):
                    shown = (*figures.cells(found)[:2], figures.count(found))
                    cells.append((row, (row.name_of(isolation), text, *shown)))
    head = ("isolation", "step", "median", "95 % interval", "n")
    return by_setting(sweep, marked, cells, "Steps of the start, and the teardown", head, sweep.isolations, names=2)


def by_setting(
    sweep: Sweep,
    rows: Sequence[Comparison],
    cells: Iterable[tuple[Comparison, tuple[str, ...]]],
    title: str,
    head: tuple[str, ...],
    shown: Iterable[str],
    *said: str,
    names: int = 1,
) -> Table:
    """Return a table of cells, each row begun with what tells its setting from the other ``rows``.

    ``shown``: the isolations that are in it. ``names``: how many columns of the cells are no figures.
    """
    varying = sweep.varying(rows)
    return Table(
        title=title,
        head=(*varying, *head),
        rows=tuple((*_values(row, varying), *some) for row, some in cells),
        names=len(varying) + names,
        notes=(*said, *figures.notes(sweep, shown)),
        grouped=bool(varying),
    )


def columns(sweep: Sweep, rows: Sequence[Comparison], metric: str, vantage: str) -> tuple[str, ...]:
    """Return the isolations a table shows: those with a figure, and those that lost theirs somewhere."""
    shown = sweep.shown(metric, vantage)
    none = ("", "not offered", "did not run")
    lost = {name for row in rows for name in sweep.isolations if sweep.gap(row, name) not in none}
    return tuple(name for name in sweep.isolations if name in shown or name in lost)


def against(sweep: Sweep, isolation: str) -> str:
    """Return the head of a column of ratios to bare."""
    return f"{sweep.name_of(isolation)} / {BASELINE}"


def cell(sweep: Sweep, row: Comparison, isolation: str, found: Finding | None, show: Callable[[Finding], str]) -> str:
    """Return a figure as ``show`` says it, or why there is none."""
    return show(found) if found else sweep.gap(row, isolation) or words.NONE


def _cells(
    sweep: Sweep, row: Comparison, isolations: Sequence[str], metric: str, vantage: str, compared: Set[str]
) -> Iterable[str]:
    for isolation in isolations:
        found = row.finding(isolation, metric, vantage)
        yield cell(sweep, row, isolation, found, median if compared else _median_interval)
        if isolation in compared:
            yield cell(sweep, row, isolation, found, _ratio) if found else ""


def _values(row: Comparison, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row.values_of.get(name, words.NONE)) for name in names)


def median(found: Finding) -> str:
    return Valued(words.quantity(found.median, found.unit), found.median)


def _median_interval(found: Finding) -> str:
    if not found.has_interval or found.low == found.high:
        return median(found)
    return Valued(f"{median(found)} ({words.interval(found.low, found.high, found.unit, found.median)})", found.median)


def _ratio(found: Finding) -> str:
    if found.isolation == BASELINE or not math.isfinite(found.ratio):
        return words.NONE
    text = f"{words.number(found.ratio)}x {words.times_interval(found.ratio_low, found.ratio_high)}".rstrip()
    return Valued(text, found.ratio)


def _better(rows: Sequence[Comparison], metric: str, vantage: str) -> str:
    return next(one.better for row in rows for one in row.findings(metric, vantage))


def _compares(one: Finding) -> bool:
    return one.isolation != BASELINE and math.isfinite(one.ratio)


def _counts(rows: Sequence[Comparison], metric: str, vantage: str, *, compared: bool) -> str:
    said = f"Medians of n = {span(rows, metric, vantage)} trials"
    return f"{said}; beside them {'the ratio to bare with its' if compared else 'their'} 95 % interval."


def span(rows: Sequence[Comparison], metric: str, vantage: str) -> str:
    counts = sorted({one.n for row in rows for one in row.findings(metric, vantage)})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
