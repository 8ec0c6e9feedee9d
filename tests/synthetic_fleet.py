"""The folder of a scripted fleet. FIXTURE: no value here was measured on anything."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from pathlib import Path

from bench.measuring.fleet.host_request import host_seed
from bench.store.fleets import Fleet, FleetHost, write_fleet
from tests.synthetic import ISOLATIONS, run_manifest, trial_line

SCENARIOS = ("startup", "memory")
SEED = 7
VERSION = "0123456789ab"


def write_fleet_folder(folder: Path, hosts: int, *, rounds: int = 5, tau: float = 0.1) -> Path:
    """Write the runs of hosts whose ratios to bare scatter by ``tau``, on a scale of logarithms."""
    folder.mkdir(parents=True)
    chance = random.Random(f"{hosts} {tau}")
    taken: dict[str, FleetHost] = {}
    for number in range(1, hosts + 1):
        name, seed = f"h{number:04d}", host_seed(SEED, number)
        trials = write_host(folder / name, seed=seed, rounds=rounds, slower=math.exp(chance.gauss(0, tau)))
        taken[name] = FleetHost(number=number, seed=seed, state="measured", trials=trials)
    fleet = Fleet(
        fleet=folder.name,
        started_at="2026-11-23T21:05:00+00:00",
        bench_version="0.1.0",
        seed=SEED,
        scenarios=dict.fromkeys(SCENARIOS, VERSION),
        hosts=taken,
        finished_at="2026-11-23T21:09:30+00:00",
    )
    write_fleet(fleet, folder)
    return folder


def write_host(folder: Path, *, seed: int, rounds: int = 5, slower: float = 1.0) -> int:
    """Write the run of one host, whose isolations take so many times as long; return how many trials it has."""
    folder.mkdir(parents=True)
    chance = random.Random(seed)
    lines: list[dict[str, object]] = []
    cells = [(scenario, isolation) for scenario in SCENARIOS for isolation in ISOLATIONS]
    for turn in range(1, rounds + 1):
        for scenario, isolation in chance.sample(cells, len(cells)):
            line = trial_line(len(lines) + 1, turn, scenario, {}, isolation, chance)
            lines.append(line if isolation == "bare" else _slowed(line, slower))
    manifest = run_manifest(f"20261123-2105-{folder.name}", dict.fromkeys(SCENARIOS, rounds), len(lines), None)
    told = manifest["scenarios"]
    assert isinstance(told, dict)
    manifest |= {"seed": seed, "scenarios": {name: told[name] for name in SCENARIOS}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return len(lines)


def change_manifest(run: Path, **changes: object) -> None:
    """Let a host's manifest say something else."""
    file = run / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def change_host(folder: Path, fleet: Fleet, name: str, host: FleetHost) -> None:
    """Let a fleet say something else of a host."""
    write_fleet(replace(fleet, hosts={**fleet.hosts, name: host}), folder)


def _slowed(line: dict[str, object], slower: float) -> dict[str, object]:
    samples = line["samples"]
    assert isinstance(samples, list)
    for sample in samples:
        if sample["metric"].startswith("timeline."):
            sample["value"] *= slower
    return line
