"""``bench fleet`` as a user has it: what is wrong is named, and a report is found by its id."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Bench
from tests.synthetic_fleet import write_fleet_folder


def test_a_report_is_printed_and_written_and_a_fleet_is_found_by_its_id(bench: Bench, tmp_path: Path) -> None:
    write_fleet_folder(tmp_path / "results" / "fleet-x", 3)
    answer = bench("fleet", "report", "fleet-x")
    assert answer.code == 0
    assert answer.out.splitlines()[0] == "3 of 3 hosts measured startup and memory."
    assert "3 of 3 ▲ more" in answer.out
    assert (tmp_path / "results/fleet-x/report.html").exists()
    assert bench("report", "results/fleet-x/h0001").code == 0, "each host's run is one of its own"


def test_no_fleet_of_that_name_names_those_there_are(bench: Bench, tmp_path: Path) -> None:
    write_fleet_folder(tmp_path / "results" / "fleet-x", 1)
    answer = bench("fleet", "report", "fleet-y")
    assert answer.code == 2
    assert "no fleet is called 'fleet-y', did you mean 'fleet-x'?" in answer.err


def test_tables_are_written_once_and_read_then(bench: Bench, tmp_path: Path) -> None:
    fleet = write_fleet_folder(tmp_path / "results" / "fleet-x", 3)
    (fleet / "h0002" / "trials.jsonl").write_text("{torn\n{}\n")
    assert bench("fleet", "report", "fleet-x").code == 0
    tables = {one.parent.name: one.stat().st_mtime_ns for one in fleet.glob("*/samples.parquet")}
    assert sorted(tables) == ["h0001", "h0003"]
    answer = bench("fleet", "report", "fleet-x")
    assert "2 of 3 hosts measured startup and memory; in no figure is h0002." in answer.out
    assert {one.parent.name: one.stat().st_mtime_ns for one in fleet.glob("*/samples.parquet")} == tables


def test_a_fleet_that_does_not_tell_what_was_asked_cannot_go_on(bench: Bench, tmp_path: Path) -> None:
    write_fleet_folder(tmp_path / "results" / "fleet-x", 1)
    answer = bench("fleet", "resume", "fleet-x")
    assert answer.code == 2
    assert "fleet.json does not tell what its hosts were asked for" in answer.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("alpha\nbeta # again\n\nalpha\n", "hosts.txt, line 4: alpha is listed in line 1 already"),
        ("# none\n", "hosts.txt names no host"),
        ("../alpha\n", "no host can be called ../alpha"),
    ],
)
def test_a_file_of_hosts_that_is_wrong_is_named(bench: Bench, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "hosts.txt").write_text(text)
    answer = bench("fleet", "run", "startup", "--hosts", "hosts.txt")
    assert answer.code == 2
    assert reason in answer.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["run", "startup"], "one of --scheduler and --hosts says which hosts"),
        (["run", "startup", "--scheduler", "10.0.0.1"], "nothing is said or heard without TLS but on loopback"),
        (["run", "startup", "--scheduler", "10.0.0.1", "--tls", "nowhere"], "nowhere has no ca.pem"),
        (["run", "startup", "--scheduler", "127.0.0.1", "--wait", "long"], "--wait 'long' is no span of time"),
        (["worker", "10.0.0.1"], "nothing is said or heard without TLS but on loopback"),
        (["worker", "127.0.0.1", "--name", "a/b"], "no host can be called a/b"),
        (["init", "tls", "../x"], "no host can be called ../x"),
        (["status", "10.0.0.1"], "nothing is said or heard without TLS but on loopback"),
    ],
)
def test_what_is_wrong_is_said_at_the_door(bench: Bench, words: list[str], reason: str) -> None:
    answer = bench("fleet", *words)
    assert answer.code == 2
    assert reason in answer.err


def test_without_dask_there_is_one_line_with_the_remedy(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measuring.fleet.installed.find_spec", lambda name: None)
    answer = bench("fleet", "run", "startup", "--hosts", "hosts.txt")
    assert answer.code == 2
    assert answer.err.splitlines() == [
        "bench: a fleet needs distributed and cryptography, not installed here",
        "       pip install 'isobench[fleet]'",
    ]


def test_certificates_are_made_and_it_is_said_what_to_do_with_them(bench: Bench, tmp_path: Path) -> None:
    answer = bench("fleet", "init", "tls", "alpha")
    assert answer.code == 0
    assert answer.out.splitlines()[0] == "tls/alpha: copy it to that host alone"
    assert (tmp_path / "tls" / "alpha" / "cert.pem").exists()
