"""The manifest: whole or not at all, and enough to understand a run by."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.host import Host
from bench.isolations.base import Availability, Fault
from bench.isolations.fake import Fake
from bench.store.layout import SCHEMA_VERSION
from bench.store.manifest import Manifest, image_entry, isolation_entry, scenario_entry, write
from tests.records import MIB, image, metric, scenario

HOST = Host(
    name="host",
    cpu_model="cpu",
    cpus=2,
    memory_bytes=8 << 30,
    swap_bytes=0,
    os="Debian",
    kernel="6.1",
    architecture="x86_64",
    cgroup="v2",
    virtual="",
    caveats=("one",),
)


def manifest(*, run: str = "20261123-2105-fir") -> Manifest:
    return Manifest(
        run=run,
        started_at="2026-11-23T21:05:00+00:00",
        command_line=["bench", "run"],
        bench_version="0.1.0",
        seed=1,
        quick=False,
        rounds={},
        planned=0,
        host=HOST,
        harness={},
        isolations={},
        scenarios={},
        images={},
    )


def test_it_is_written_with_its_schema_version_and_its_end_open(tmp_path: Path) -> None:
    write(manifest(), tmp_path)
    told = json.loads((tmp_path / "manifest.json").read_text())
    assert told["schema_version"] == SCHEMA_VERSION
    assert (told["finished_at"], told["interrupted"]) == (None, None)
    assert told["host"]["caveats"] == ["one"]


def test_a_write_that_fails_half_way_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(manifest(run="first"), tmp_path)

    def fail(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="no space left"):
        write(manifest(run="second"), tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["run"] == "first"


def test_an_isolation_that_ran_is_described_with_its_stopwatch_and_phases() -> None:
    availability = Availability(isolation="fake", fault=None, detail="scripted", versions={"a": "1"})
    entry = isolation_entry(Fake("fir"), availability)
    assert (entry["ready"], entry["reason"], entry["remedy"]) == (True, None, None)
    assert entry["versions"] == {"a": "1"}
    assert entry["stopwatch"] == Fake.stopwatch
    assert {"mark": "start", "label": "first output"} in list(entry["phases"])  # type: ignore[call-overload]


def test_an_isolation_that_did_not_run_is_described_with_reason_and_remedy() -> None:
    fault = Fault(reason="no Docker engine answers", remedy="Start one")
    availability = Availability(isolation="docker", fault=fault, detail=fault.reason)
    for entry in (isolation_entry(Fake("fir"), availability), isolation_entry(None, availability)):
        assert (entry["ready"], entry["reason"], entry["remedy"]) == (
            False,
            "no Docker engine answers",
            "Start one",
        )
    assert isolation_entry(None, availability)["phases"] == []


def test_a_scenario_is_described_as_it_was_run() -> None:
    of = scenario("squeeze", "{n}", parameters={"n": (1, 2)}, metrics=[metric(pattern="x")], settle_s=2.0)
    entry = scenario_entry(of, (1,))
    assert entry["command"] == ["squeeze", "{n}"]
    assert entry["parameters"] == {"n": [1, 2]}
    assert entry["envelope"] == {
        "cpus": 1, "cpu_set": [1], "memory_bytes": 128 * MIB, "pids": 64, "network": "none",
    }  # fmt: skip
    assert entry["metrics"] == [{"name": "rate", "unit": "1/s", "better": "higher"}]
    json.dumps(entry)


def test_an_image_is_described_by_content(tmp_path: Path) -> None:
    made = image(tmp_path)
    assert image_entry(made, "locks/base.json") == {
        "digest": made.digest, "suite": "bookworm", "packages": 1, "lock": "locks/base.json",
    }  # fmt: skip
