"""From a run folder to a Report: the one function that wires analysis to words and pictures."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from bench.analysis import intervals
from bench.analysis.caveats import Trouble, stops, troubles
from bench.analysis.claims import judged as judge_claims
from bench.analysis.comparison import reading_order
from bench.analysis.frame import load
from bench.analysis.manifest import Manifest, RunImage, RunIsolation, load_manifest
from bench.analysis.summary import measured
from bench.analysis.sweep import Sweep, sweeps
from bench.report import claimed, sentences, words
from bench.report.content import Report, Section, Table
from bench.report.sections import section


def compose(path: str | Path) -> Report:
    """Read the run folder ``path`` and return everything its report says.

    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    run_dir = Path(path)
    manifest = load_manifest(run_dir)
    frame = load(run_dir)
    samples = measured(frame)
    found = sorted(sweeps(frame, manifest, samples), key=lambda one: _place(one, manifest))
    why = stops(run_dir)
    sections = tuple(_noted(section(sweep, manifest), why.get(sweep.scenario, ())) for sweep in found)
    judged = judge_claims(frame, manifest, samples)
    bad = troubles(run_dir)
    trials = frame.drop_duplicates("trial")["outcome"]
    emulated = _emulated(manifest, found)
    return Report(
        title=f"Isobench report: {manifest.run}",
        host=_host(manifest),
        status=_status(manifest, len(trials), bad),
        incomplete=_incomplete(manifest, len(trials)),
        emulated=emulated,
        summary=_summary(sections, emulated),
        tally=claimed.tally(judged),
        claims=claimed.claimed(judged, manifest),
        sections=sections,
        isolations=_isolations(manifest),
        not_run=_not_run(manifest),
        stopwatches=tuple((_label(name, one.emulated), one.stopwatch) for name, one in _ready(manifest)),
        troubles=bad,
        method=_method(manifest),
        facts=_facts(manifest),
        images=_images(manifest),
        caveats=_caveats(manifest, emulated),
    )


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
    """Sort key of sections: start-up, idle memory, density, what workloads report, what making ready costs.

    Within each as the run lists them.
    """
    order = list(manifest.scenarios)
    scenario = manifest.scenarios.get(sweep.scenario)
    if scenario is None:
        return (5, 0)
    kind = 3 if scenario.metrics else 2 if scenario.density else int(scenario.settle_s is not None)
    kind = 4 if scenario.provision else kind
    return (kind, order.index(sweep.scenario))


def _emulated(manifest: Manifest, found: list[Sweep]) -> tuple[str, ...]:
    shown = {name for name, one in manifest.isolations.items() if one.emulated and one.ready}
    shown.update(name for sweep in found for name in sweep.emulated)
    return tuple(sorted(shown, key=reading_order))


def _host(manifest: Manifest) -> str:
    host = manifest.host
    parts = [
        host.name, f"{host.cpus} x {host.cpu_model}", words.quantity(host.memory_bytes, "B"), host.os,
        f"Linux {host.kernel} ({host.architecture})", f"cgroup {host.cgroup}",
    ]  # fmt: skip
    if host.virtual:
        parts.append(f"this host is itself a virtual machine ({host.virtual})")
    return ", ".join(part for part in parts if part)


def _incomplete(manifest: Manifest, trials: int) -> bool:
    return bool(manifest.interrupted) or manifest.finished_at is None or trials < manifest.planned


def _status(manifest: Manifest, trials: int, bad: tuple[Trouble, ...]) -> str:
    counts = Counter(trouble.outcome for trouble in bad)
    left_out = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    measured = f"{trials} of {manifest.planned} planned trials were run; {trials - len(bad)} ended well"
    measured += f", {left_out} (listed below, in no figure)." if left_out else "."
    if trials == 0:
        measured = f"Nothing was measured: none of {manifest.planned} planned trials was run."
    if manifest.interrupted:
        return f"Interrupted by {manifest.interrupted}: this run is not whole. {measured}"
    if manifest.finished_at is None:
        return f"Not finished: still running, or killed. {measured}"
    return measured


def _summary(sections: tuple[Section, ...], emulated: tuple[str, ...]) -> tuple[str, ...]:
    if len(sections) > 1:
        said = [f"{one.title}: {' '.join(one.summary)}" for one in sections if one.summary]
    else:
        said = [text for one in sections for text in one.summary]
    return (*said, *sentences.emulated(emulated)) if said else ()


