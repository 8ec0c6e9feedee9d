"""Calibrations, kept with the machine that they are true of, and given to the runs that they apply to.

One JSON file per calibration in ``calibrations/`` of the state folder. A finding applies to a run on the same CPU and
kernel, by the same Isobench, for an isolation in the same versions; of each truth the newest one counts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import written
from bench.host.run_state import state_folder
from bench.store.layout import CALIBRATION
from bench.store.manifest import Manifest


def keep_calibration(manifest: Manifest, findings: Sequence[Mapping[Any, object]]) -> Path:
    """Write what the calibration with this manifest has found; return where. Raises StoreError."""
    kept = {
        "run": manifest.run,
        "at": manifest.started_at,
        "machine": _machine(manifest),
        "versions": _versions(manifest),
        "findings": [{key: _plain(value) for key, value in row.items()} for row in findings],
    }
    file = state_folder() / "calibrations" / f"{manifest.run}.json"
    with written(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kept, indent=1) + "\n")
    return file


def accompany(folder: Path, manifest: Manifest) -> None:
    """Write ``calibration.json`` beside a run's manifest: by isolation the newest findings that apply to it, if any.

    Of each truth the newest calibration counts that has recovered it; a finding bears its ``run`` and ``at``. A kept
    file that cannot be read is passed over: it speaks for nobody.
    """
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((state_folder() / "calibrations").glob("*.json")):
        try:
            kept = json.loads(file.read_text())
            if kept["machine"] != _machine(manifest):
                continue
            whence = {"run": kept["run"], "at": kept["at"]}
            for name, versions in _versions(manifest).items():
                mine = [{**row, **whence} for row in kept["findings"] if row["isolation"] == name]
                if mine and kept["versions"].get(name) == versions:
                    truths = {row["truth"] for row in mine}
                    known = found.get(name, {"findings": []})["findings"]
                    others = [row for row in known if row["truth"] not in truths]
                    found[name] = {**whence, "findings": [*others, *mine]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    if found:
        with written(folder / CALIBRATION):
            (folder / CALIBRATION).write_text(json.dumps({"isolations": found}, indent=1) + "\n")


def _machine(manifest: Manifest) -> dict[str, object]:
    host = manifest.host
    return {
        "cpu_model": host.cpu_model,
        "cpus": host.cpus,
        "kernel": host.kernel,
        "architecture": host.architecture,
        "bench_version": manifest.bench_version,
    }


def _versions(manifest: Manifest) -> dict[str, object]:
    """Return what each isolation that ran is made of, and whether it was emulated."""
    return {name: {**one.versions, "emulated": one.emulated} for name, one in manifest.isolations.items() if one.ready}


def _plain(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
