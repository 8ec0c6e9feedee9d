"""A run, from the request to the closed journal."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.errors import BenchError, InputError, Interrupted, StoreError, written
from bench.host import patience
from bench.host.cgroup import version as cgroup_version
from bench.host.cpus import harness_cpus, helper_cpus, not_apart, wholly_kept_to
from bench.host.files import require_writable
from bench.host.fingerprint import fingerprint
from bench.host.run_state import alive
from bench.host.signals import Interruptions
from bench.isolations.base import Availability, Isolation
from bench.isolations.probe import answered, check
from bench.isolations.registry import open_isolation
from bench.isolations.remedy import mend, mend_image_tools
from bench.isolations.run_cgroup import standing
from bench.measuring import manifest_entries, provision
from bench.measuring.image_set import Built, build_images
from bench.measuring.plan import cells
from bench.measuring.request import UNREAD, Finished, Listener, Reader, Request, concerns
from bench.measuring.runner import Runner
from bench.measuring.stopping import Schedule
from bench.measuring.support import Offer
from bench.model import Image, Scenario
from bench.store import calibrations
from bench.store import manifest as manifests
from bench.store.journal import Journal, cut_after
from bench.store.stored import StoredEnding
from bench.store.writer import only_writer

_TREES = ["ash", "bay", "elm", "fig", "fir", "gum", "koa", "nut", "oak", "pea", "rue", "sal", "tea", "ulm", "yew"]
"""Short words that make run ids easy to say."""

_MOST_A_TREE = 100
"""How many runs of one minute bear a tree's name, with a number from the second on."""


def execute(
    request: Request, listener: Listener, reader: Reader = UNREAD, interruptions: Interruptions | None = None
) -> Finished:
    """Prepare, plan, measure, keep. Returns also when interrupted, or when the disk refuses a trial.

    ``reader`` says how sure figures are. Who goes on afterwards hands in ``interruptions``, which know of a signal.
    Raises BenchError when nothing can be measured at all: an image that cannot be built, a bad envelope, results
    that cannot be written to from the beginning, a run that cannot be taken up, whose folder then stays as it is.
    Raises Interrupted when a signal comes before the first trial.
    """
    patience.asked()  # at the door: a word that means nothing must not make every isolation unavailable
    with ExitStack() as stack:
        stack.enter_context((interruptions := interruptions or Interruptions()).handled())
        run = stack.enter_context(alive(*new_run_ids(request.results))).name
        stack.enter_context(standing(run))
        if request.resumption is None:  # else who asks for it has written into its folder already
            require_writable(request.results)
        isolations, availabilities = _open(request, run, interruptions, listener)
        stack.enter_context(wholly_kept_to(harness(request.scenarios)))
        built = build_images(request.scenarios, request.recipes, listener.say)
        _check(isolations, availabilities, built.images, listener)
        offer = Offer(isolations, availabilities)
        known = cells(
            request.scenarios,
            request.isolations,
            offered=lambda cell: concerns(request, cell) and offer.accepts(cell),
        )
        for line in (*offer.lines(), *(f"not kept apart: {said}" for said in not_apart(_sizes(request.scenarios)))):
            listener.say(line)
        if not known:
            raise InputError("nothing of this can be run here", remedy="Choose other scenarios or isolations")
        _prepare_provision(request, run, availabilities, built.images, listener)
        with interruptions.deferred():
            before = request.resumption
            kept = before.kept if before else ()
            manifest = manifest_entries.run_entry(request, run, isolations, availabilities, built)
            manifest = manifest_entries.taken_up(before, manifest) if before else manifest
            folder = before.folder if before else _open_folder(request, run, built.images)
            schedule = Schedule(
                known,
                {scenario.name: scenario.rounds for scenario in request.scenarios},
                request.rule,
                seed=request.seed,
                widths=lambda: reader.widths(folder),
                kept=before.trials if before else (),
            )
            manifest = replace(manifest, planned=schedule.sure, not_offered=tuple(offer.left_out))
            if before:
                cut_after(folder, len(kept))
                listener.resumed(len(kept))
            else:
                stack.enter_context(only_writer(folder))
            manifests.write(manifest, folder)
            calibrations.accompany(folder, manifest)
            runner = Runner(isolations, availabilities, built.images, interruptions, request.recipes, request.inject)
            with Journal(folder) as journal:
                reader.loaded()
                listener.opened(folder)
                outcomes, refused = _measure(schedule, runner, built, journal, listener, interruptions, kept)
            manifest = replace(
                manifest,
                planned=max(schedule.given, manifest.planned if request.rule.is_fixed else 0),
                rounds={**manifest.rounds, **schedule.rounds},
                stopping=replace(manifest.stopping, reason=refused.what if refused else schedule.reason),
                interrupted=interruptions.arrived,
                finished_at=_now().isoformat(timespec="seconds"),
            )
            refused = _kept(manifest, folder) or refused
    return Finished(folder=folder, outcomes=outcomes, interrupted=manifest.interrupted, refused=refused)


