"""The facets of a scenario with several settings: tables of all of them, small multiples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.figure import Figure

from bench.analysis.derive import PER_1000, PER_CPU_S
from bench.analysis.manifest import Manifest, RunScenario
from bench.analysis.sweep import Sweep
from bench.report import figures, grids, panels, ready, sentences, words
from bench.report.content import Facet, Picture, Table
from bench.report.parts import Parts, beside, is_seen_as_parts, named, other_metrics, own_metrics, slug, with_details

_WHISKERS = "Whiskers are 95 % intervals."


def parts(sweep: Sweep, manifest: Manifest, scenario: RunScenario | None, anchor: str) -> Parts:
    """Return the facets of a sweep over several settings."""
    own = _known([_metric(sweep, metric.name, anchor) for metric in own_metrics(sweep, scenario)])
    own = with_details(own, beside(partial(grids.grid, sweep)))
    other = [_other(sweep, *found, anchor) for found in other_metrics(sweep, scenario).items()]
    memory = [_memory(sweep, anchor, when) for when in figures.WHENS]
    started = [_start_up(sweep, manifest, anchor, ready.title(manifest, scenario))]
    return Parts(own=own, other=_known(other), memory=_known(memory), started=_known(started))


def _metric(sweep: Sweep, metric: str, anchor: str) -> Facet | None:
    title = words.capital(words.metric(metric))
    costs = [f"{metric}{end}" for end in (PER_CPU_S, PER_1000)]
    details = [grids.grid(sweep, name, "workload", words.capital(words.metric(name))) for name in costs]
    return _figures(sweep, metric, "workload", title, anchor, details)


def _other(sweep: Sweep, metric: str, vantages: Sequence[str], anchor: str) -> Facet | None:
    if is_seen_as_parts(vantages):
        return Facet(table=grids.parts(sweep, metric, vantages, named(metric, "host")))
    details = [grids.grid(sweep, metric, vantage, named(metric, vantage)) for vantage in vantages[1:]]
    return _figures(sweep, metric, vantages[0], named(metric, vantages[0]), anchor, details)


def _figures(
    sweep: Sweep, metric: str, vantage: str, title: str, anchor: str, details: Sequence[Table | None]
) -> Facet | None:
    table = grids.grid(sweep, metric, vantage, title)
    if table is None:
        return None
    draw = panels.metric_later(sweep, metric, vantage, title)
    alt = f"{title} of each isolation at every setting, and its ratio to bare. {_WHISKERS}"
    return Facet(
        table=table,
        brief=grids.brief(sweep, metric, vantage, title),
        sentences=sentences.over_settings(sweep, metric, vantage, words.metric(metric)),
        picture=_picture(sweep, f"{anchor}-{slug(metric)}", alt, draw),
        details=_given([*details, grids.every_figure(sweep, metric, vantage, title)]),
    )


def _memory(sweep: Sweep, anchor: str, when: str) -> Facet | None:
    name, metric = figures.WHENS[when], f"memory.{when}.pss"
    table = grids.by_role(sweep, when, f"{name} by role")
    if table is None:
        return None
    seen = [one for one in sweep.comparisons if one.vantages(metric)]
    views = [
        grids.views(
            sweep,
            f"{name} from every vantage (medians)",
            [
                (one, figures.memory_views(one, when, [known for known in some if known in one.isolations]))
                for one in seen
            ],
        )
        for some in figures.beside_each_other(sweep.isolations)
    ]
    draw = panels.memory_later(sweep, when)
    alt = f"{name} of each isolation, setting by setting, stacked by role, with other vantages as markers."
    return Facet(
        table=table,
        brief=grids.brief(sweep, metric, "processes", f"{name}, PSS of its own processes"),
        sentences=sentences.memory_over_settings(sweep, when),
        picture=_picture(sweep, f"{anchor}-memory-{when}", alt, draw),
        details=_given(
            [
                grids.grid(sweep, metric, "processes", f"{name}, PSS of its own processes"),
                *views,
            ]
        ),
    )


def _start_up(sweep: Sweep, manifest: Manifest, anchor: str, title: str) -> Facet | None:
    table = grids.grid(sweep, "timeline.ready", "host", title)
    if table is None:
        return None
    marked = [one for one in sweep.comparisons if one.findings("timeline.ready", "host")]
    phases = [(one, figures.phases(one, manifest)) for one in marked]
    alt = f"Time until each isolation is ready, at every setting. {_WHISKERS}"
    draw = panels.metric_later(sweep, "timeline.ready", "host", "Start-up, request to ready")
    return Facet(
        table=table,
        brief=grids.brief(sweep, "timeline.ready", "host", title),
        sentences=sentences.over_settings(sweep, "timeline.ready", "host", "time until ready"),
        picture=_picture(sweep, f"{anchor}-start-up", alt, draw),
        details=_given([grids.stacked(sweep, "Steps of the start, and the teardown", phases)]),
    )


def _picture(sweep: Sweep, name: str, alt: str, draw: Callable[[], Figure] | None) -> Picture | None:
    said = " ".join(words.emulated(sorted(sweep.emulated)))
    return Picture(name=name, alt=f"{alt} {said}".rstrip(), draw=draw) if draw else None


def _known(facets: Sequence[Facet | None]) -> tuple[Facet, ...]:
    return tuple(facet for facet in facets if facet is not None)


def _given(tables: Sequence[Table | None]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table is not None and table.rows)
