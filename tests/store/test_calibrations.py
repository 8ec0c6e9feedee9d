"""Calibrations kept with the machine, and given to the runs that they apply to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.store.calibrations import accompany, keep

HOST = {"cpu_model": "EPYC", "cpus": 2, "kernel": "6.1", "architecture": "x86_64", "name": "here"}


def run(folder: Path, name: str, versions: dict[str, str], **host: object) -> Path:
    """Write the part of a manifest that tells what was measured where."""
    made = folder / name
    made.mkdir()
    isolations = {"docker": {"ready": True, "versions": versions, "emulated": False}}
    manifest = {"run": name, "started_at": "2026-11-24T15:00:00", "bench_version": "0.1.0", "host": {**HOST, **host},
                "isolations": isolations}  # fmt: skip
    (made / "manifest.json").write_text(json.dumps(manifest))
    return made


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def finding(truth: str, bias: float) -> dict[str, object]:
    return {"truth": truth, "isolation": "docker", "bias": bias, "low": float("nan")}


def kept_by(later: Path) -> list[tuple[object, object, object]]:
    found = json.loads((later / "calibration.json").read_text())["isolations"]["docker"]["findings"]
    return [(row["truth"], row["bias"], row["run"]) for row in found]


def test_the_newest_calibration_that_applies_accompanies_a_run(tmp_path: Path, state: Path) -> None:
    for name, bias in (("20261124-1500-ash", 0.1), ("20261124-1600-bay", 0.2)):
        keep(run(tmp_path, name, {"engine": "20"}), [finding("delay", bias)])
    (state / "calibrations" / "20261124-1700-torn.json").write_text("{")
    later = run(tmp_path, "later", {"engine": "20"})
    accompany(later)
    found = json.loads((later / "calibration.json").read_text())["isolations"]["docker"]
    assert (found["run"], found["findings"][0]["low"]) == ("20261124-1600-bay", None)
    assert kept_by(later) == [("delay", 0.2, "20261124-1600-bay")]


def test_a_calibration_of_one_truth_leaves_what_is_known_of_the_others(tmp_path: Path) -> None:
    keep(run(tmp_path, "20261124-1500-ash", {}), [finding("delay", 0.1), finding("memory", 0.2)])
    keep(run(tmp_path, "20261124-1600-bay", {}), [finding("delay", 0.3)])
    later = run(tmp_path, "later", {})
    accompany(later)
    assert kept_by(later) == [("memory", 0.2, "20261124-1500-ash"), ("delay", 0.3, "20261124-1600-bay")]


@pytest.mark.parametrize(("engine", "kernel"), [("21", "6.1"), ("20", "6.2")])
def test_another_engine_or_kernel_is_not_calibrated(tmp_path: Path, engine: str, kernel: str) -> None:
    keep(run(tmp_path, "20261124-1500-ash", {"engine": "20"}), [finding("delay", 0.1)])
    later = run(tmp_path, "later", {"engine": engine}, kernel=kernel)
    accompany(later)
    assert not (later / "calibration.json").exists()
