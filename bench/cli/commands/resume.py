"""``bench resume``: take up a run that was killed, interrupted, or refused by the disk, where it stopped."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from bench.analysis.data.manifest import load_manifest
from bench.analysis.two_runs.environment import of_content, of_hosts, of_runs
from bench.cli.commands.run import measure
from bench.cli.own import AdhocOptions
from bench.cli.terminal import Terminal
from bench.cli.wanted import wanted
from bench.errors import InputError, ResultsError
from bench.host.cgroup import version as cgroup_version
from bench.host.fingerprint import fingerprint
from bench.images.boot.guest_kernel import given
from bench.measuring.request import Request, Resumption
from bench.measuring.stopping import Rule
from bench.model import Scenario
from bench.scenario import load_recipes, load_selected
from bench.store.layout import JOURNAL, MANIFEST
from bench.store.manifest import Difference, Manifest
from bench.store.named import find_run
from bench.store.stored import StoredEnding, read_endings
from bench.store.writer import only_writer

_EDITED = "Was it edited by hand? Measure again"


def resume(run: str, results: Path, *, anyway: bool, reports: bool = True, verbose: bool = False) -> None:
    """Measure what a run still lacks, show the report, exit with what the whole run came to.

    Raises InputError where the run cannot be taken up here and now: another process measures into it, it does not tell
    what it was asked for, or, unless ``anyway``, something has changed that its figures may hang on.
    """
    folder = find_run(run, results)
    with only_writer(folder):
        then = load_manifest(folder)
        kept = _kept(folder, then)
        if then.finished_at and not then.interrupted and len(kept) >= then.planned:
            report = shlex.join(["python", "-m", "bench", "report", str(folder)])
            Terminal().print(f"{folder} is whole: all {len(kept)} trials are there. {report}", soft_wrap=True)
            return
        measure(_request(folder, then, kept, anyway=anyway), reports=reports, verbose=verbose)


def _kept(folder: Path, then: Manifest) -> list[StoredEnding]:
    """Return the trials of the journal; raises ResultsError for one that is not as a run leaves it."""
    file = folder / JOURNAL
    kept = list(read_endings(folder)) if file.exists() else []
    _require_time(str(folder / MANIFEST), then.started_at)
    for number, one in enumerate(kept, start=1):
        _require_time(f"{file}, trial {number}", one.started_at)
        if one.number != number:
            raise ResultsError(f"{file}: number = {one.number}: trial {number} is expected", remedy=_EDITED)
    return kept


def _require_time(where: str, text: str) -> None:
    with suppress(ValueError):
        if datetime.fromisoformat(text).tzinfo is not None:
            return
    raise ResultsError(f"{where}: started_at = {text!r}: a time with its offset is expected", remedy=_EDITED)


def _request(folder: Path, then: Manifest, kept: Sequence[StoredEnding], *, anyway: bool) -> Request:
    """Return what the run was asked for, so that it goes on."""
    asked = then.asked
    if asked is None:
        raise InputError(
            f"{folder / MANIFEST}: asked = null: this run does not tell all that it was asked for, and neither do runs "
            "of an older Isobench, calibrations and published copies",
            remedy=f"Measure again; --seed {then.seed} gives the same order",
        )
    own = AdhocOptions.of(asked.own).scenario([], quick=then.quick) if asked.own else None
    extra = Path(asked.scenarios_folder) if asked.scenarios_folder else None
    scenarios = [own] if own else load_selected(list(then.scenarios), extra, quick=then.quick)
    if not anyway:
        _refuse(folder, _before_all(then, scenarios))

    def accept(now: Manifest) -> tuple[Difference, ...]:
        found = tuple(_changed(then, now))
        if not anyway:
            _refuse(folder, found)
        return found

    return Request(
        scenarios=scenarios,
        recipes=load_recipes(scenarios, extra),
        isolations=wanted(",".join(then.isolations)),
        beside=frozenset(asked.beside),
        results=folder.parent,
        seed=then.seed,
        rule=_rule(then, kept),
        quick=then.quick,
        guest_kernel=given(Path(asked.kernel)) if asked.kernel else None,
        command_line=then.command_line,
        asked=asked,
        resumption=Resumption(folder=folder, manifest=then, kept=kept, accept=accept),
    )


def _rule(then: Manifest, kept: Sequence[StoredEnding]) -> Rule:
    """Return when the run is to stop: what earlier stretches took, by the starts of their trials, is spent."""
    stopping = then.stopping
    starts = [datetime.fromisoformat(one.started_at) for one in kept]
    pauses = {one.after for one in then.resumed}
    within = [later - earlier for number, (earlier, later) in enumerate(pairwise(starts), 1) if number not in pauses]
    spent_s = sum(within, timedelta()).total_seconds()
    budget_s = None if stopping.budget_s is None else stopping.budget_s - spent_s
    return Rule(rounds=stopping.rounds, precision=stopping.precision, budget_s=budget_s)


def _before_all(then: Manifest, scenarios: Iterable[Scenario]) -> Iterator[Difference]:
    """Yield what has changed as far as it can be told before anything is built or started."""
    yield from of_hosts(then.host, fingerprint(cgroup=cgroup_version()))
    for one in scenarios:
        before = then.scenarios[one.name].version
        if before != one.version:
            yield Difference(what=f"{one.name}, version", before=before, after=one.version)


def _changed(then: Manifest, now: Manifest) -> Iterator[Difference]:
    """Yield what has changed of all that a figure may hang on; how far the run came is no change."""
    same = replace(now, interrupted=then.interrupted, resumed=then.resumed, rounds=then.rounds)
    yield from of_runs(then, same, then.scenarios)
    for name in then.scenarios:
        yield from of_content(name, then, now)


def _refuse(folder: Path, found: Iterable[Difference]) -> None:
    """Raise InputError where there is a difference, naming each."""
    said = [f"{one.what}: {one.before} then, {one.after} now" for one in found]
    if said:
        raise InputError(
            f"{folder} was measured under other circumstances: {'; '.join(said)}",
            remedy="Put that back as it was, measure a new run, or take it up --anyway, which records this",
        )
