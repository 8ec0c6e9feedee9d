"""Tables of figures from a sweep: one row per set of parameters, the isolations side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence, Set

from bench.analysis.comparison import Comparison, Finding
from bench.analysis.derive import OWN, SHARED
from bench.analysis.summary import BASELINE
from bench.analysis.sweep import Sweep, label
from bench.report import bars, figures, standing, words
from bench.report.content import Table, Valued

_MOST_IN_TERMINAL = 4
"""How many isolations beside bare fit into 80 columns."""

_ACCOUNTS = (
    ("cgroup", "cgroup", "control group"),
    ("available_change", "host", "fall of MemAvailable"),
    ("residual", "host", "residual: fall - PSS"),
)


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
            *standing.over_settings(sweep, rows, metric, vantage),
            *notes(sweep, isolations),
        ),
        grouped=len(names) > 1,
    )


def brief(sweep: Sweep, metric: str, vantage: str, title: str) -> Table | None:
    """Return the same as ``grid`` in the width of a terminal: bare's median, the others' ratios to it.

    Where settings have several parameters, the first has a column of its own, and the table is grouped by it.
    """
    rows = sweep.rows(metric, vantage)
    isolations = columns(sweep, rows, metric, vantage)
    if len(rows) <= 1 or not any(_compares(one) for row in rows for one in row.findings(metric, vantage)):
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
                cell(sweep, row, BASELINE, row.finding(BASELINE, metric, vantage), _median),
                *(cell(sweep, row, name, row.finding(name, metric, vantage), _ratio) for name in others),
            )
            for row in rows
        ),
        names=len(first),
        notes=(*standing.over_settings(sweep, rows, metric, vantage), *notes(sweep, isolations)),
        grouped=len(first) > 1,
    )


def _below_each_other(sweep: Sweep, metric: str, vantage: str, title: str) -> Table:
    """Return one metric with a row for each setting and isolation, for as many isolations as there may be."""
    rows = sweep.rows(metric, vantage)
    isolations = columns(sweep, rows, metric, vantage)
    names = sweep.varying(rows)
    shown = []
    for row in rows:
        for isolation in isolations:
            found, gap = row.finding(isolation, metric, vantage), sweep.gap(row, isolation)
            figures_ = (
                (*figures.cells(found), figures.count(found))
                if found
                else (gap, *[words.NONE] * (len(figures.FULL_HEAD) - 1))
            )
            if found or gap:
                shown.append((label(row.values_of, names), row.name_of(isolation), *figures_))
    ranked = standing.is_ranked([one for row in rows for one in row.findings(metric, vantage)])
    whole = Table(
        title=f"{title}, {_better(rows, metric, vantage)} is better",
        head=("setting", "isolation", *figures.FULL_HEAD),
        rows=tuple(shown),
        names=2,
        notes=(*standing.over_settings(sweep, rows, metric, vantage), *notes(sweep, isolations)),
        grouped=True,
    )
    return figures.without(whole, [] if ranked else [figures.RANK])


def parts(sweep: Sweep, metric: str, vantages: Sequence[str], title: str) -> Table:
    """Return a metric whose vantages are parts or forms of what was seen: a row for each, the isolations beside."""
    rows = [one for one in sweep.comparisons if one.vantages(metric)]
    names = sweep.varying(rows)
    isolations = [name for name in sweep.isolations if any(name in sweep.shown(metric, seen) for seen in vantages)]
    shown = [(row, seen) for row in rows for seen in vantages if row.findings(metric, seen)]
    return Table(
        title=f"{title}, {_better(rows, metric, shown[0][1])} is better",
        head=(*names, "of which", *(sweep.name_of(name) for name in isolations)),
        rows=tuple(
            (
                *_values(row, names),
                words.vantage(seen),
                *(cell(sweep, row, name, row.finding(name, metric, seen), _median_interval) for name in isolations),
            )
            for row, seen in shown
        ),
        names=len(names) + 1,
        notes=("Medians; beside them their 95 % interval, where it is more than a point.", *notes(sweep, isolations)),
        grouped=len(names) > 0,
    )


def every_figure(sweep: Sweep, metric: str, vantage: str, title: str) -> Table | None:
    """Return every median and ratio with its interval and n: a row per setting and isolation."""
    rows = sweep.rows(metric, vantage)
    names = sweep.varying(rows)
    found = [(row, one) for row in rows for one in row.findings(metric, vantage)]
    if len(rows) <= 1 or not found:
        return None
    return Table(
        title=f"{title}: every figure with its interval",
        head=(*names, "isolation", *figures.FULL_HEAD),
        rows=tuple(
            (*_values(row, names), row.name_of(one.isolation), *figures.cells(one), figures.count(one))
            for row, one in found
        ),
        names=len(names) + 1,
        notes=notes(sweep, {one.isolation for _, one in found}),
        grouped=len(names) > 0,
    )


def stacked(sweep: Sweep, title: str, tables: Iterable[tuple[Comparison, Table]]) -> Table | None:
    """Return tables of single comparisons under one head, each row with the parameters it belongs to."""
    found = [(row, table) for row, table in tables if table.rows]
    if not found:
        return None
    names = sweep.varying([row for row, _ in found])
    first = found[0][1]
    return Table(
        title=title,
        head=(*names, *first.head),
        rows=tuple((*_values(row, names), *cells) for row, table in found for cells in table.rows),
        names=len(names) + first.names,
        notes=tuple(dict.fromkeys(note for _, table in found for note in table.notes)),
        grouped=len(names) > 0,
    )


def by_role(sweep: Sweep, when: str, title: str) -> Table | None:
    """Return PSS role by role, its sum, the other accounts beside it, and the residual; a row per isolation."""
    metric = f"memory.{when}.pss"
    rows = [one for one in sweep.comparisons if one.findings(metric, OWN)]
    if not rows:
        return None
    names, roles = sweep.varying(rows), [one for one in sweep.vantages(metric) if ":" in one]
    own = sorted((role for role in roles if not role.startswith(SHARED)), key=bars.place)
    shared = sorted(role for role in roles if role.startswith(SHARED))
    seen = [(metric, role, words.vantage(role)) for role in own]
    seen += [(metric, OWN, "sum of PSS"), *((metric, role, words.vantage(role)) for role in shared)]
    seen += [(f"memory.{when}.{view}", vantage, name) for view, vantage, name in _ACCOUNTS]
    cells = [
        (*_values(row, names), row.name_of(one.isolation), *(_amount(row, one.isolation, *of) for of in seen))
        for row in rows
        for one in row.findings(metric, OWN)
    ]
    return Table(
        title=f"{title}, lower is better",
        head=(*names, "isolation", *(name for _, _, name in seen)),
        rows=tuple(cells),
        names=len(names) + 1,
        notes=(f"Medians of n = {_span(rows, metric, OWN)} trials.", *notes(sweep, sweep.shown(metric, OWN))),
        grouped=len(names) > 0,
    )


def _amount(row: Comparison, isolation: str, metric: str, vantage: str, _name: str) -> str:
    found = row.finding(isolation, metric, vantage)
    return _median(found) if found else words.NONE


def views(sweep: Sweep, title: str, tables: Iterable[tuple[Comparison, Table]]) -> Table | None:
    """Return tables whose columns are isolations under one head: an isolation that one of them lacks is a dash."""
    found = [(row, table) for row, table in tables if table.rows]
    head = [sweep.name_of(name) for name in sweep.isolations if any(sweep.name_of(name) in t.head for _, t in found)]
    widened = [
        (
            row,
            Table(
                title=table.title,
                head=(table.head[0], *head),
                rows=tuple((cells[0], *_under(head, table, cells)) for cells in table.rows),
                notes=table.notes,
            ),
        )
        for row, table in found
    ]
    return stacked(sweep, title, widened)


def _under(head: Sequence[str], table: Table, cells: Sequence[str]) -> Iterable[str]:
    known = dict(zip(table.head, cells, strict=True))
    return (known.get(name, words.NONE) for name in head)


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


def notes(sweep: Sweep, shown: Iterable[str]) -> tuple[str, ...]:
    """Return the note that every table with an emulated isolation carries."""
    wanted = set(shown) & sweep.emulated
    return words.emulated([name for name in sweep.isolations if name in wanted])


def _cells(
    sweep: Sweep, row: Comparison, isolations: Sequence[str], metric: str, vantage: str, compared: Set[str]
) -> Iterable[str]:
    for isolation in isolations:
        found = row.finding(isolation, metric, vantage)
        yield cell(sweep, row, isolation, found, _median if compared else _median_interval)
        if isolation in compared:
            yield cell(sweep, row, isolation, found, _ratio) if found else ""


def _values(row: Comparison, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row.values_of.get(name, words.NONE)) for name in names)


def _median(found: Finding) -> str:
    return Valued(words.quantity(found.median, found.unit), found.median)


def _median_interval(found: Finding) -> str:
    if not found.has_interval or found.low == found.high:
        return _median(found)
    return Valued(f"{_median(found)} ({words.interval(found.low, found.high, found.unit, found.median)})", found.median)


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
    said = f"Medians of n = {_span(rows, metric, vantage)} trials"
    return f"{said}; beside them {'the ratio to bare with its' if compared else 'their'} 95 % interval."


def _span(rows: Sequence[Comparison], metric: str, vantage: str) -> str:
    counts = sorted({one.n for row in rows for one in row.findings(metric, vantage)})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
