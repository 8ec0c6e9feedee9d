"""``bench list``: scenarios, isolations, runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from bench.cli.terminal import Terminal
from bench.errors import BenchError
from bench.isolations.registry import DEFAULT
from bench.isolations.registry import names as isolation_names
from bench.isolations.variants import VARIANTS, Variant
from bench.measuring.plan import dimensions
from bench.model import Scenario, combinations
from bench.scenario import load_selected
from bench.store.layout import JOURNAL, MANIFEST
from bench.store.own import require_own
from bench.store.sanitize import read_json

_TIMES = ("took_s", "quick_took_s")
_FIGURES = ("rounds", "cells", "steps", "takes", "quick")


def show(results: Path, scenarios_folder: Path | None, *, as_json: bool) -> None:
    """Print all three, as tables or as one JSON document."""
    quick = {scenario.name: scenario for scenario in load_selected([], scenarios_folder, quick=True)}
    scenarios = [
        _scenario(scenario, quick[scenario.name]) for scenario in load_selected([], scenarios_folder, quick=False)
    ]
    isolations = [
        {"name": name, "default": name in DEFAULT, "variants": {word: one.says for word, one in _variants(name)}}
        for name in isolation_names()
    ]
    runs = [_run(file.parent) for file in sorted(results.glob(f"*/{MANIFEST}"))]
    console = Terminal()
    if as_json:
        console.print_json(json.dumps({"scenarios": scenarios, "isolations": isolations, "runs": runs}))
        return
    columns = ("name", "rounds", "cells", "steps", "takes", "quick", "question")
    console.print(_table("Scenarios", columns, [_shown(scenario) for scenario in scenarios]))
    console.print(f"\n{_total(scenarios)}")
    console.print(Text.assemble("\n", ("Isolations", "bold"), f"\n{_named(scenarios)}"))
    variants: list[dict[str, object]] = [
        {"variant": f"{name}:{word}", "what is other": one.says} for name in VARIANTS for word, one in _variants(name)
    ]
    console.print()
    console.print(_table("Variants", ("variant", "what is other"), variants))
    console.print(
        "Words combine, as in vm:q35+vcpus-2. Any other word after docker: is a runtime registered with the engine."
    )
    if runs:
        console.print()
        console.print(_table("Runs", ("run", "scenarios", "isolations", "trials", "outcomes"), runs))
    else:
        console.print(f"\nNo runs in {results} yet.", soft_wrap=True)


def _named(scenarios: Sequence[dict[str, object]]) -> str:
    """Name every isolation, and those that are compared when none is asked for."""
    own = [(one["name"], one["isolations"]) for one in scenarios if one["isolations"] != list(DEFAULT)]
    ladders = "".join(f"; by {name}: {', '.join(rungs)}" for name, rungs in own if isinstance(rungs, list))
    return (
        f"{', '.join(isolation_names())}. Compared when none is asked for: {', '.join(DEFAULT)}{ladders}. "
        "--isolation all takes every one but fake, which measures nothing. `python -m bench doctor` tries them."
    )


def _variants(name: str) -> list[tuple[str, Variant]]:
    return list(VARIANTS.get(name, {}).items())


def _scenario(full: Scenario, quick: Scenario) -> dict[str, object]:
    """Describe a scenario: cells are arms x parameters, each in every isolation; steps are within an instance."""
    return {
        "name": full.name,
        "title": full.title,
        "question": full.question,
        "cells": len(combinations(dimensions(full))),
        "steps": len(combinations(full.steps)),
        "rounds": full.rounds,
        "image": full.image,
        "isolations": [rung.isolation for rung in full.rungs] or list(DEFAULT),
        "took_s": full.took_s,
        "quick_took_s": quick.took_s,
    }


def _shown(scenario: dict[str, object]) -> dict[str, object]:
    return scenario | {"takes": _duration(scenario["took_s"]), "quick": _duration(scenario["quick_took_s"])}


def _duration(seconds: object) -> str:
    """Return a measured run time in round words: no other machine takes the same. A dash for none."""
    if not isinstance(seconds, int | float):
        return "–"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _total(scenarios: Sequence[dict[str, object]]) -> str:
    """Say how long all of them take, and which are not in that."""
    timed = [one for one in scenarios if isinstance(one["took_s"], int | float)]
    if not timed:
        return "How long they take has not been measured."
    full, quick = (sum(took for one in timed if isinstance(took := one[key], int | float)) for key in _TIMES)
    others = [str(one["name"]) for one in scenarios if one not in timed]
    which = f"All but {', '.join(others)}, which have not been timed," if others else "All of them"
    return (
        f"{which} take about {_duration(full)}, with --quick about {_duration(quick)}, with the isolations "
        "compared by default and the images built, measured on the authors' 2-core machine."
    )


def _run(folder: Path) -> dict[str, object]:
    """Return what a run was, as far as its files tell; a broken manifest is said, not hidden."""
    try:
        require_own(folder)
        told = _entry((folder / MANIFEST).read_bytes())
        outcomes = Counter(str(_entry(line)["outcome"]) for line in _whole_lines(folder / JOURNAL))
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


def _entry(data: bytes) -> dict[str, Any]:
    """Return one JSON object, its text plain; raises ValueError for anything else."""
    document = read_json(data)
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


def _whole_lines(file: Path) -> Sequence[bytes]:
    """Return the journal's complete lines; a torn last one is the trial in flight of a killed run."""
    return [line for line in file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _table(title: str, columns: Sequence[str], rows: Sequence[dict[str, object]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in _FIGURES else "left", no_wrap=column in _FIGURES)
    for row in rows:
        table.add_row(*(Text(str(row.get(column, ""))) for column in columns))
    return table
