"""A run as large as anybody's. FIXTURE: no value here was measured on anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.store import dataset, layout
from tests.synthetic import ISOLATIONS, run_manifest

SETTINGS, VARIANTS = 10, 5
SCENARIOS = 10
"""With which a run has 500 cells."""

NAMES = (*ISOLATIONS, "unshare", "runc")
FIGURES = (
    ("timeline.spawned", "s", "host", "lower", 0.001), ("timeline.start", "s", "host", "lower", 0.002),
    ("timeline.ready", "s", "host", "lower", 0.003), ("timeline.end", "s", "host", "lower", 1.0),
    ("timeline.bye", "s", "host", "lower", 1.001), ("timeline.exited", "s", "host", "lower", 1.03),
    ("timeline.gone", "s", "host", "lower", 1.06), ("events_per_s", "1/s", "workload", "higher", 812.0),
    ("latency_p95", "s", "workload", "lower", 0.0012), ("cpu.used", "s", "cgroup", "lower", 1.0),
    ("cpu.window", "s", "host", "lower", 1.0), ("clock.workload", "s", "workload", "lower", 1.0),
    ("clock.host", "s", "host", "lower", 1.0), ("memory.load.pss", "B", "processes:workload", "lower", 3e6),
    ("memory.load.uss", "B", "processes:workload", "lower", 2e6),
    ("memory.load.rss", "B", "processes:workload", "lower", 4e6),
    ("memory.load.available_change", "B", "host", "lower", 5e6),
    ("memory.load.cgroup", "B", "cgroup", "lower", 2.5e6), ("harness.cpu", "s", "harness", "lower", 0.004),
    ("memory.peak.cgroup", "B", "cgroup", "lower", 3e6),
)  # fmt: skip
"""What every trial reports: metric, unit, vantage, better, and about how much."""


def write_large_run(folder: Path, samples: int, *, scenarios: int = SCENARIOS) -> Path:
    """Write a run of 50 cells for each scenario and about this many samples: manifest, journal and Parquet."""
    cells = scenarios * SETTINGS * VARIANTS
    rounds = max(1, samples // (cells * len(FIGURES)))
    folder.mkdir(parents=True)
    (folder / layout.MANIFEST).write_text(json.dumps(_manifest(folder.name, rounds, scenarios)))
    chance = np.random.default_rng(7)
    with (folder / layout.JOURNAL).open("w") as journal:
        number = 0
        for round_number in range(1, rounds + 1):
            noise = chance.lognormal(0, 0.03, (cells, len(FIGURES)))
            for line in _round(round_number, number, noise):
                journal.write(json.dumps(line) + "\n")
            number += cells
    dataset.write_dataset(folder)
    return folder


def _round(number: int, before: int, noise: npt.NDArray[np.float64]) -> Iterator[dict[str, object]]:
    for place in range(len(noise)):
        scenario, rest = divmod(place, SETTINGS * VARIANTS)
        setting, isolation = divmod(rest, VARIANTS)
        slower = 1 + 0.1 * isolation * scenario
        yield {
            "number": before + place + 1, "round": number, "scenario": f"cpu{scenario}", "scenario_version": "0" * 12,
            "parameters": {"threads": setting + 1}, "isolation": NAMES[isolation], "emulated": NAMES[isolation] == "vm",
            "outcome": "ok", "reason": "", "started_at": "2026-11-23T21:05:00+00:00", "seen": {"cpus": "1"}, "tail": [],
            "samples": [
                {"metric": metric, "value": float(middle * slower * noise[place, turn]), "unit": unit,
                 "vantage": vantage, "better": better, "at_s": 1.0}
                for turn, (metric, unit, vantage, better, middle) in enumerate(FIGURES)
            ],
        }  # fmt: skip


def _manifest(run: str, rounds: int, scenarios: int) -> dict[str, object]:
    names = [f"cpu{number}" for number in range(scenarios)]
    planned = rounds * scenarios * SETTINGS * VARIANTS
    document = run_manifest(run, dict.fromkeys(names, rounds), planned, None)
    known = document["scenarios"]
    assert isinstance(known, dict)
    scenario = {**known["cpu"], "parameters": {"threads": list(range(1, SETTINGS + 1))}, "claims": []}
    return {**document, "scenarios": {name: {**scenario, "title": f"Work {name[3:]}"} for name in names}}
