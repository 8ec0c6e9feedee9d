"""From a run folder to a Report: the one function that wires analysis to words and pictures."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bench.analysis.choosing.criteria import Measured
from bench.analysis.claims.claims import judged as judge_claims
from bench.analysis.data.frame import load
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.data.manifest import load_manifest
from bench.analysis.data.trials import ending
from bench.analysis.figures.glance import at_a_glance
from bench.analysis.figures.summary import beside_figures, of_cells
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.analysis.garbage import left_alone
from bench.analysis.quality import disturbances, warmup
from bench.analysis.quality.caveats import Trouble, doubts, told_endings, unsteady
from bench.analysis.quality.citations import citations
from bench.report.content import Facet, Picture, Report, Section
from bench.report.plots import overview_forest
from bench.report.sections import choosing, company, speed_over_time, surfaces
from bench.report.sections.metrics import is_compared
from bench.report.sections.sections import section
from bench.report.tables import claimed, disturbed, glance, overview, tails
from bench.report.tables.overview import OverviewRow
from bench.report.text import about, answer, facts, method, reproduce, sentences, words
from bench.store.manifest import Manifest


@left_alone()
def compose(path: str | Path) -> Report:
    """Read the run folder ``path`` and return everything its report says.

    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    run_dir = Path(path)
    manifest = load_manifest(run_dir)
    frame = load(run_dir, compact=True)
    journal, cells = told_endings(run_dir, frame), of_cells(frame)
    frame = beside_figures(frame)
    found = sorted(sweeps(frame, manifest, cells, compared=is_compared), key=lambda one: _place(one, manifest))
    bad = journal.troubles
    speeds = warmup.cells(warmup.classify(frame))
    moving, kinds, points = unsteady(speeds), warmup.kinds(speeds), warmup.points(frame)
    sections = tuple(
        _noted(
            _with_speeds(_with_surface(section(sweep, manifest), sweep, manifest, run_dir), sweep, points, kinds),
            (
                *facts.lost(sweep),
                *tails.notes(sweep),
                *journal.stops.get(sweep.scenario, ()),
                *moving.get(sweep.scenario, ()),
            ),
        )
        for sweep in found
    )
    sections = company.added(sections, found, manifest)
    judged = judge_claims(frame, manifest, cells)
    trials = frame.drop_duplicates("trial")["outcome"]
    emulated = _emulated(manifest, found)
    lines = overview.lines(found, manifest)
    measured_run = Measured(sweeps=found, manifest=manifest)
    return Report(
        title=f"Isobench report: {manifest.run}",
        host=about.host(manifest),
        status=_status(manifest, len(trials), bad),
        incomplete=_incomplete(manifest, len(trials)),
        emulated=emulated,
        glance=glance.glance(at_a_glance(found, manifest), manifest),
        answer=(*said, *sentences.emulated(emulated)) if (said := answer.answer(lines, found)) else (),
        overview=_overview(found, manifest, lines),
        summary=_summary(sections, emulated),
        tally=claimed.tally(judged),
        claims=claimed.claimed(judged, manifest),
        sections=sections,
        isolations=about.isolations(manifest),
        engines=about.engines(manifest),
        not_run=about.not_run(manifest),
        stopwatches=about.stopwatches(manifest),
        troubles=(*bad, *doubts(frame)),
        disturbed=disturbed.tables(disturbances.of_frame(frame, manifest), manifest),
        method=(*method.method(manifest), *_calibrated(run_dir, manifest)),
        machine=about.machine(manifest),
        facts=reproduce.facts(manifest),
        images=reproduce.images(manifest),
        reproduce=reproduce.block(manifest),
        caveats=about.caveats(manifest, emulated),
        not_offered=about.left_out(manifest),
        beside=choosing.beside(measured_run),
        weighing=choosing.weighing(measured_run),
    )


def _calibrated(run_dir: Path, manifest: Manifest) -> tuple[str, ...]:
    """Say what the calibration that the run found on its machine is worth for the isolations that ran."""
    return citations(run_dir, [name for name, one in manifest.isolations.items() if one.ready])


