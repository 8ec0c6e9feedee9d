"""``bench calibrate``: known truths injected in every ready isolation, and what the meters recovered of them."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cli.consent import consents
from bench.cli.exits import ExitCode, of_signal
from bench.cli.output import lost
from bench.cli.progress import listener
from bench.cli.terminal import Terminal
from bench.cli.wanted import wanted
from bench.isolations.registry import ALL
from bench.measuring.calibration import truths
from bench.measuring.calibration.quota import imposed
from bench.measuring.request import Request
from bench.measuring.session import execute
from bench.measuring.stopping import Rule
from bench.scenario import load_recipes


def calibrate(
    names: Sequence[str],
    isolations: str | None,
    rounds: int | None,
    *,
    quick: bool,
    fix: bool,
    yes: bool,
    results: Path,
) -> None:
    """Measure the truths as a run of their own, and judge them in a process of its own; exit 1 where a goal is missed.

    What is measured here imports no pandas, like any run.
    """
    scenarios = truths(names, quick=quick)
    request = Request(
        scenarios=scenarios,
        recipes=load_recipes(scenarios, None),
        isolations=wanted(isolations or ALL),
        results=results,
        seed=secrets.randbits(32),
        rule=Rule(rounds=rounds),
        quick=quick,
        consents=consents(yes=yes, console=Terminal(stderr=True)) if fix else None,
        command_line=["bench", *sys.argv[1:]],
        inject=imposed,
    )
    with listener() as heard:
        finished = execute(request, heard)
    if finished.interrupted:
        raise SystemExit(of_signal(finished.interrupted))
    raise SystemExit(_judged(finished.folder))


def _judged(folder: Path) -> int:
    """Let a process of its own judge what was measured; return its exit code."""
    judging = [sys.executable, "-m", "bench", "calibrate", "--from", str(folder)]
    out = subprocess.DEVNULL if lost() else None  # what cannot be written is said once
    return subprocess.run(judging, stdout=out, check=False).returncode


def judge(folder: Path) -> None:
    """Say what a calibration's run has recovered, and keep it with the machine.

    Exits with 1 where a goal is missed, or a truth not recovered that could have been.
    """
    from bench.analysis.data.frame import load, load_manifest  # noqa: PLC0415
    from bench.analysis.data.isolations import IsolationFacts  # noqa: PLC0415
    from bench.analysis.data.reached import untraced  # noqa: PLC0415
    from bench.analysis.quality.calibration import calibration, usable  # noqa: PLC0415 - pandas: only to judge
    from bench.analysis.quality.seeded import set_lines  # noqa: PLC0415
    from bench.analysis.quality.uncalibrated import unrecovered, unseen  # noqa: PLC0415
    from bench.cli.findings import tables  # noqa: PLC0415
    from bench.store.calibrations import keep_calibration  # noqa: PLC0415

    console = Terminal()
    frame, manifest = load(folder), load_manifest(folder)
    facts = IsolationFacts.of(manifest)
    found = calibration(frame, facts)
    lacking = unrecovered(frame, found, facts)
    sets = set_lines(usable(frame), facts)
    for line in (*lacking, *unseen(frame, facts, untraced(folder)), *sets):
        console.print(str(line), soft_wrap=True)
    if found.empty:
        console.print("No truth was recovered: no trial of a calibration ended well.")
        raise SystemExit(ExitCode.NOTHING_MEASURED)
    for part in tables(found, facts):
        console.print(part)
    console.print("Of each truth the amount that was recovered worst; spread is between the quartiles.")
    console.print(f"Kept with this machine: {keep_calibration(manifest, found.to_dict('records'))}", soft_wrap=True)
    counts = found["verdict"].value_counts()
    console.print(", ".join(f"{counts.get(word, 0)} {word}" for word in ("met", "missed", "undecided")))
    if counts.get("missed", 0) or any(one.is_failure for one in lacking):
        raise SystemExit(ExitCode.SOME_FAILED)
