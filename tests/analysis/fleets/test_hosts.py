"""A fleet's folder read: each host by itself as its run is, and who is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.claims.claims import judged
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.summary import summarize
from bench.analysis.fleets.differences import distinctions
from bench.analysis.fleets.hosts import read_fleet
from bench.analysis.fleets.over_hosts import LESS, MORE, claims_over_hosts, over_hosts
from bench.errors import ResultsError
from bench.store.fleets import load_fleet, write_fleet
from tests.synthetic_fleet import change_host, change_manifest, write_fleet_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_fleet_folder(tmp_path / "fleet-x", 4)


def test_a_hosts_ratio_is_the_one_of_its_own_report(folder: Path) -> None:
    """Though many hosts are derived at once."""
    found = over_hosts(read_fleet(folder).runs)
    assert len(found) == 6, "start-up of two, and start-up and memory of two"
    for name in ("h0001", "h0004"):
        table = summarize(load(folder / name)).set_index(["scenario", "isolation", "metric", "vantage"])
        for one in found:
            key: Any = (one.cell.scenario, one.cell.isolation, *one.figure[:2])
            row = table.loc[key]
            host = next(host for host in one.hosts if host.host == name)
            assert (host.ratio, host.low, host.high, host.n) == pytest.approx(
                (row["ratio"], row["ratio_low"], row["ratio_high"], row["n"])
            )


def test_claims_are_judged_as_in_each_hosts_report(folder: Path) -> None:
    claim: dict[str, Any] = {
        "says": "A container starts at once", "source": "nobody", "metric": "timeline.ready", "vantage": "host",
        "of": "docker", "against": "bare", "at_least": None, "at_most": 2.0, "where": {}, "against_where": {},
    }  # fmt: skip
    for name in ("h0001", "h0002", "h0003", "h0004"):
        scenarios = json.loads((folder / name / "manifest.json").read_text())["scenarios"]
        change_manifest(folder / name, scenarios={**scenarios, "startup": {**scenarios["startup"], "claims": [claim]}})
    runs = read_fleet(folder).runs
    manifest = load_manifest(folder / "h0002")
    assert runs[1].claims == judged(load(folder / "h0002"), manifest)
    (one,) = [one for one in claims_over_hosts(runs) if one.says == claim["says"]]
    assert one.verdicts == {"refuted": ("h0001", "h0002", "h0003", "h0004")}


def test_emulated_hosts_are_no_company_for_others(folder: Path) -> None:
    isolations = json.loads((folder / "h0001" / "manifest.json").read_text())["isolations"]
    change_manifest(folder / "h0001", isolations={**isolations, "vm": {**isolations["vm"], "emulated": False}})
    found = [one for one in over_hosts(read_fleet(folder).runs) if one.cell.isolation == "vm"]
    assert {(one.emulated, len(one.hosts)) for one in found} == {(True, 3), (False, 1)}


def test_it_is_counted_on_how_many_hosts_a_figure_holds(folder: Path) -> None:
    for one in over_hosts(read_fleet(folder).runs):
        assert one.holds == (MORE, 4)
        assert one.says[LESS] == 0
        assert one.effects is not None
        assert one.effects.hosts == 4


def test_what_differs_is_found_with_the_hosts(folder: Path) -> None:
    host = json.loads((folder / "h0002" / "manifest.json").read_text())["host"]
    change_manifest(folder / "h0002", host={**host, "kernel": "6.9"})
    change_manifest(folder / "h0003", host={**host, "kernel": "6.9"})
    change_manifest(folder / "h0004", host={**host, "name": "elm"})
    (one,) = distinctions(read_fleet(folder).runs)
    assert one.what == "host, kernel"
    assert one.ways == (("6.1.0", ("h0001", "h0004")), ("6.9", ("h0002", "h0003")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seed": 5}, "its seed is 5, and "),
        ({"bench_version": "0.0.9"}, "its version of Isobench is 0.0.9, and 0.1.0 was asked for"),
        ({"scenarios": {}}, "its version of scenario startup is missing, and 0123456789ab was asked for"),
        ({"images": {"base": {"digest": "sha256:other"}}}, "its image base is sha256:other, and sha256:5f0c"),
        ({"schema_version": 99}, "schema version 99 is newer than"),
        ({"rounds": "many"}, "rounds = 'many'"),
    ],
)
def test_a_run_that_is_not_the_one_that_was_asked_for_is_left_out(
    changes: dict[str, object], reason: str, folder: Path
) -> None:
    change_manifest(folder / "h0003", **changes)
    found = read_fleet(folder)
    assert [run.name for run in found.runs] == ["h0001", "h0002", "h0004"]
    assert list(found.left_out) == ["h0003"]
    assert reason in found.left_out["h0003"]


def test_a_journal_that_is_not_the_one_that_arrived_is_left_out(folder: Path) -> None:
    journal = folder / "h0001" / "trials.jsonl"
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join(lines[:-1]))
    (folder / "h0002" / "trials.jsonl").write_text("\n".join(["{torn", *lines]))
    forged = json.loads(lines[0]) | {"scenario": "cpu"}
    (folder / "h0004" / "trials.jsonl").write_text("\n".join([json.dumps(forged), *lines[1:]]))
    found = read_fleet(folder)
    assert [run.name for run in found.runs] == ["h0003"]
    assert found.left_out["h0001"] == "its journal has 29 trials, and 30 have arrived"
    assert "trials.jsonl, line 1: not valid JSON" in found.left_out["h0002"]
    assert found.left_out["h0004"] == "its journal has trials of scenario cpu 0123456789ab, which was not asked for"


def test_a_host_that_sent_nothing_has_its_reason(folder: Path) -> None:
    fleet = load_fleet(folder)
    absent = replace(fleet.hosts["h0001"], state="left out", reason="it did not come within 60 s", trials=0)
    change_host(folder, fleet, "absent", absent)
    assert read_fleet(folder).left_out == {"absent": "it did not come within 60 s"}


def test_a_host_whose_name_leads_out_of_the_folder_is_not_followed(folder: Path) -> None:
    fleet = load_fleet(folder)
    (folder.parent / "elsewhere").symlink_to(folder / "h0001")
    change_host(folder, fleet, "../elsewhere", fleet.hosts["h0001"])
    assert read_fleet(folder).left_out == {"../elsewhere": "../elsewhere is no folder of this fleet's own"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fleet": "x", "seed": "many"}'])
def test_a_broken_fleet_is_named(text: str, folder: Path) -> None:
    (folder / "fleet.json").write_text(text)
    with pytest.raises(ResultsError, match=r"fleet-x/fleet\.json: "):
        load_fleet(folder)


def test_it_is_read_as_it_was_written(folder: Path) -> None:
    fleet = load_fleet(folder)
    write_fleet(fleet, folder)
    assert load_fleet(folder) == fleet