def _overview(found: list[Sweep], manifest: Manifest, lines: tuple[OverviewRow, ...]) -> Facet | None:
    """Return every headline figure against bare, as a picture and as the table that says the same."""
    table = overview.table(found, manifest)
    if table is None:
        return None
    draw = overview_forest.draw_later(lines, IsolationFacts.of(manifest))
    alt = (
        "Forest plot: the ratio to bare of every headline figure, a row for each isolation, with its 95 % interval and "
        "what it shows in words. The table below has the same figures."
    )
    emulated = {line.name for line in lines if line.emulated}
    said = " ".join((alt, *words.emulated(sorted(emulated))))
    return Facet(table=table, picture=Picture(name="overview", alt=said, draw=draw) if draw else None)


def _with_speeds(made: Section, sweep: Sweep, points: pd.DataFrame, kinds: warmup.Kinds) -> Section:
    """Return a section with how workloads' speeds went, after what answers its question."""
    found = speed_over_time.facets(sweep, points[points["scenario"] == sweep.scenario], kinds, made.anchor)
    return replace(made, facets=(*made.facets[: made.leading], *found, *made.facets[made.leading :]))


def _with_surface(made: Section, sweep: Sweep, manifest: Manifest, run_dir: Path) -> Section:
    """Return a section that begins with what instances reach, where it asks for that."""
    found = surfaces.facets(sweep, manifest.scenarios.get(sweep.scenario), run_dir)
    return replace(made, facets=(*found, *made.facets), leading=len(found)) if found else made


def _noted(made: Section, notes: tuple[str, ...]) -> Section:
    """Return a section with notes below its first table: what is no figure, and yet belongs to the answer."""
    if not notes or not made.facets:
        return made
    first, *rest = made.facets
    said = tuple(map(words.sentence, notes))
    table = replace(first.table, notes=(*first.table.notes, *said))
    brief = first.brief and replace(first.brief, notes=(*first.brief.notes, *said))
    return replace(made, facets=(replace(first, table=table, brief=brief), *rest))


def _place(sweep: Sweep, manifest: Manifest) -> tuple[int, int]:
    """Sort key of sections: start-up, idle memory, many instances, what workloads report, what making ready costs.

    Within each as the run lists them.
    """
    order = list(manifest.scenarios)
    scenario = manifest.scenarios.get(sweep.scenario)
    if scenario is None:
        return (5, 0)
    kind = 3 if scenario.metrics else 2 if scenario.many else int(scenario.settle_s is not None)
    kind = 4 if scenario.provision or scenario.restore else kind
    return (kind, order.index(sweep.scenario))


def _emulated(manifest: Manifest, found: list[Sweep]) -> tuple[str, ...]:
    shown = {name for name, one in manifest.isolations.items() if one.emulated and one.ready}
    shown.update(name for sweep in found for name in sweep.emulated)
    return tuple(sorted(shown, key=IsolationFacts.of(manifest).reading_order))


def _incomplete(manifest: Manifest, trials: int) -> bool:
    return bool(manifest.interrupted) or manifest.finished_at is None or trials < manifest.planned


def _status(manifest: Manifest, trials: int, bad: tuple[Trouble, ...]) -> str:
    counts = Counter(ending(trouble.outcome) for trouble in bad)
    left_out = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    measured = f"{trials} of {manifest.planned} planned trials were run; {trials - len(bad)} ended well"
    alone = "it is" if len(bad) == 1 else f"these {len(bad)} are"
    measured += f", {left_out}; {alone} in no figure." if left_out else "."
    if trials == 0:
        measured = f"Nothing was measured: none of {manifest.planned} planned trials was run."
    if manifest.interrupted:
        return f"Interrupted by {manifest.interrupted}: this run is not whole. {measured}"
    if manifest.finished_at is None:
        return f"Not finished: still running, or killed. {measured}"
    if trials < manifest.planned and manifest.stopping.reason:
        return f"Ended early, since {manifest.stopping.reason}: this run is not whole. {measured}"
    return measured


def _summary(sections: tuple[Section, ...], emulated: tuple[str, ...]) -> tuple[str, ...]:
    if len(sections) > 1:
        said = [f"{one.title}: {' '.join(one.summary)}" for one in sections if one.summary]
    else:
        said = [text for one in sections for text in one.summary]
    return (*said, *sentences.emulated(emulated)) if said else ()
