"""The manifest: whole or not at all, and enough to understand a run by."""

from __future__ import annotations

import json
import os
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path

import pytest

from bench.analysis.data.manifest import load_manifest
from bench.errors import StoreError
from bench.host.machine import Host
from bench.isolations.base import Availability, Fault
from bench.isolations.envelope import limits_here
from bench.isolations.fake import Fake
from bench.measuring.manifest_entries import image_entry, isolation_entry, scenario_entry, stopping_entry
from bench.measuring.stopping import Rule
from bench.model import (
    Answer,
    Arm,
    Burst,
    Claim,
    Client,
    Density,
    Entering,
    Envelope,
    Facts,
    Neighbour,
    Phase,
    Rate,
    Restore,
    Role,
    Rung,
    Storage,
)
from bench.store.layout import SCHEMA_VERSION
from bench.store.manifest import (
    AskedFor,
    Difference,
    Harness,
    Manifest,
    NotOffered,
    OwnWorkload,
    Resumed,
    RunImage,
    RunIsolation,
    RunMetric,
    Stopping,
    write,
)
from tests.records import MIB, image, metric, scenario

SCHEMA_1 = Path(__file__).parent / "schema_1"

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
        bench_version="0.1.0",
        seed=1,
        host=HOST,
        isolations={},
        scenarios={},
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
    entry = isolation_entry(Fake("fir"), availability, Facts(order=3))
    assert (entry.ready, entry.reason, entry.remedy) == (True, None, None)
    assert entry.versions == {"a": "1"}
    assert entry.stopwatch == Fake.stopwatch
    assert Phase(mark="start", label="first output") in entry.phases


def test_an_isolation_that_did_not_run_is_described_with_reason_and_remedy() -> None:
    fault = Fault(reason="no Docker engine answers", remedy="Start one")
    availability = Availability(isolation="docker", fault=fault, detail=fault.reason)
    for entry in (
        isolation_entry(Fake("fir"), availability, Facts(order=3)),
        isolation_entry(None, availability, Facts()),
    ):
        assert (entry.ready, entry.reason, entry.remedy) == (False, "no Docker engine answers", "Start one")
    assert isolation_entry(None, availability, Facts()).phases == ()


def test_a_scenario_is_described_as_it_was_run() -> None:
    of = scenario("squeeze", "{n}", parameters={"n": (1, 2)}, metrics=[metric(pattern="x")], settle_s=2.0)
    entry = scenario_entry(of, (1,))
    assert entry.limits == limits_here()
    assert entry.command == ("squeeze", "{n}")
    assert entry.parameters == {"n": (1, 2)}
    assert entry.envelope == Envelope(cpus=1, cpu_set=(1,), memory_bytes=128 * MIB, pids=64)
    assert entry.metrics == (RunMetric(name="rate", unit="1/s", better="higher"),)
    assert (entry.storage, entry.client, entry.arms, entry.answer) == (None, None, (), "")


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


WHOLE = replace(
    SERVICE,
    parameters={"size": (1, 2.5, "all")},
    settle_s=2.0,
    metrics=(metric(pattern="x"),),
    rungs=(Rung(isolation="runc", over="", adds="a container", part="runtime"),),
    provision=True,
    burst=Burst(at_once=(1, 2), floor_bytes=MIB, floor_tasks=64),
    rate=Rate(starts=8, late=3.0, floor_bytes=MIB, floor_tasks=64),
    entering=Entering(command=("true",), times=2),
    neighbour=Neighbour(command=("take", "{antagonist}"), ready="^works$", work="^work: (.*)$"),
    restore=Restore(ask=("ask", "{port}")),
    surface=True,
    idle_s=5.0,
    outgrows_memory=True,
)


