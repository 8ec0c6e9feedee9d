"""A section for every comparison, made of what it measured: its own metrics, idle memory, start-up."""

from __future__ import annotations

import re

from bench.analysis.caveats import caveats
from bench.analysis.comparison import Comparison
from bench.analysis.manifest import Manifest, RunMetric, RunScenario
from bench.report import figures, plots, sentences, words
from bench.report.content import Facet, Picture, Section


def section(comparison: Comparison, manifest: Manifest) -> Section:
    """Return a comparison's section: what answers the scenario's question comes first."""
    scenario = manifest.scenarios.get(comparison.scenario)
    varying = comparison.parameters_text(_varying(scenario))
    anchor = _anchor(f"{comparison.scenario}-{varying}")
    own = [facet for metric in _metrics(comparison, scenario) for facet in _metric(comparison, metric, anchor)]
    idle = _memory(comparison, anchor)
    started = _start_up(comparison, manifest, anchor, briefly=bool(own or idle))
    leading = len(own) + (len(idle) if not own or _settles(scenario) else 0)
    title = scenario.title if scenario else comparison.scenario
    return Section(
        anchor=anchor,
        title=f"{title}: {varying}" if varying else title,
        question=scenario.question if scenario else "",
        facts=_facts(comparison, manifest, scenario),
        claims=tuple((claim.says, claim.source) for claim in scenario.claims) if scenario else (),
        facets=(*own, *idle, *started),
        leading=leading or len(started),
        caveats=caveats(comparison),
    )


def _varying(scenario: RunScenario | None) -> set[str] | None:
    """Return the parameters that tell a scenario's sections apart; None, all of them, where that is not known."""
    if scenario is None:
        return None
    return {name for name, values in scenario.parameters.items() if len(values) > 1}


def _metrics(comparison: Comparison, scenario: RunScenario | None) -> list[RunMetric]:
    declared = list(scenario.metrics) if scenario else []
    return [metric for metric in declared if comparison.findings(metric.name, "workload")]


def _settles(scenario: RunScenario | None) -> bool:
    return scenario is not None and scenario.settle_s is not None


def _metric(comparison: Comparison, metric: RunMetric, anchor: str) -> list[Facet]:
    name = f"{metric.name}.per_cpu_s"
    title = words.capital(words.metric(metric.name))
    per_cpu = figures.table(comparison, name, "workload", f"{title}, per host CPU-second")
    figure = plots.throughput(comparison, metric.name)
    alt = f"{title} of each isolation relative to bare: every trial, median and interval. {_said(comparison)}"
    return [
        Facet(
            table=figures.table(comparison, metric.name, "workload", title),
            sentences=sentences.metric(comparison, metric.name),
            picture=Picture(name=f"{anchor}-{_anchor(metric.name)}", alt=alt, figure=figure) if figure else None,
            details=(per_cpu,) if per_cpu.rows else (),
        )
    ]


def _memory(comparison: Comparison, anchor: str) -> list[Facet]:
    table = figures.table(comparison, "memory.idle.pss", "processes", "Idle memory, PSS of its own processes")
    if not table.rows:
        return []
    figure = plots.memory(comparison)
    added = figures.overhead(comparison, "memory.idle.pss", "processes", "Added to bare, PSS")
    alt = f"Idle memory of each isolation, stacked by role, with other vantages as markers. {_said(comparison)}"
    return [
        Facet(
            table=table,
            sentences=sentences.memory(comparison),
            picture=Picture(name=f"{anchor}-memory", alt=alt, figure=figure) if figure else None,
            details=(*((added,) if added.rows else ()), figures.memory_views(comparison)),
        )
    ]


def _start_up(comparison: Comparison, manifest: Manifest, anchor: str, *, briefly: bool) -> list[Facet]:
    table = figures.table(comparison, "timeline.ready", "host", "Start-up, request to ready")
    if not table.rows:
        return []
    if briefly:
        return [Facet(table=table)]
    figure = plots.start_up(comparison, manifest)
    alt = f"Time until each isolation is ready, and its steps on a scale of its own. {_said(comparison)}"
    return [
        Facet(
            table=table,
            sentences=sentences.start_up(comparison, manifest),
            picture=Picture(name=f"{anchor}-start-up", alt=alt, figure=figure) if figure else None,
            details=(figures.phases(comparison, manifest),),
        )
    ]


def _said(comparison: Comparison) -> str:
    return " ".join(f"{name}: {words.EMULATED}." for name in sorted(comparison.emulated))


def _facts(comparison: Comparison, manifest: Manifest, scenario: RunScenario | None) -> tuple[tuple[str, str], ...]:
    if scenario is None:
        return ()
    envelope = scenario.envelope
    cpus = ", ".join(map(str, envelope.cpu_set)) or "any"
    given = (
        f"{envelope.cpus} CPU (host CPU {cpus}), {words.quantity(envelope.memory_bytes, 'B')} memory, "
        f"{envelope.pids} processes, network {envelope.network}"
    )
    image = manifest.images.get(scenario.image)
    settled = f"{scenario.settle_s:g} s after ready" if scenario.settle_s is not None else "not read"
    return (
        ("scenario", f"{comparison.scenario}, version {scenario.version}"),
        ("command", " ".join(scenario.command)),
        ("parameters", comparison.parameters_text() or "none"),
        ("envelope of every instance", given),
        ("image", f"{scenario.image} {image.digest if image else ''}".strip()),
        ("idle memory", settled),
        ("trials left out", _left_out(comparison)),
    )


def _left_out(comparison: Comparison) -> str:
    cells = comparison.summary.drop_duplicates("isolation")
    said = [
        f"{comparison.name_of(str(row.isolation))}: {row.spoiled} spoiled, {row.failed} failed"
        for row in cells.itertuples()
        if row.spoiled or row.failed
    ]
    return "; ".join(said) or "none"


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
