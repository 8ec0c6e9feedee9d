"""What a fleet's report says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.report.fleets.fleet_report import compose_fleet, save_fleet
from bench.store.fleets import load_fleet
from tests.synthetic_fleet import change_host, change_manifest, write_fleet_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_fleet_folder(tmp_path_factory.mktemp("fleets") / "fleet-x", 5)
    change_manifest(folder / "h0002", seed=1)
    fleet = load_fleet(folder)
    change_host(folder, fleet, "h0003", replace(fleet.hosts["h0003"], state="lost", reason="it died or left"))
    return folder


def test_it_says_who_is_in_it_and_who_is_not(folder: Path) -> None:
    status, lost, *_ = compose_fleet(folder).sentences
    assert status == "4 of 5 hosts measured startup and memory; in no figure is h0002."
    assert lost == "h0003 is in the figures with the 30 trials that had arrived: it died or left."


def test_it_says_which_hosts_are_virtual_and_by_whom(tmp_path: Path) -> None:
    folder = write_fleet_folder(tmp_path / "fleet-z", 3)
    host = json.loads((folder / "h0002" / "manifest.json").read_text())["host"]
    change_manifest(folder / "h0002", host={**host, "virtual": "QEMU, which emulates it"})
    assert "Each of h0001 and h0003 is itself a virtual machine (kvm)." in compose_fleet(folder).sentences
    change_manifest(folder / "h0003", host={**host, "virtual": ""})
    first, second, *_ = compose_fleet(folder).sentences[1:]
    assert first == "h0001 is itself a virtual machine (kvm)."
    assert second == "h0002 is itself a virtual machine (QEMU, which emulates it)."


def test_every_figure_has_mean_spread_next_host_and_on_how_many_it_holds(folder: Path) -> None:
    table = compose_fleet(folder).tables[0]
    assert table.head == ("figure", "isolation", "mean", "spread", "next host", "holds on", "hosts")
    assert [row[:2] for row in table.rows[:2]] == [
        ("startup: Time until ready", "docker"), ("startup: Time until ready", "vm (emulated)"),
    ]  # fmt: skip
    assert {row[5] for row in table.rows} == {"4 of 4 ▲ more"}
    assert "vm: emulated, not hardware virtualization." in table.notes
    low, high = map(float, table.rows[0][4].split(" to "))
    assert low < 91.6 < high


def test_a_page_and_a_text_are_written(folder: Path) -> None:
    page = save_fleet(compose_fleet(folder), folder)
    assert "<h1>Fleet fleet-x</h1>" in page.read_text()
    text = (folder / "report.md").read_text()
    assert "| h0001 | " in text
    assert "| h0002 | its seed is 1, and" in text
    assert "## Host by host" in text


def test_of_two_hosts_there_is_no_summary_and_it_says_why(tmp_path: Path) -> None:
    composed = compose_fleet(write_fleet_folder(tmp_path / "fleet-y", 2))
    assert composed.sentences[-1].startswith("A summary over hosts takes 3 at least")
    assert {row[2:5] for row in composed.tables[0].rows} == {("–", "–", "–")}