def test_what_a_scenario_says_is_what_its_run_says() -> None:
    told = scenario_entry(SERVICE, (1,))
    for name in ("arms", "storage", "client", "steps", "ready", "density", "provision", "claims", "rounds"):
        assert getattr(told, name) == getattr(SERVICE, name), name
    assert told.answer == "HTTP GET /"
    assert told.cell_dimensions == {"arm": ("host, volume", "plain")}
    assert told.dimensions == {"arm": ("host, volume", "plain"), "n": (1, 64)}


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Every field that a run can fill, filled: one that the file loses, or reads back as something else, is seen."""
    made = image(tmp_path)
    made.lock.write_text(json.dumps({"packages": [1], "imported": {"reference": "redis:7", "digest": "sha256:77"}}))
    phase = Phase(mark="start", label="first output")
    written = replace(
        manifest(),
        command_line=("bench", "run"),
        quick=True,
        rounds={"serve": 3},
        stopping=replace(stopping_entry(Rule(rounds=9, precision=0.02, budget_s=60.0)), reason="sure"),
        host=replace(HOST, virtual="KVM"),
        harness=Harness(
            cpu_set=(0,), not_apart=("a core is shared",), python="3.11.7", unwatched={"heat": "no counters"},
            varied={"placement": ""},
        ),
        isolations={
            "docker": RunIsolation(
                ready=True, detail="runc", reason="none", remedy="none", virtualization="software",
                versions={"engine": "20"},
                engine={"id": "A:B"}, own_kernel=True, stopwatch="docker run", phases=(phase,),
                facts=Facts(order=9, colour="#0072B2", roles=(Role(name="shim", place=1, peak=2, machine=True),)),
            ),
        },
        scenarios={"serve": scenario_entry(WHOLE, (0, 1))},
        images={"base": image_entry(made)},
        planned=6,
        not_offered=(
            NotOffered(scenario="serve", parameters={"n": 1}, isolation="vm", reason="it cannot", remedy="Do not"),
        ),
        finished_at="2026-11-23T21:06:00+00:00",
        interrupted="SIGINT",
        asked=AskedFor(
            scenarios_folder="/mine", kernel="/boot/vmlinuz", beside=("uml",),
            own=OwnWorkload(
                image="app.tar", command="app", ready="up", metrics=("a=(.) s lower",), cpus=2, memory_mib=64,
                folder="/work",
            ),
        ),
        resumed=(
            Resumed(
                at="2026-11-23T21:05:50+00:00", after=3, gap_s=1.5, ended_by="SIGTERM",
                differences=(Difference(what="host, kernel", before="6.1", after="6.2"),),
            ),
        ),
    )  # fmt: skip
    assert unfilled(written) == set()
    write(written, tmp_path)
    assert load_manifest(tmp_path) == written


def test_a_run_of_the_first_schema_is_read_with_what_it_did_not_tell() -> None:
    told = load_manifest(SCHEMA_1)
    assert (told.schema_version, told.stopping, told.harness.varied) == (1, Stopping(), {})
    assert told.scenarios["speak"].outgrows_memory is False
    assert told.host.name == "fir"


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"emulated": True, "versions": {"accelerator": "tcg"}}, "emulation"),
        ({"emulated": False, "versions": {"accelerator": "kvm"}}, "hardware"),
        ({"emulated": False, "versions": {}}, ""),
        ({"emulated": False, "virtualization": "software"}, "software"),
    ],
)
def test_a_run_that_says_only_whether_it_was_emulated_is_read_in_words(
    tmp_path: Path, told: dict[str, object], word: str
) -> None:
    write(manifest(), tmp_path)
    document = json.loads((tmp_path / "manifest.json").read_text())
    document["isolations"]["vm"] = {"ready": True, **told}
    (tmp_path / "manifest.json").write_text(json.dumps(document))
    vm = load_manifest(tmp_path).isolations["vm"]
    assert (vm.virtualization, vm.emulated) == (word, word == "emulation")


def test_the_file_has_every_key_in_the_order_of_the_records(tmp_path: Path) -> None:
    write(manifest(), tmp_path)
    told = json.loads((tmp_path / "manifest.json").read_text())
    assert list(told) == ["schema", *(one.name for one in fields(Manifest))]
    assert list(told["host"]) == [one.name for one in fields(Host)]


def unfilled(record: object) -> set[str]:
    """Return the fields of the manifest's own records that hold what they hold by default."""
    if isinstance(record, dict | tuple):
        return {one for value in (record.values() if isinstance(record, dict) else record) for one in unfilled(value)}
    if not is_dataclass(record) or isinstance(record, type) or type(record).__module__ != Manifest.__module__:
        return set()
    kept = [(one, getattr(record, one.name)) for one in fields(record)]
    made = {one.name: one.default if one.default_factory is MISSING else one.default_factory() for one, _ in kept}
    alike = {f"{type(record).__name__}.{one.name}" for one, value in kept if value == made[one.name]}
    return (alike - {"Manifest.schema_version"}) | {one for _, value in kept for one in unfilled(value)}


def test_an_image_is_described_by_content(tmp_path: Path) -> None:
    made = image(tmp_path)
    lock = f"locks/{made.name}-{made.digest.removeprefix('sha256:')[:12]}.json"
    assert image_entry(made) == RunImage(digest=made.digest, suite="bookworm", packages=1, lock=lock)


def test_a_scenario_tells_what_its_image_makes_of_its_command() -> None:
    assert scenario_entry(SERVICE, (1,), command=("/entry", "go")).command == ("/entry", "go")
