"""A published fleet: every host's run redacted, its name gone from all of it, and one entry of the index."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import bench
from bench.analysis.fleets.hosts import FleetRuns, read_fleet
from bench.errors import PublishError
from bench.sharing.publish import publish
from bench.sharing.publish.index import entries
from bench.store.fleets import FleetHost, load_fleet, write_fleet
from tests.synthetic_fleet import change_manifest, write_fleet_folder


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Two hosts of people's own, whose names are in what they say, and one that has sent nothing."""
    folder = write_fleet_folder(tmp_path / "results" / "fleet-birch", hosts=2)
    found, names = load_fleet(folder), {"h0001": "birch", "h0002": "vm"}  # one is an isolation's, too
    hosts = {names[name]: host for name, host in found.hosts.items()}
    lost = FleetHost(number=3, seed=1, state="lost", reason="elm.example.org at 192.168.7.5 has not answered")
    write_fleet(
        replace(found, hosts={**hosts, "elm": lost}, command_line=("bench", "fleet", "run", "--hosts", "/srv/mine")),
        folder,
    )
    for before, after in names.items():
        (folder / before).rename(folder / after)
        run = json.loads((folder / after / "manifest.json").read_text())
        change_manifest(folder / after, host={**run["host"], "name": f"{after}.example.org"})
    return folder


def test_every_host_is_a_published_run_and_none_is_named(fleet: Path) -> None:
    done = publish(fleet, "two-hosts", results=fleet.parent)
    assert {path.name for path in done.folder.iterdir()} == {
        "about.json", "fleet.json", "host-1", "host-2", "report.html", "report.md",
    }  # fmt: skip
    assert {"report.html", "samples.parquet", "summary.csv"} <= {
        path.name for path in (done.folder / "host-2").iterdir()
    }
    told = "".join(path.read_text(errors="replace") for path in done.folder.rglob("*") if path.is_file())
    assert not [word for word in ("birch", "vm.example", "elm", "192.168.7.5", "/srv/mine") if word in told]


def ratios(fleet: FleetRuns) -> list[list[tuple[float, float, float]]]:
    return [[(one.ratio, one.low, one.high) for one in run.ratios.values()] for run in fleet.runs]


def test_it_reads_as_the_fleet_that_it_was(fleet: Path) -> None:
    before = read_fleet(fleet)
    done = publish(fleet, "two-hosts", results=fleet.parent)
    after = read_fleet(done.folder)
    assert ratios(after) == ratios(before)
    assert list(after.left_out) == ["host-3"]
    values = (bench.load(folder)["value"].to_list() for folder in (done.folder / "host-1", fleet / "birch"))
    assert next(values) == next(values)


def test_the_index_has_one_entry_for_all(fleet: Path) -> None:
    published = publish(fleet, "two-hosts", results=fleet.parent).folder.parent
    [entry] = entries(published)
    assert entry.host.startswith("2 x (")
    assert "2 of 3 hosts measured" in entry.headline
    assert "two-hosts/report.md" in (published / "README.md").read_text()


def test_a_host_whose_run_was_quick_holds_all_back(fleet: Path) -> None:
    change_manifest(fleet / "vm", quick=True)
    with pytest.raises(PublishError, match="quick"):
        publish(fleet, "two-hosts", results=fleet.parent)
    assert not (fleet.parent / "published" / "two-hosts").exists()


def test_a_name_that_leads_out_of_the_fleet_brings_nothing_with_it(fleet: Path) -> None:
    found = load_fleet(fleet)
    (fleet / "vm").rename(fleet.parent / "elsewhere")
    hosts = {"../elsewhere" if name == "vm" else name: host for name, host in found.hosts.items()}
    write_fleet(replace(found, hosts=hosts), fleet)
    done = publish(fleet, "two-hosts", results=fleet.parent)
    assert [path.name for path in done.folder.glob("host-*")] == ["host-1"]


def test_a_fleet_without_any_run_is_refused(fleet: Path) -> None:
    for name in ("birch", "vm"):
        (fleet / name / "manifest.json").unlink()
    with pytest.raises(PublishError, match="no host of this fleet has a run"):
        publish(fleet, "two-hosts", results=fleet.parent)
