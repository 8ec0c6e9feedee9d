"""``bench calibrate``: known truths injected in every ready isolation, and what the meters recovered of them."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.calibration import truths
from bench.calibration.quota import imposed
from bench.cli.consent import consents
from bench.cli.exits import ExitCode, of_signal
from bench.cli.progress import listener
from bench.cli.wanted import wanted
from bench.isolations import ALL
from bench.scenario import load_recipes
from bench.session import Request, execute
from bench.stopping import Rule

_SCALES = {"s": (1e3, "ms"), "B": (2.0**-20, "MiB"), "1": (100.0, "%"), "1/s": (1.0, "1/s")}


def calibrate(isolations: str | None, rounds: int | None, quick: bool, fix: bool, yes: bool, results: Path) -> None:
    """Measure the truths as a run of their own, and judge them in a process of its own; exit 1 where a goal is missed.

    What is measured here imports no pandas, like any run.
    """
    scenarios = truths(quick=quick)
    request = Request(
        scenarios=scenarios,
        recipes=load_recipes(scenarios, None),
        isolations=wanted(isolations or ALL),
        results=results,
        seed=secrets.randbits(32),
        rule=Rule(rounds=rounds),
        quick=quick,
        consents=consents(yes=yes, console=Console(stderr=True, highlight=False)) if fix else None,
        command_line=["bench", *sys.argv[1:]],
        inject=imposed,
    )
    with listener() as heard:
        finished = execute(request, heard)
    if finished.interrupted:
        raise SystemExit(of_signal(finished.interrupted))
    judging = [sys.executable, "-m", "bench", "calibrate", "--from", str(finished.folder)]
    raise SystemExit(subprocess.run(judging, check=False).returncode)


def judge(folder: Path) -> None:
    """Say what a calibration's run has recovered, and keep it with the machine.

    Exits with 1 where a goal is missed, or a truth not recovered.
    """
    from bench.analysis.calibration import (  # noqa: PLC0415 - pandas: only where it is judged
        calibration,
        unrecovered,
        worst,
    )
    from bench.analysis.frame import load  # noqa: PLC0415
    from bench.store.calibrations import keep  # noqa: PLC0415

    frame = load(folder)
    found = calibration(frame)
    missing = unrecovered(frame)
    for line in missing:
        Console(highlight=False).print(line, soft_wrap=True, markup=False)
    if found.empty:
        Console(highlight=False).print("No truth was recovered: no trial of a calibration ended well.")
        raise SystemExit(ExitCode.NOTHING_MEASURED)
    table = Table("truth", "seen by", "isolation", "injected", "bias", "95 % interval", "spread", "goal", "verdict")
    for row in worst(found).to_dict("records"):
        scale, unit = _SCALES[str(row["unit"])]
        size = {name: float(row[name]) * scale for name in ("injected", "bias", "low", "high", "spread", "goal")}
        name = f"{row['isolation']} (emulated)" if row["emulated"] else str(row["isolation"])
        between = f"{size['low']:+.2f} .. {size['high']:+.2f}" if size["low"] == size["low"] else "too few rounds"
        table.add_row(
            str(row["truth"]), str(row["view"]), name, f"{size['injected']:g} {unit}", f"{size['bias']:+.2f} {unit}",
            between, f"{size['spread']:.2f}", f"{size['goal']:.2f}", str(row["verdict"]),
        )  # fmt: skip
    console = Console(highlight=False)
    console.print(table)
    console.print("Of each truth the amount that was recovered worst; spread is between the quartiles.")
    console.print(f"Kept with this machine: {keep(folder, found.to_dict('records'))}", soft_wrap=True, markup=False)
    counts = found["verdict"].value_counts()
    console.print(", ".join(f"{counts.get(word, 0)} {word}" for word in ("met", "missed", "undecided")))
    if missing or counts.get("missed", 0):
        raise SystemExit(ExitCode.SOME_FAILED)
