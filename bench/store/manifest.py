"""The manifest: what a run was, so that its numbers can be understood and its plan rebuilt from the seed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.host import Host
from bench.isolations.base import Availability, Isolation
from bench.model import Client, Image, Scalar, Scenario
from bench.stopping import FIXED_CONFIDENCE, SEQUENTIAL_CONFIDENCE, Rule
from bench.store.layout import MANIFEST, SCHEMA_VERSION
from bench.writing import written


@dataclass(slots=True, kw_only=True)
class Manifest:
    """What is written to ``manifest.json``; times are ISO 8601 with offset."""

    run: str
    started_at: str
    command_line: Sequence[str]
    bench_version: str
    seed: int
    quick: bool
    rounds: Mapping[str, int]
    stopping: dict[str, object]
    host: Host
    harness: Mapping[str, object]
    isolations: Mapping[str, object]
    scenarios: Mapping[str, object]
    images: Mapping[str, object]
    planned: int = 0
    """Trials that were to be run; where a run stops by itself, those that it came to."""
    not_offered: Sequence[Mapping[str, object]] = ()
    """Cells left out because an isolation lacks what they ask for: scenario, parameters, isolation, reason."""
    finished_at: str | None = None
    interrupted: str | None = None
    schema_version: int = field(default=SCHEMA_VERSION)


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest whole or not at all; raises StoreError."""
    growing = folder / f".{MANIFEST}.partial"
    with written(folder / MANIFEST):
        with growing.open("w") as file:
            json.dump(asdict(manifest), file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        growing.replace(folder / MANIFEST)


def stopping_entry(rule: Rule) -> dict[str, object]:
    """Describe when the run was to stop, and how confident its intervals are to be."""
    confidence = FIXED_CONFIDENCE if rule.is_fixed else SEQUENTIAL_CONFIDENCE
    return {**asdict(rule), "confidence": confidence, "reason": ""}


def isolation_entry(isolation: Isolation | None, availability: Availability) -> dict[str, object]:
    """Describe an isolation: whether it ran, in which versions, and what its stopwatch covers.

    ``isolation`` is None where not even its library could be loaded.
    """
    fault = availability.fault
    return {
        "ready": availability.ready,
        "detail": availability.detail,
        "reason": fault.reason if fault else None,
        "remedy": fault.remedy if fault else None,
        "emulated": availability.emulated,
        "versions": dict(availability.versions),
        "own_kernel": availability.own_kernel,
        "stopwatch": isolation.stopwatch if isolation else "",
        "phases": [asdict(phase) for phase in (isolation.phases if isolation else ())],
    }


def scenario_entry(
    scenario: Scenario, cpu_set: Sequence[int], *, command: Sequence[str] | None = None
) -> dict[str, object]:
    """Describe a scenario as it was run; ``command`` is what its image makes of the scenario's own."""
    return {
        "title": scenario.title,
        "question": scenario.question,
        "version": scenario.version,
        "image": image_label(scenario),
        "command": list(scenario.command if command is None else command),
        "parameters": _lists(scenario.parameters),
        "arms": [asdict(arm) for arm in scenario.arms],
        "steps": _lists(scenario.steps),
        "rounds": scenario.rounds,
        "envelope": {**asdict(scenario.envelope), "cpu_set": list(cpu_set)},
        "storage": asdict(scenario.storage) if scenario.storage else None,
        "client": _client(scenario.client) if scenario.client else None,
        "ready": scenario.ready,
        "answer": scenario.answer.says if scenario.answer else "",
        "settle_s": scenario.settle_s,
        "density": asdict(scenario.density) if scenario.density else None,
        "rungs": [asdict(rung) for rung in scenario.rungs],
        "provision": scenario.provision,
        "outgrows_memory": scenario.outgrows_memory,
        "metrics": [{"name": m.name, "unit": m.unit, "better": m.better} for m in scenario.metrics],
        "claims": [asdict(claim) for claim in scenario.claims],
    }


def _lists(parameters: Mapping[str, Sequence[Scalar]]) -> dict[str, list[Scalar]]:
    return {name: list(values) for name, values in parameters.items()}


def _client(client: Client) -> dict[str, object]:
    return {"command": list(client.command), "where": client.where, "setup": [list(one) for one in client.setup]}


def image_label(scenario: Scenario) -> str:
    """Name what a scenario runs on: its recipe, and that it adds files of its own, which makes another image."""
    return f"{scenario.image} with the files of {scenario.name}" if scenario.files else scenario.image


def image_entry(image: Image, lock: str) -> dict[str, object]:
    """Describe an image; ``lock`` is its lock's path inside the run's folder."""
    locked = json.loads(image.lock.read_text())
    imported = locked.get("imported")
    source = {"reference": imported["reference"], "digest": imported["digest"]} if imported else None
    return {
        "digest": image.digest,
        "suite": image.suite,
        "packages": len(locked["packages"]),
        "lock": lock,
        "source": source,
    }
