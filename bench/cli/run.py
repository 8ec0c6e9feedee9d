"""``bench run``: measure, and have it reported by a process of its own."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.cli.amounts import share, span_s
from bench.cli.consent import consents
from bench.cli.exits import ExitCode, of_signal
from bench.cli.own import Own
from bench.cli.progress import listener
from bench.cli.reading import reading
from bench.cli.wanted import by_default, wanted, with_twin
from bench.isolations import DEFAULT
from bench.model import Kind
from bench.scenario import load_recipes, load_selected
from bench.session import Finished, Request, execute, harness
from bench.stopping import Rule

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
    own: Own,
    *,
    twin: bool,
) -> None:
    """Check the request at the door, execute it, show the report, exit with what it came to."""
    brought = own.scenario(scenarios, quick=quick)
    selected = [brought] if brought else load_selected(scenarios, scenarios_folder, quick=quick)
    names = by_default(selected) if isolations is None else wanted(isolations)
    names = with_twin(names) if twin else names
    request = Request(
        scenarios=selected,
        recipes=load_recipes(selected, scenarios_folder),
        isolations=names,
        beside=frozenset(names) - frozenset(with_twin(DEFAULT)) if isolations is None else frozenset(),
        results=results,
        seed=secrets.randbits(32) if seed is None else seed,
        rule=stop.rule,
        quick=quick,
        consents=consents(yes=yes, console=Console(stderr=True, highlight=False)) if fix else None,
        command_line=["bench", *sys.argv[1:]],
    )
    with reading(harness(selected)) as reader:
        with listener() as heard:
            finished = execute(request, heard, reader)
        reported = reader.report(finished.folder)
    raise SystemExit(exit_code(finished) or (ExitCode.OK if reported else ExitCode.SOME_FAILED))


def exit_code(finished: Finished) -> int:
    """Return what a run came to: a signal's code, or one of ExitCode."""
    if finished.interrupted:
        return of_signal(finished.interrupted)
    if set(finished.outcomes) <= {Kind.UNSUPPORTED}:
        return ExitCode.NOTHING_MEASURED
    return ExitCode.OK if set(finished.outcomes) <= _FINE else ExitCode.SOME_FAILED
