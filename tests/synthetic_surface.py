"""A scripted run that has what isolations reach of the host, too. FIXTURE: no value here was measured on anything."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path

from tests.synthetic import write_run

REACHED = {"bare": 1400.0, "docker": 1150.0, "vm": 420.0}
METRICS = {"host_functions": "host", "host_syscalls": "host", "answered": "workload"}


def write_surface_run(
    folder: Path, *, rounds: int = 7, reached: Mapping[str, float] = REACHED, metric: str = "host_functions"
) -> Path:
    """Write a run folder as ``write_run`` does, with a scenario ``surface`` of one metric."""
    write_run(folder, rounds=rounds, trouble=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    surface = manifest["scenarios"]["startup"] | {"title": "Surface", "question": "What of the host is reached?"}
    manifest["scenarios"]["surface"] = surface
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    chance = random.Random(9)
    for one in [one for one in trials if one["scenario"] == "startup" and one["isolation"] in reached]:
        value = reached[one["isolation"]] * chance.lognormvariate(0, 0.01)
        sample = {
            "metric": f"surface.{metric}", "value": value, "unit": "1", "vantage": METRICS[metric], "better": "lower",
            "at_s": 1.0,
        }  # fmt: skip
        trials.append(one | {"number": len(trials) + 1, "scenario": "surface", "samples": [sample]})
    manifest["planned"] = len(trials)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "trials.jsonl").write_text("".join(json.dumps(one) + "\n" for one in trials))
    return folder
