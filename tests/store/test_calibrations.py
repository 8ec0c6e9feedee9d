"""Calibrations kept with the machine, and given to the runs that they apply to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.machine import Host
from bench.store.calibrations import accompany, keep_calibration
from bench.store.manifest import Manifest, RunIsolation

HOST = Host(
    name="here", cpu_model="EPYC", cpus=2, memory_bytes=8 << 30, os="Debian", kernel="6.1", architecture="x86_64",
    cgroup="v2",
)  # fmt: skip


def run(name: str, versions: dict[str, str], host: Host = HOST) -> Manifest:
    return Manifest(
        run=name,
        started_at="2026-11-24T15:00:00",
        bench_version="0.1.0",
        seed=1,
        host=host,
        isolations={"docker": RunIsolation(ready=True, versions=versions)},
        scenarios={},
    )


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def finding(truth: str, bias: float) -> dict[str, object]:
    return {"truth": truth, "isolation": "docker", "bias": bias, "low": float("nan")}


def kept_by(folder: Path) -> list[tuple[object, object, object]]:
    found = json.loads((folder / "calibration.json").read_text())["isolations"]["docker"]["findings"]
    return [(row["truth"], row["bias"], row["run"]) for row in found]


def test_the_newest_calibration_that_applies_accompanies_a_run(tmp_path: Path, state: Path) -> None:
    for name, bias in (("20261124-1500-ash", 0.1), ("20261124-1600-bay", 0.2)):
        keep_calibration(run(name, {"engine": "20"}), [finding("delay", bias)])
    (state / "calibrations" / "20261124-1700-torn.json").write_text("{")
    accompany(tmp_path, run("later", {"engine": "20"}))
    found = json.loads((tmp_path / "calibration.json").read_text())["isolations"]["docker"]
    assert (found["run"], found["findings"][0]["low"]) == ("20261124-1600-bay", None)
    assert kept_by(tmp_path) == [("delay", 0.2, "20261124-1600-bay")]


def test_a_calibration_of_one_truth_leaves_what_is_known_of_the_others(tmp_path: Path) -> None:
    keep_calibration(run("20261124-1500-ash", {}), [finding("delay", 0.1), finding("memory", 0.2)])
    keep_calibration(run("20261124-1600-bay", {}), [finding("delay", 0.3)])
    accompany(tmp_path, run("later", {}))
    assert kept_by(tmp_path) == [("memory", 0.2, "20261124-1500-ash"), ("delay", 0.3, "20261124-1600-bay")]


@pytest.mark.parametrize(("engine", "kernel"), [("21", "6.1"), ("20", "6.2")])
def test_another_engine_or_kernel_is_not_calibrated(tmp_path: Path, engine: str, kernel: str) -> None:
    keep_calibration(run("20261124-1500-ash", {"engine": "20"}), [finding("delay", 0.1)])
    accompany(tmp_path, run("later", {"engine": engine}, replace(HOST, kernel=kernel)))
    assert not (tmp_path / "calibration.json").exists()
