"""A run as large as anybody's. FIXTURE: no value here was measured on anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from bench.measuring.fleet.host_request import host_seed
from bench.model import BASELINE
from bench.store import dataset, layout
from bench.store.fleets import Fleet, FleetHost, write_fleet
from tests.synthetic import ISOLATIONS, run_manifest
from tests.synthetic_fleet import SEED, VERSION

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
            "number": before + place + 1, "round": number, "scenario": f"cpu{scenario}", "scenario_version": VERSION,
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
    scenario = {
        **known["cpu"],
        "parameters": {"threads": list(range(1, SETTINGS + 1))},
        "claims": [],
        "version": VERSION,
    }
    return {**document, "scenarios": {name: {**scenario, "title": f"Work {name[3:]}"} for name in names}}


def write_large_fleet(folder: Path, hosts: int, samples: int) -> Path:
    """Write a fleet of hosts with about so many samples each: manifests and Parquet, alike but for values."""
    folder.mkdir(parents=True)
    model = write_large_run(folder / "h0001", samples, scenarios=1)
    table = parquet.read_table(model / layout.SAMPLES)
    values = table.column("value").to_numpy()
    bare = pc.equal(table.column("isolation"), BASELINE).to_numpy(zero_copy_only=False)
    manifest = json.loads((model / layout.MANIFEST).read_text())
    (model / layout.JOURNAL).unlink()
    chance = np.random.default_rng(7)
    taken = {}
    for number in range(1, hosts + 1):
        name, seed = f"h{number:04d}", host_seed(SEED, number)
        host = folder / name
        host.mkdir(exist_ok=True)
        told = {"run": f"{manifest['run']}-{number}", "host": {**manifest["host"], "name": name}, "seed": seed}
        (host / layout.MANIFEST).write_text(json.dumps({**manifest, **told}))
        slower = np.where(bare, 1.0, np.exp(chance.normal(0, 0.1)))
        own = {"value": values * slower * chance.lognormal(0, 0.03, len(values)), "run": told["run"], "host": name}
        parquet.write_table(_with(table, own), host / layout.SAMPLES)
        taken[name] = FleetHost(number=number, seed=seed, state="measured", trials=manifest["planned"])
    fleet = Fleet(
        fleet=folder.name,
        started_at="2026-11-23T21:05:00+00:00",
        bench_version=manifest["bench_version"],
        seed=SEED,
        scenarios=dict.fromkeys(manifest["scenarios"], VERSION),
        hosts=taken,
        finished_at="2026-11-23T21:09:30+00:00",
    )
    write_fleet(fleet, folder)
    return folder


def _with(table: pa.Table, columns: Mapping[str, object]) -> pa.Table:
    """Return a table with other values in some columns; a text stands for itself in each row."""
    for name, values in columns.items():
        found = pa.repeat(values, len(table)) if isinstance(values, str) else pa.array(values)
        table = table.set_column(table.schema.get_field_index(name), name, found)
    return table
