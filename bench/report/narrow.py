"""The facets of a scenario with one set of parameters: one row per isolation, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bench.analysis.comparison import Comparison
from bench.analysis.derive import PER_1000, PER_CPU_S
from bench.analysis.manifest import Manifest, RunMetric, RunScenario
from bench.analysis.sweep import Sweep
from bench.report import figures, grids, ladders, plots, ready, sentences, words
from bench.report.content import Facet, Picture, Table
from bench.report.parts import Parts, beside, is_seen_as_parts, named, other_metrics, own_metrics, slug, with_details


def parts(sweep: Sweep, manifest: Manifest, scenario: RunScenario | None, anchor: str) -> Parts:
    """Return the facets of a sweep that is a single comparison."""
    (comparison,) = sweep.comparisons
    own = tuple(_metric(comparison, metric, anchor) for metric in own_metrics(sweep, scenario))
    own = with_details(own, beside(partial(figures.table, comparison)))
    other = tuple(_other(sweep, *found) for found in other_metrics(sweep, scenario).items())
    memory = tuple(facet for when in figures.WHENS for facet in _memory(comparison, anchor, when))
    ladder = ladders.facet(comparison, manifest, scenario.rungs, anchor) if scenario and scenario.rungs else None
    own = (ladder, *own) if ladder else own
    title = ready.title(manifest, scenario)
    started = tuple(_start_up(comparison, manifest, anchor, title, briefly=bool(own or other or memory)))
    return Parts(own=own, other=other, memory=memory, started=started)


def _metric(comparison: Comparison, metric: RunMetric, anchor: str) -> Facet:
    title = words.capital(words.metric(metric.name))
    figure = plots.throughput(comparison, metric.name)
    alt = f"{title} of each isolation relative to bare: every trial, median and interval. {_said(comparison)}"
    costs = [
        figures.table(comparison, name, "workload", words.capital(words.metric(name)))
        for name in (f"{metric.name}{PER_CPU_S}", f"{metric.name}{PER_1000}")
    ]
    table = figures.table(comparison, metric.name, "workload", title)
    return Facet(
        table=table,
        brief=figures.brief(table),
        sentences=sentences.metric(comparison, metric.name),
        picture=Picture.drawn(name=f"{anchor}-{slug(metric.name)}", alt=alt, figure=figure),
        details=_filled(costs),
    )


def _other(sweep: Sweep, metric: str, vantages: Sequence[str]) -> Facet:
    (comparison,) = sweep.comparisons
    if is_seen_as_parts(vantages):
        return Facet(table=grids.parts(sweep, metric, vantages, named(metric, "host")))
    tables = [figures.table(comparison, metric, vantage, named(metric, vantage)) for vantage in vantages]
    return Facet(table=tables[0], brief=figures.brief(tables[0]), details=tuple(tables[1:]))


def _memory(comparison: Comparison, anchor: str, when: str) -> list[Facet]:
    name, metric = figures.WHENS[when], f"memory.{when}.pss"
    table = figures.table(comparison, metric, "processes", f"{name}, PSS of its own processes")
    if not table.rows:
        return []
    figure = plots.memory(comparison, when)
    added = figures.overhead(comparison, metric, "processes", f"{name} added to bare, PSS")
    views = [figures.memory_views(comparison, when, some) for some in figures.beside_each_other(comparison.isolations)]
    alt = f"{name} of each isolation, stacked by role, with other vantages as markers. {_said(comparison)}"
    return [
        Facet(
            table=table,
            brief=figures.brief(table),
            sentences=sentences.memory(comparison, when),
            picture=Picture.drawn(name=f"{anchor}-memory-{when}", alt=alt, figure=figure),
            details=_filled([added, *views]),
        )
    ]


def _start_up(comparison: Comparison, manifest: Manifest, anchor: str, title: str, *, briefly: bool) -> list[Facet]:
    table = figures.table(comparison, "timeline.ready", "host", title)
    if not table.rows:
        return []
    if briefly:
        return [Facet(table=table, brief=figures.brief(table))]
    figure = plots.start_up(comparison, manifest)
    alt = f"Time until each isolation is ready, and its steps on a scale of its own. {_said(comparison)}"
    return [
        Facet(
            table=table,
            brief=figures.brief(table),
            sentences=sentences.start_up(comparison, manifest),
            picture=Picture.drawn(name=f"{anchor}-start-up", alt=alt, figure=figure),
            details=(figures.phases(comparison, manifest),),
        )
    ]


def _filled(tables: Sequence[Table]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.rows)


def _said(comparison: Comparison) -> str:
    return " ".join(words.emulated(sorted(comparison.emulated)))
