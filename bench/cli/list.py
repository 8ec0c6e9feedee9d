"""``bench list``: scenarios, isolations, runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.errors import BenchError
from bench.isolations import DEFAULT
from bench.isolations import names as isolation_names
from bench.model import combinations
from bench.plan import dimensions
from bench.scenario import load_selected
from bench.store.layout import JOURNAL, MANIFEST


def show(results: Path, scenarios_folder: Path | None, *, as_json: bool) -> None:
    """Print all three, as tables or as one JSON document."""
    scenarios = [
        {
            "name": scenario.name,
            "title": scenario.title,
            "question": scenario.question,
            "cells": len(combinations(dimensions(scenario))),
            "rounds": scenario.rounds,
            "image": scenario.image,
        }
        for scenario in load_selected([], scenarios_folder, quick=False)
    ]
    isolations = [{"name": name, "default": name in DEFAULT} for name in isolation_names()]
    runs = [_run(file.parent) for file in sorted(results.glob(f"*/{MANIFEST}"))]
    console = Console(highlight=False)
    if as_json:
        console.print_json(json.dumps({"scenarios": scenarios, "isolations": isolations, "runs": runs}))
        return
    console.print(_table("Scenarios", ("name", "rounds", "cells", "question"), scenarios))
    names = ", ".join(str(one["name"]) + ("" if one["default"] else " (only when asked for)") for one in isolations)
    console.print(f"\n[bold]Isolations[/bold]  {names}.  `python -m bench doctor` tries them.")
    if runs:
        console.print()
        console.print(_table("Runs", ("run", "scenarios", "isolations", "trials", "outcomes"), runs))
    else:
        console.print(f"\nNo runs in {results} yet.", soft_wrap=True, markup=False)


def _run(folder: Path) -> dict[str, object]:
    """Return what a run was, as far as its files tell; a broken manifest is said, not hidden."""
    try:
        told = json.loads((folder / MANIFEST).read_text())
        outcomes = Counter(str(json.loads(line)["outcome"]) for line in _whole_lines(folder / JOURNAL))
        return {
            "run": folder.name,
            "started_at": told["started_at"],
            "scenarios": ", ".join(told["scenarios"]),
            "isolations": ", ".join(told["isolations"]),
            "trials": f"{sum(outcomes.values())} of {told['planned']}",
            "outcomes": ", ".join(f"{count} {kind}" for kind, count in sorted(outcomes.items())),
        }
    except (OSError, ValueError, KeyError, TypeError, BenchError) as error:
        return {"run": folder.name, "outcomes": f"cannot be read: {error}"}


def _whole_lines(file: Path) -> Sequence[bytes]:
    """Return the journal's complete lines; a torn last one is the trial in flight of a killed run."""
    return [line for line in file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _table(title: str, columns: Sequence[str], rows: Sequence[dict[str, object]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in ("rounds", "cells") else "left")
    for row in rows:
        table.add_row(*(Text(str(row.get(column, ""))) for column in columns))
    return table
