"""The manifest: whole or not at all, and enough to understand a run by."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bench.analysis.manifest import NotOffered, RunImage, RunScenario
from bench.errors import StoreError
from bench.host import Host
from bench.isolations.base import Availability, Fault
from bench.isolations.fake import Fake
from bench.model import Answer, Arm, Claim, Client, Density, Storage
from bench.stopping import Rule
from bench.store.layout import SCHEMA_VERSION
from bench.store.manifest import Manifest, image_entry, isolation_entry, scenario_entry, stopping_entry, write
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
        stopping=stopping_entry(Rule()),
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
        "cpus": 1, "cpu_set": [1], "memory_bytes": 128 * MIB, "pids": 64, "network": "none", "write_bytes_per_s": None,
    }  # fmt: skip
    assert entry["metrics"] == [{"name": "rate", "unit": "1/s", "better": "higher"}]
    assert (entry["storage"], entry["client"], entry["arms"], entry["answer"]) == (None, None, [], "")
    json.dumps(entry)


SERVICE = replace(
    scenario("serve"),
    arms=(Arm(name="host, volume", network="host", storage="volume", client="host"), Arm(name="plain")),
    storage=Storage(path="/data", kind="layer", size_bytes=MIB),
    client=Client(command=("ask", "{n}"), where="inside", setup=(("fill",),)),
    steps={"n": (1, 64)},
    ready="ready for connections",
    answer=Answer(send=b"PING", expect="PONG", says="HTTP GET /"),
    density=Density(most=4, floor_bytes=MIB),
    claims=(
        Claim(
            says="It is free.", source="Folklore", provenance="T", metric="rate", of="docker", against="bare",
            at_least=0.97, where={"n": (64,)}, against_where={"arm": "plain"}, hardware_virtualization=True,
        ),
    ),
)  # fmt: skip


def test_what_a_scenario_says_is_what_analysis_reads_back() -> None:
    told = TypeAdapter(RunScenario).validate_python(json.loads(json.dumps(scenario_entry(SERVICE, (1,)))))
    for name in ("arms", "storage", "client", "steps", "ready", "density", "provision", "claims", "rounds"):
        assert getattr(told, name) == getattr(SERVICE, name), name
    assert told.answer == "HTTP GET /"
    assert told.cell_dimensions == {"arm": ("host, volume", "plain")}
    assert told.dimensions == {"arm": ("host, volume", "plain"), "n": (1, 64)}


def test_cells_that_were_not_offered_are_told(tmp_path: Path) -> None:
    left_out = {"scenario": "speak", "parameters": {"arm": "host"}, "isolation": "vm", "reason": "it cannot"}
    told = manifest()
    told.not_offered = [left_out]
    write(told, tmp_path)
    found = json.loads((tmp_path / "manifest.json").read_text())
    assert found["not_offered"] == [left_out]
    assert TypeAdapter(NotOffered).validate_python(left_out).reason == "it cannot"


def test_an_image_is_described_by_content(tmp_path: Path) -> None:
    made = image(tmp_path)
    assert image_entry(made, "locks/base.json") == {
        "digest": made.digest, "suite": "bookworm", "packages": 1, "lock": "locks/base.json",
        "source": None,
    }  # fmt: skip


def test_an_imported_image_is_described_by_where_it_came_from(tmp_path: Path) -> None:
    made = image(tmp_path)
    source = {"reference": "redis:7", "digest": "sha256:77"}
    made.lock.write_text(json.dumps({"packages": [], "imported": {**source, "user": "redis"}}))
    entry = image_entry(made, "locks/base.json")
    told = TypeAdapter(RunImage).validate_python(json.loads(json.dumps(entry)))
    assert told.source is not None
    assert {"reference": told.source.reference, "digest": told.source.digest} == source


def test_a_scenario_tells_what_its_image_makes_of_its_command() -> None:
    assert scenario_entry(SERVICE, (1,), command=("/entry", "go"))["command"] == ["/entry", "go"]