def new_run_ids(results: Path) -> tuple[str, ...]:
    """Return ids that sort by time and can be said aloud, such as ``20261123-2105-fir``: none is of these results.

    Which one it becomes is decided when the run is registered: no other run of this host has it, nor had.
    """
    stamp = _now().astimezone().strftime("%Y%m%d-%H%M")
    words = random.sample(_TREES, len(_TREES))
    ids = (f"{stamp}-{word}{number or ''}" for number in (0, *range(2, _MOST_A_TREE)) for word in words)
    return tuple(run for run in ids if not os.path.lexists(results / run))


def _measure(
    schedule: Schedule,
    runner: Runner,
    built: Built,
    journal: Journal,
    listener: Listener,
    interruptions: Interruptions,
    kept: Sequence[StoredEnding],
) -> tuple[dict[str, int], StoreError | None]:
    """Measure and keep one round after another until the schedule ends, a signal has come, or the disk refuses.

    Count the outcomes that were kept, of an earlier stretch or now, and tell what the disk has refused.
    """
    outcomes = dict(Counter(one.outcome for one in kept))
    for trials in schedule.turns(listener):
        for trial in (one for one in trials if one.number > len(kept)):
            listener.starting(trial)
            started_at, began_s = _now(), time.monotonic()
            try:
                missing = built.missing(trial)
                measurement, console = (missing, b"") if missing else runner.measure(trial)
            except Interrupted:
                return outcomes, None
            try:
                journal.append(measurement, console, started_at=started_at)
            except StoreError as error:
                return outcomes, error
            schedule.took(trial.cell, time.monotonic() - began_s)
            kind = measurement.outcome.kind.value
            outcomes[kind] = outcomes.get(kind, 0) + 1
            listener.measured(measurement)
            if interruptions.arrived:
                return outcomes, None
    return outcomes, None


def _kept(manifest: manifests.Manifest, folder: Path) -> StoreError | None:
    """Write the manifest for the last time; return why the disk refuses it, when the one from before stays."""
    try:
        manifests.write(manifest, folder)
    except StoreError as error:
        return error
    return None


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
            isolations[name].guest_kernel = request.guest_kernel
            isolations[name].aside = helper_cpus(_sizes(request.scenarios))
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
        f"{host.cpus} x {host.cpu_model}{f' ({host.topology})' if host.topology else ''}",
        f"{host.memory_bytes / (1 << 30):.0f} GiB",
        host.os,
        f"kernel {host.kernel}",
        f"cgroup {host.cgroup}",
    ]
    if host.virtual:
        words.append("this host is itself a virtual machine")
    return ", ".join(words)


def harness(scenarios: Sequence[Scenario]) -> tuple[int, ...]:
    """Return the CPUs that no instance of this run gets, where there are any.

    Raises InputError when the host has fewer than the smallest instance asks for.
    """
    return harness_cpus(_sizes(scenarios))


def _sizes(scenarios: Sequence[Scenario]) -> list[int]:
    return [scenario.envelope.cpus for scenario in scenarios]


def _open_folder(request: Request, run: str, built: Mapping[str, Image]) -> Path:
    folder = request.results / run
    with written(folder):
        (folder / "locks").mkdir(parents=True)
        for image in built.values():
            shutil.copyfile(image.lock, folder / manifest_entries.lock_name(image))
    return folder


def _now() -> datetime:
    return datetime.now(UTC)
