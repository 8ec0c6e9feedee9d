"""``bench run``: measure, and have it reported by a process of its own."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from bench.cli.amounts import share, span_s
from bench.cli.consent import consents
from bench.cli.exits import ExitCode, of_signal, say
from bench.cli.own import AdhocOptions
from bench.cli.progress import listener
from bench.cli.reading import ReaderProcess, reading
from bench.cli.terminal import Terminal
from bench.cli.wanted import by_default, wanted, with_twin
from bench.errors import BenchError, Interrupted
from bench.host.signals import Interruptions
from bench.images.boot.guest_kernel import given
from bench.isolations.registry import DEFAULT
from bench.measuring.request import UNREAD, Finished, Request
from bench.measuring.session import execute, harness
from bench.measuring.stopping import Rule
from bench.model import Kind
from bench.scenario import load_recipes, load_selected
from bench.store.manifest import AskedFor
from bench.store.named import find_run

_FINE = {Kind.OK, Kind.SPOILED, Kind.UNSUPPORTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """When to stop, as the command line says it."""

    rounds: int | None
    precision: str | None
    budget: str | None

    @property
    def rule(self) -> Rule:
        """The same, understood. Raises InputError."""
        return Rule(
            rounds=self.rounds,
            precision=None if self.precision is None else share(self.precision, "--precision"),
            budget_s=None if self.budget is None else span_s(self.budget, "--budget"),
        )


def run(
    scenarios: Sequence[str],
    isolations: str | None,
    stop: Stop,
    quick: bool,
    fix: bool,
    yes: bool,
    seed: int | None,
    results: Path,
    scenarios_folder: Path | None,
    own: AdhocOptions,
    kernel: Path | None,
    *,
    twin: bool,
    compare_to: str | None = None,
    reports: bool = True,
    verbose: bool = False,
) -> None:
    """Check the request at the door, and measure it.

    ``compare_to``: a run, or the baseline, that the finished one is held against. ``reports``: whether
    a report is shown.
    """
    before = None if compare_to is None else find_run(compare_to, results)
    brought = own.scenario(scenarios, quick=quick)
    selected = [brought] if brought else load_selected(scenarios, scenarios_folder, quick=quick)
    names = by_default(selected) if isolations is None else wanted(isolations)
    names = with_twin(names) if twin else names
    beside = frozenset(names) - frozenset(with_twin(DEFAULT)) if isolations is None else frozenset[str]()
    request = Request(
        scenarios=selected,
        recipes=load_recipes(selected, scenarios_folder),
        isolations=names,
        beside=beside,
        results=results,
        seed=secrets.randbits(32) if seed is None else seed,
        rule=stop.rule,
        quick=quick,
        guest_kernel=given(kernel) if kernel else None,
        consents=consents(yes=yes, console=Terminal(stderr=True)) if fix else None,
        command_line=["bench", *sys.argv[1:]],
        asked=AskedFor(
            scenarios_folder=_absolute(scenarios_folder),
            kernel=_absolute(kernel),
            beside=tuple(sorted(beside)),
            own=own.asked,
        ),
    )
    measure(request, before, reports=reports, verbose=verbose)


def _absolute(path: Path | None) -> str:
    return str(path.absolute()) if path else ""


def measure(request: Request, before: Path | None = None, *, reports: bool = True, verbose: bool) -> NoReturn:
    """Execute a request, show the report, hold it against the run ``before``, exit with what it came to."""
    interruptions = Interruptions()
    read = reports or before or not request.rule.is_fixed  # what nobody reads needs no process that loads pandas
    with interruptions.handled(), reading(harness(request.scenarios)) if read else nullcontext() as reader:
        with listener(request.rule, reader.so_far if reader else None) as heard:
            finished = execute(request, heard, reader or UNREAD, interruptions)
        if finished.refused:
            say(finished.refused)
        codes = [exit_code(finished)]
        if reader and reports:
            codes.append(_reported(reader, finished, interruptions, verbose=verbose))
        if reader and before and not finished.interrupted:
            codes.append(_compared(reader, before, finished))
    if request.asked and (finished.interrupted or finished.refused):
        again = shlex.join(["python", "-m", "bench", "resume", str(finished.folder)])
        Terminal().print(f"Go on with: {again}", soft_wrap=True)
    raise SystemExit(next(filter(None, codes), ExitCode.OK))


def _reported(reader: ReaderProcess, finished: Finished, interruptions: Interruptions, *, verbose: bool) -> int:
    """Have the report written; return 0, or the exit code where there is none, with the command that writes it said.

    A signal ends it, unless one has ended the run already: later ones are ignored.
    """
    try:
        with interruptions.deferred() if finished.interrupted else nullcontext():
            reader.report(finished.folder, verbose=verbose)
    except Interrupted as stop:
        say(BenchError(f"ended by {stop.signal_name} while the report was written", remedy=_later(finished)))
        return of_signal(stop.signal_name)
    except BenchError as error:
        say(BenchError(f"the report was not written: {error.what}", remedy=_later(finished, error.remedy)))
        return ExitCode.SOME_FAILED
    return ExitCode.OK


def _compared(reader: ReaderProcess, before: Path, finished: Finished) -> int:
    """Have the run held against an earlier one; return the exit code that ``compare`` has."""
    try:
        return ExitCode.WORSE if reader.compare(before, finished.folder) else ExitCode.OK
    except BenchError as error:
        say(BenchError(f"the run was not compared: {error.what}", remedy=error.remedy))
        return ExitCode.BAD_INPUT


def _later(finished: Finished, remedy: str | None = None) -> str:
    command = shlex.join(["python", "-m", "bench", "report", str(finished.folder)])
    return f"{remedy.rstrip('.') if remedy else 'What was measured is kept'}. Write its report with: {command}"


def exit_code(finished: Finished) -> int:
    """Return what a run came to: a signal's code, or one of ExitCode."""
    if finished.interrupted:
        return of_signal(finished.interrupted)
    if finished.refused:
        return ExitCode.DISK_FULL
    if set(finished.outcomes) <= {Kind.UNSUPPORTED}:
        return ExitCode.NOTHING_MEASURED
    return ExitCode.OK if set(finished.outcomes) <= _FINE else ExitCode.SOME_FAILED
