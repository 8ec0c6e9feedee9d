"""A run, from the request to the closed journal."""

from __future__ import annotations

import os
import platform
import random
import re
import shutil
import time
from collections.abc import Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from bench import __version__, provision
from bench.building import Built, build
from bench.errors import BenchError, InputError, Interrupted
from bench.host import fingerprint
from bench.isolations import open_isolation
from bench.isolations.base import Availability, Isolation
from bench.isolations.cgroup import version as cgroup_version
from bench.isolations.probe import answered, check
from bench.isolations.remedy import Consents, mend, mend_image_tools
from bench.isolations.standing import standing
from bench.model import Cell, Image, Measurement, Recipe, Scenario, Trial
from bench.observation import Inject
from bench.offer import Offer
from bench.placement import cpu_count, harness_cpus, kept_to, placements
from bench.plan import cells
from bench.runner import Runner
from bench.sentinels.readings import unwatched
from bench.signals import Interruptions
from bench.state import alive, registered_runs
from bench.stopping import Look, Rule, Schedule, Width
from bench.store import calibrations
from bench.store import manifest as manifests
from bench.store.journal import Journal
from bench.variation import varied
from bench.writing import require_writable, written

_TREES = ["ash", "bay", "elm", "fig", "fir", "gum", "koa", "nut", "oak", "pea", "rue", "sal", "tea", "ulm", "yew"]
"""Short words that make run ids easy to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    scenarios: Sequence[Scenario]
    recipes: Mapping[str, Recipe]
    """Image recipes by the name scenarios give them."""
    isolations: Sequence[str]
    results: Path
    seed: int
    rule: Rule = field(default_factory=Rule)
    """When to stop; one that says nothing leaves it to each scenario's own number of rounds."""
    quick: bool
    beside: Set[str] = frozenset()
    """Isolations that are there for scenarios with rungs alone."""
    consents: Consents | None = None
    """Asked before a remedy is applied, which is before isolations are tried; None: none is applied."""
    command_line: Sequence[str]
    inject: Inject | None = None
    """A truth that the host imposes on every instance, for a calibration; None: nothing."""


class Listener(Protocol):
    """Hears how a run goes on; the core itself prints nothing."""

    def say(self, line: str) -> None:
        """Something is being prepared, or needs the user's attention."""

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        """The host is known, and which isolations really run on it."""

    def planned(self, trials: Sequence[Trial]) -> None:
        """These trials, in this order, are what is known to be run; called again when there are more."""

    def starting(self, trial: Trial) -> None:
        """A trial is about to start."""

    def measured(self, measurement: Measurement) -> None:
        """A trial has ended and is in the journal."""

    def looked(self, look: Look) -> None:
        """How sure the figures are by now, where the rule asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run's folder, and how it went."""

    folder: Path
    outcomes: Mapping[str, int]
    interrupted: str | None


class Reader(Protocol):
    """Reads a run's data in a process of its own while the run goes on."""

    def loaded(self) -> None:
        """Return when it has loaded all that it needs, and does not load beside a trial."""

    def widths(self, folder: Path) -> Sequence[Width]:
        """Return how sure the figures in a run's folder are."""


class Unread:
    """Nobody reads: enough for a rule that does not look."""

    def loaded(self) -> None:
        """Return at once."""

    def widths(self, _folder: Path) -> Sequence[Width]:
        """Say nothing of how sure figures are."""
        return ()


UNREAD = Unread()


