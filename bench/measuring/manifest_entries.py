"""What a run's manifest says of isolations, scenarios, images and the rule by which the run stops."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from bench.host.cgroup import version as cgroup_version
from bench.host.cpus import cpu_count, harness_cpus, not_apart, placements
from bench.host.disturbance.readings import unwatched
from bench.host.fingerprint import fingerprint
from bench.isolations.base import Availability, Isolation
from bench.isolations.envelope import limits_here
from bench.isolations.registry import facts
from bench.measuring.image_set import Built
from bench.measuring.randomization import varied
from bench.measuring.request import Request, Resumption
from bench.measuring.stopping import Rule
from bench.model import FIXED_CONFIDENCE, SEQUENTIAL_CONFIDENCE, Facts, Image, Scenario
from bench.model.version import __version__
from bench.store.manifest import (
    Harness,
    Manifest,
    Resumed,
    RunImage,
    RunIsolation,
    RunMetric,
    RunScenario,
    RunSource,
    Stopping,
)


def stopping_entry(rule: Rule) -> Stopping:
    """Describe when the run was to stop, and how confident its intervals are to be."""
    return Stopping(**asdict(rule), confidence=FIXED_CONFIDENCE if rule.is_fixed else SEQUENTIAL_CONFIDENCE)


def isolation_entry(isolation: Isolation | None, availability: Availability, facts: Facts) -> RunIsolation:
    """Describe an isolation: whether it ran, in which versions, what its stopwatch covers, what its row says of it.

    ``isolation`` is None where not even its library could be loaded.
    """
    fault = availability.fault
    return RunIsolation(
        ready=availability.ready,
        detail=availability.detail,
        reason=fault.reason if fault else None,
        remedy=fault.remedy if fault else None,
        virtualization=availability.virtualization,
        versions=dict(availability.versions),
        engine=dict(availability.engine),
        own_kernel=availability.own_kernel,
        stopwatch=isolation.stopwatch if isolation else "",
        phases=tuple(isolation.phases) if isolation else (),
        facts=facts,
    )


def scenario_entry(scenario: Scenario, cpu_set: Sequence[int], *, command: Sequence[str] | None = None) -> RunScenario:
    """Describe a scenario as it was run; ``command`` is what its image makes of the scenario's own."""
    return RunScenario(
        title=scenario.title,
        question=scenario.question,
        version=scenario.version,
        image=image_label(scenario),
        command=tuple(scenario.command if command is None else command),
        parameters=dict(scenario.parameters),
        arms=scenario.arms,
        steps=dict(scenario.steps),
        rounds=scenario.rounds,
        envelope=replace(scenario.envelope, cpu_set=tuple(cpu_set)),
        limits=limits_here(),
        storage=scenario.storage,
        client=scenario.client,
        ready=scenario.ready,
        answer=scenario.answer.says if scenario.answer else "",
        settle_s=scenario.settle_s,
        idle_s=scenario.idle_s,
        neighbour=scenario.neighbour,
        density=scenario.density,
        burst=scenario.burst,
        rate=scenario.rate,
        entering=scenario.entering,
        rungs=scenario.rungs,
        provision=scenario.provision,
        restore=scenario.restore,
        surface=scenario.surface,
        outgrows_memory=scenario.outgrows_memory,
        metrics=tuple(RunMetric(name=one.name, unit=one.unit, better=one.better) for one in scenario.metrics),
        claims=scenario.claims,
    )


def image_label(scenario: Scenario) -> str:
    """Name what a scenario runs on: its recipe, and that it adds files of its own, which makes another image."""
    return f"{scenario.image} with the files of {scenario.name}" if scenario.files else scenario.image


def lock_name(image: Image) -> str:
    """Return where an image's lock is kept inside a run's folder."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", image.name)  # an imported image is called by its reference
    return f"locks/{name}-{image.digest.removeprefix('sha256:')[:12]}.json"


def image_entry(image: Image) -> RunImage:
    """Describe an image by its content, as its lock tells it."""
    locked = json.loads(image.lock.read_text())
    imported = locked.get("imported")
    return RunImage(
        digest=image.digest,
        suite=image.suite,
        packages=len(locked["packages"]),
        lock=lock_name(image),
        source=RunSource(reference=imported["reference"], digest=imported["digest"]) if imported else None,
    )


def taken_up(before: Resumption, now: Manifest) -> Manifest:
    """Return the manifest of a run that goes on: what it was, and that it was taken up, with what was accepted then.

    ``now`` is what it would be if it began now. Raises InputError where that is too far from what it was.
    """
    then = before.manifest
    earlier = [one for one in then.resumed if one.after < len(before.kept)]
    barren = next((one for one in then.resumed if one not in earlier), None)  # taken up before, and nothing measured
    last = before.kept[-1].started_at if before.kept else then.started_at
    gap = datetime.fromisoformat(now.started_at) - datetime.fromisoformat(last)
    resumed = Resumed(
        at=now.started_at,
        after=len(before.kept),
        gap_s=max(0.0, gap.total_seconds()),
        ended_by=barren.ended_by if barren else _ended_by(then),
        differences=before.accept(now),
    )
    return replace(
        then,
        rounds=now.rounds,
        resumed=(*earlier, resumed),
        finished_at=None,
        interrupted=None,
        stopping=replace(then.stopping, reason=""),
    )


def _ended_by(then: Manifest) -> str:
    return then.interrupted or ("a disk that refused a trial" if then.finished_at else "")


def run_entry(
    request: Request,
    run: str,
    isolations: Mapping[str, Isolation],
    availabilities: Mapping[str, Availability],
    built: Built,
) -> Manifest:
    """Describe a run that begins now, but for how many trials it plans and which cells are not offered."""
    sizes = [scenario.envelope.cpus for scenario in request.scenarios]
    return Manifest(
        run=run,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command_line=tuple(request.command_line),
        bench_version=__version__,
        seed=request.seed,
        quick=request.quick,
        rounds={scenario.name: request.rule.rounds or scenario.rounds for scenario in request.scenarios},
        stopping=stopping_entry(request.rule),
        host=fingerprint(cgroup=cgroup_version()),
        harness=Harness(
            cpu_set=harness_cpus(sizes),
            python=platform.python_version(),
            not_apart=not_apart(sizes),
            unwatched=unwatched(),
            varied=varied(max(len(_choices(scenario)) for scenario in request.scenarios)),
        ),
        isolations={
            name: isolation_entry(isolations.get(name), availabilities[name], facts(name))
            for name in request.isolations
        },
        scenarios={
            scenario.name: scenario_entry(
                scenario,
                _pool(scenario),
                command=built.command(scenario),
            )
            for scenario in request.scenarios
        },
        images={
            image_label(scenario): image_entry(built.images[scenario.name])
            for scenario in request.scenarios
            if scenario.name in built.images
        },
        asked=request.asked,
    )


def _pool(scenario: Scenario) -> list[int]:
    """Every CPU that an instance of this scenario may get; each gets ``envelope.cpus`` of them."""
    return sorted({cpu for choice in _choices(scenario) for cpu in choice})


def _choices(scenario: Scenario) -> tuple[tuple[int, ...], ...]:
    return placements(min(scenario.envelope.cpus, cpu_count()))