def _ready(manifest: Manifest) -> list[tuple[str, RunIsolation]]:
    ready = [(name, one) for name, one in manifest.isolations.items() if one.ready]
    return sorted(ready, key=lambda pair: reading_order(pair[0]))


def _label(name: str, emulated: bool) -> str:
    return f"{name} (emulated)" if emulated else name


def _isolations(manifest: Manifest) -> Table:
    return Table(
        title="Isolations that ran",
        head=("isolation", "what it is", "versions", "kernel"),
        rows=tuple(
            (
                _label(name, one.emulated),
                f"{one.detail}; {words.EMULATED}" if one.emulated else one.detail,
                ", ".join(f"{what} {version}" for what, version in one.versions.items()),
                "its own" if one.own_kernel else "the host's",
            )
            for name, one in _ready(manifest)
        ),
        names=4,
    )


def _not_run(manifest: Manifest) -> Table:
    idle = {name: one for name, one in manifest.isolations.items() if not one.ready}
    return Table(
        title="Isolations that did not run",
        head=("isolation", "reason", "remedy"),
        rows=tuple((name, one.reason or "no reason given", one.remedy or words.NONE) for name, one in idle.items()),
        names=3,
    )


def _images(manifest: Manifest) -> Table:
    return Table(
        title="Images",
        head=("image", "digest", "made of"),
        rows=tuple((name, image.digest, _made_of(image)) for name, image in manifest.images.items()),
        names=2,
    )


def _made_of(image: RunImage) -> str:
    return f"{image.source.reference}, {image.source.digest}" if image.source else f"{image.packages} packages"


def _method(manifest: Manifest) -> tuple[str, ...]:
    rounds = ", ".join(f"{name} {count}" for name, count in manifest.rounds.items()) or "none"
    said = (
        f"Rounds: {rounds}. Every round starts every cell once, as a fresh instance, in a fresh random order "
        f"(seed {manifest.seed}), so that a drifting host troubles all isolations alike "
        "(Abedi & Brecht, ICPE 2017).",
        "Every figure is the median of n trials, one per fresh instance, with its "
        f"{intervals.CONFIDENCE * 100:.0f} % percentile-bootstrap interval ({intervals.RESAMPLES} resamples, "
        "of both sides for ratios; see Georges et al., OOPSLA 2007; Kalibera & Jones, ISMM 2013; "
        f"Maricq et al., OSDI 2018). Fewer than {intervals.MINIMUM} trials give no interval; n stands beside "
        "each figure.",
        "Times are taken on the host when bytes arrive. Trials that failed or were spoiled are in no figure; "
        "they are counted and listed.",
        "A claim is supported when the whole interval of the figure lies within the claimed range, refuted when the "
        "whole interval lies outside, else undecided. Both sides of a ratio are resampled by round. The interval is "
        "one of 95 %; between two bounds it is one of 90 %, the pair of one-sided tests at 5 % (TOST). Few rounds "
        "cover less, and then it says so. Verdicts are not corrected for how many there are: among many, some are "
        "chance.",
        "Memory is shown from several vantages, none of which is the true one. Daemons that serve every "
        "instance are never added to an instance's own processes.",
    )
    return (*said, "This was a quick run: a first look, not a result to publish.") if manifest.quick else said


def _facts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    harness = manifest.harness
    return (
        ("run", manifest.run),
        ("started", manifest.started_at),
        ("finished", manifest.finished_at or "not finished"),
        ("command line", " ".join(manifest.command_line)),
        ("Isobench", manifest.bench_version),
        ("harness", f"Python {harness.python}, host CPU {', '.join(map(str, harness.cpu_set)) or 'any'}"),
        ("seed", str(manifest.seed)),
        ("swap", words.quantity(manifest.host.swap_bytes, "B") if manifest.host.swap_bytes else "none"),
    )


def _caveats(manifest: Manifest, emulated: tuple[str, ...]) -> tuple[str, ...]:
    said = [words.capital(words.sentence(caveat)) for caveat in manifest.host.caveats]
    return (*said, *(f"{name}: {words.EMULATED}." for name in emulated))
