"""The facets of a scenario, of one setting or of many: tables of figures, and what is said and drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.data.derive import OWN, PER_1000, PER_CPU_S
from bench.analysis.data.losses import GROWTH, LOSS
from bench.analysis.figures.headlines import READY
from bench.analysis.figures.sweep import Sweep
from bench.report.content import Facet, Picture, Table
from bench.report.sections import ladders, showing
from bench.report.sections.metrics import BESIDE, is_seen_as_parts, named, other_metrics, own_metrics, slug
from bench.report.sections.showing import Showing, Shown
from bench.report.tables import figures, grids, memory, tails
from bench.report.text import ready, words
from bench.store.manifest import Manifest, RunScenario


def made(sweep: Sweep, manifest: Manifest, scenario: RunScenario | None, anchor: str) -> tuple[tuple[Facet, ...], int]:
    """Return the facets of a sweep in reading order, and how many of them answer the scenario's question.

    What the workload reports comes first, then what else was measured, memory, start-up. One setting has its launch
    ladder before them, where it was climbed.
    """
    build = _Builder(sweep=sweep, show=showing.of(sweep, manifest), anchor=anchor)
    metrics = [metric.name for metric in own_metrics(sweep, scenario)]
    own = _known([build.own(name, BESIDE if name == metrics[0] else ()) for name in metrics])
    if scenario and scenario.rungs and len(sweep.comparisons) == 1:
        own = (*_known([ladders.facet(sweep.comparisons[0], manifest, scenario.rungs, anchor)]), *own)
    found = other_metrics(sweep, scenario)
    if lost := [name for name in found if name.endswith((LOSS, GROWTH))]:  # then that is what the scenario asks
        own = (*_known([build.other(name, found.pop(name)) for name in lost]), *own)
    other = _known([build.other(*one) for one in found.items()])
    held = _known([build.memory(when) for when in figures.WHENS])
    start = _known([build.start_up(manifest, ready.title(manifest, scenario), is_asked=not (own or other or held))])
    first = len(own) or len(other)
    settles = scenario is not None and scenario.settle_s is not None  # then it asks for idle memory too
    leading = first + (len(held) if settles or not first else 0)
    return (*own, *other, *held, *start), leading or len(start)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Builder:
    """Makes facets of a sweep's figures; each is None where there is no figure."""

    sweep: Sweep
    show: Showing
    anchor: str

    def own(self, metric: str, more: Sequence[tuple[str, str, str]]) -> Facet | None:
        """Return what the workload reports, what it cost, and ``more``: metric, vantage and title of each table."""
        title = words.capital(words.metric(metric))
        costs = [f"{metric}{end}" for end in (PER_CPU_S, PER_1000)]
        details = [grids.grid(self.sweep, name, "workload", words.capital(words.metric(name))) for name in costs]
        every = grids.every_figure(self.sweep, metric, "workload", title)
        beside = [grids.grid(self.sweep, *one) for one in more]
        shown = self.show.metric(metric, "workload", title, is_own=True)
        return self._facet((metric, "workload", title), slug(metric), shown, [*details, every, *beside])

    def other(self, metric: str, vantages: Sequence[str]) -> Facet | None:
        """Return a metric that is nobody's own, from every vantage."""
        if is_seen_as_parts(vantages):
            return Facet(table=grids.by_part(self.sweep, metric, vantages, named(metric, "host")))
        first, *rest = ((metric, vantage, named(metric, vantage)) for vantage in vantages)
        details = [*(grids.grid(self.sweep, *one) for one in rest), grids.every_figure(self.sweep, *first)]
        return self._facet(first, slug(metric), self.show.metric(*first, is_own=False), details)

    def memory(self, when: str) -> Facet | None:
        """Return the memory that was held at ``when`` of ``figures.WHENS``."""
        name, metric = figures.WHENS[when], f"memory.{when}.pss"
        views = [memory.views(self.sweep, when, some) for some in figures.beside_each_other(self.sweep.isolations)]
        figure = (metric, OWN, f"{name}, PSS of its own processes")
        return self._facet(figure, f"memory-{when}", self.show.memory(when), views)

    def start_up(self, manifest: Manifest, title: str, *, is_asked: bool) -> Facet | None:
        """Return the time until ready; ``is_asked`` where nothing else answers the scenario's question."""
        shown = self.show.start_up(is_asked=is_asked)
        steps = [grids.phases(self.sweep, manifest)] if shown.alt else []
        return self._facet((*READY, title), "start-up", shown, steps)

    def _facet(
        self, figure: tuple[str, str, str], name: str, shown: Shown, details: Sequence[Table | None] = ()
    ) -> Facet | None:
        table = grids.grid(self.sweep, *figure)
        if table is None or not table.rows:
            return None
        high = tails.percentiles(self.sweep, *figure)
        given = (table if shown.instead else None, *shown.details, high, *details)
        alt = " ".join((shown.alt, *words.emulated(sorted(self.sweep.emulated))))
        return Facet(
            table=shown.instead or table,
            brief=grids.brief(self.sweep, *figure),
            sentences=shown.sentences,
            picture=Picture(name=f"{self.anchor}-{name}", alt=alt, draw=shown.draw) if shown.draw else None,
            details=tuple(one for one in given if one is not None and one.rows),
        )


def _known(facets: Sequence[Facet | None]) -> tuple[Facet, ...]:
    return tuple(facet for facet in facets if facet is not None)