def execute(request: Request, listener: Listener, reader: Reader = UNREAD) -> Finished:
    """Prepare, plan, measure, keep. Returns also when interrupted; what was measured is kept then.

    ``reader`` says how sure figures are, for a rule that looks at them.
    Raises BenchError when nothing can be measured at all: an image that cannot be built, a bad envelope, results
    that cannot be written. Raises Interrupted when a signal comes before the first trial.
    """
    run = new_run_id(request.results)
    interruptions = Interruptions()
    with ExitStack() as stack:
        stack.enter_context(interruptions.handled())
        stack.enter_context(alive(run))
        stack.enter_context(standing(run))
        require_writable(request.results)
        isolations, availabilities = _open(request, run, interruptions, listener)
        stack.enter_context(kept_to(harness(request.scenarios)))
        built = build(request.scenarios, request.recipes, listener.say)
        _check(isolations, availabilities, built.images, listener)
        offer = Offer(isolations, availabilities)
        known = cells(
            request.scenarios,
            request.isolations,
            offered=lambda cell: concerns(request, cell) and offer.accepts(cell),
        )
        for line in offer.lines():
            listener.say(line)
        if not known:
            raise InputError("nothing of this can be run here", remedy="Choose other scenarios or isolations")
        _prepare_provision(request, run, availabilities, built.images, listener)
        with interruptions.deferred():
            folder = _open_folder(request, run, built.images)
            schedule = Schedule(
                known,
                {scenario.name: scenario.rounds for scenario in request.scenarios},
                request.rule,
                seed=request.seed,
                widths=lambda: reader.widths(folder),
            )
            manifest = _manifest(request, run, isolations, availabilities, built)
            manifest.planned = schedule.sure
            manifest.not_offered = offer.left_out
            manifests.write(manifest, folder)
            calibrations.accompany(folder)
            runner = Runner(isolations, availabilities, built.images, interruptions, request.recipes, request.inject)
            with Journal(folder) as journal:
                reader.loaded()
                outcomes = _measure(schedule, runner, built, journal, listener, interruptions)
            manifest.planned = max(schedule.given, manifest.planned if request.rule.is_fixed else 0)
            manifest.rounds = {**manifest.rounds, **schedule.rounds}
            manifest.stopping["reason"] = schedule.reason
            manifest.interrupted = interruptions.arrived
            manifest.finished_at = _now().isoformat(timespec="seconds")
            manifests.write(manifest, folder)
    return Finished(folder=folder, outcomes=outcomes, interrupted=manifest.interrupted)


def new_run_id(results: Path) -> str:
    """Return an id that sorts by time and can be said aloud, such as ``20261123-2105-fir``.

    No other run on this host has it, nor one of these results: scratch space and labels bear the id alone.
    """
    stamp = _now().astimezone().strftime("%Y%m%d-%H%M")
    taken = {*registered_runs(), *(folder.name for folder in results.glob(f"{stamp}-*"))}
    words = [word for word in _TREES if f"{stamp}-{word}" not in taken]
    return f"{stamp}-{random.choice(words or [str(os.getpid())])}"


def concerns(request: Request, cell: Cell) -> bool:
    """Whether a scenario is about an isolation at all: one with rungs about those alone, the others about the rest."""
    rungs = {rung.isolation for rung in cell.scenario.rungs}
    return cell.isolation in rungs if rungs else cell.isolation not in request.beside


def _measure(
    schedule: Schedule,
    runner: Runner,
    built: Built,
    journal: Journal,
    listener: Listener,
    interruptions: Interruptions,
) -> dict[str, int]:
    """Measure and keep one round after another until the schedule ends or a signal has come; count the outcomes."""
    outcomes: dict[str, int] = {}
    for trials in schedule.turns(listener):
        for trial in trials:
            listener.starting(trial)
            started_at, began_s = _now(), time.monotonic()
            try:
                missing = built.missing(trial)
                measurement, console = (missing, b"") if missing else runner.measure(trial)
            except Interrupted:
                return outcomes
            journal.append(measurement, console, started_at=started_at)
            schedule.took(trial.cell, time.monotonic() - began_s)
            kind = measurement.outcome.kind.value
            outcomes[kind] = outcomes.get(kind, 0) + 1
            listener.measured(measurement)
            if interruptions.arrived:
                return outcomes
    return outcomes


def _open(
    request: Request, run: str, interruptions: Interruptions, listener: Listener
) -> tuple[dict[str, Isolation], dict[str, Availability]]:
    """Open every isolation and, if asked to, mend it; what cannot be opened is an availability already.

    Before the harness is placed: an engine that is started here must not inherit the harness's few CPUs.
    """
    isolations: dict[str, Isolation] = {}
    availabilities: dict[str, Availability] = {}
    if request.consents:
        mend_image_tools(listener.say, request.consents)
    for name in request.isolations:
        with answered(name, availabilities):
            isolations[name] = open_isolation(name, run)
            isolations[name].guard = interruptions.held
            if request.consents:
                mend(isolations[name], listener.say, request.consents)
    return isolations, availabilities


def _check(
    isolations: Mapping[str, Isolation],
    availabilities: dict[str, Availability],
    built: Mapping[str, Image],
    listener: Listener,
) -> None:
    """Start every isolation once for real, and prepare the other images for those that work.

    An image that one of them cannot take costs the trials on it, which fail, and not the isolation's others.
    """
    distinct = list({image.digest: image for image in built.values()}.values())
    for name in [name for name in isolations if name not in availabilities]:
        with answered(name, availabilities):
            availabilities[name] = check(isolations[name], distinct[0], listener.say)
            for image in distinct[1:] if availabilities[name].ready else []:
                try:
                    isolations[name].prepare(image, listener.say)
                except BenchError as error:
                    listener.say(f"{name}: image {image.name!r} cannot be made ready, its trials will fail: {error}")
    listener.checked(describe_host(), list(availabilities.values()))


def _prepare_provision(
    request: Request,
    run: str,
    availabilities: Mapping[str, Availability],
    built: Mapping[str, Image],
    listener: Listener,
) -> None:
    """Make what makings are compared with, before any is timed."""
    ready = [name for name, availability in availabilities.items() if availability.ready]
    for scenario in request.scenarios:
        if scenario.provision and scenario.name in built:
            recipe, image = request.recipes[scenario.image], built[scenario.name]
            provision.prepare(scenario, recipe, image, run=run, ready=ready, say=listener.say)


def describe_host() -> str:
    """Return this host in one line."""
    host = fingerprint(cgroup=cgroup_version())
    words = [
        f"{host.cpus} x {host.cpu_model}",
        f"{host.memory_bytes / (1 << 30):.0f} GiB",
        host.os,
        f"kernel {host.kernel}",
        f"cgroup {host.cgroup}",
    ]
    if host.virtual:
        words.append("this host is itself a virtual machine")
    return ", ".join(words)


def harness(scenarios: Sequence[Scenario]) -> tuple[int, ...]:
    """Return the CPUs that the smallest instances of this run leave free, where there are any.

    An instance that takes every CPU shares these with the harness; the others are not disturbed for its sake.
    Raises InputError when the host has fewer than an instance asks for.
    """
    return harness_cpus(min(scenario.envelope.cpus for scenario in scenarios))


def _open_folder(request: Request, run: str, built: Mapping[str, Image]) -> Path:
    folder = request.results / run
    with written(folder):
        (folder / "locks").mkdir(parents=True)
        for image in built.values():
            shutil.copyfile(image.lock, folder / _lock_name(image))
    return folder


def _lock_name(image: Image) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", image.name)  # an imported image is called by its reference
    return f"locks/{name}-{image.digest.removeprefix('sha256:')[:12]}.json"


def _manifest(
    request: Request,
    run: str,
    isolations: Mapping[str, Isolation],
    availabilities: Mapping[str, Availability],
    built: Built,
) -> manifests.Manifest:
    return manifests.Manifest(
        run=run,
        started_at=_now().isoformat(timespec="seconds"),
        command_line=list(request.command_line),
        bench_version=__version__,
        seed=request.seed,
        quick=request.quick,
        rounds={scenario.name: request.rule.rounds or scenario.rounds for scenario in request.scenarios},
        stopping=manifests.stopping_entry(request.rule),
        host=fingerprint(cgroup=cgroup_version()),
        harness={
            "cpu_set": list(harness(request.scenarios)),
            "python": platform.python_version(),
            "unwatched": unwatched(),
            "varied": varied(max(len(_choices(scenario)) for scenario in request.scenarios)),
        },
        isolations={
            name: manifests.isolation_entry(isolations.get(name), availabilities[name]) for name in request.isolations
        },
        scenarios={
            scenario.name: manifests.scenario_entry(
                scenario,
                _pool(scenario),
                command=built.command(scenario),
            )
            for scenario in request.scenarios
        },
        images={
            manifests.image_label(scenario): manifests.image_entry(
                built.images[scenario.name], _lock_name(built.images[scenario.name])
            )
            for scenario in request.scenarios
            if scenario.name in built.images
        },
    )


def _pool(scenario: Scenario) -> list[int]:
    """Every CPU that an instance of this scenario may get; each gets ``envelope.cpus`` of them that are neighbours."""
    return sorted({cpu for choice in _choices(scenario) for cpu in choice})


def _choices(scenario: Scenario) -> tuple[tuple[int, ...], ...]:
    return placements(min(scenario.envelope.cpus, cpu_count()))


def _now() -> datetime:
    return datetime.now(UTC)
