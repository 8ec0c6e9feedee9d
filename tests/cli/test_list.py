"""``bench list``: scenarios, isolations, runs; what is broken is said, not hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Bench, write_scenario

MANIFEST = {
    "started_at": "2026-11-23T21:05:00+00:00",
    "scenarios": {"cpu": {}},
    "isolations": {"bare": {}, "vm": {}},
    "planned": 4,
}


def write_run(folder: Path, manifest: str, *outcomes: str, torn: str = "") -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(manifest)
    lines = "".join(json.dumps({"outcome": outcome}) + "\n" for outcome in outcomes)
    (folder / "trials.jsonl").write_text(lines + torn)


def test_without_runs_it_says_so(bench: Bench) -> None:
    answer = bench("list")
    assert answer.code == 0
    assert "No runs in results yet." in answer.out


def test_stock_scenarios_and_isolations_are_shown(bench: Bench) -> None:
    out = bench("list").out
    for word in ("startup", "footprint", "cpu", "bare, docker, vm, fake (only when asked for)"):
        assert word in out


def test_a_users_own_scenario_is_shown_as_it_is_written(bench: Bench, tmp_path: Path) -> None:
    write_scenario(tmp_path / "scenarios", "say", "hello")
    assert "Does it speak [/loudly]?" in bench("list", "--scenarios", "scenarios").out


def test_runs_are_shown_with_what_came_of_them(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results/20261123-2105-fir", json.dumps(MANIFEST), "ok", "failed", "ok")
    (line,) = [line for line in bench("list").out.splitlines() if "fir" in line]
    assert line.split() == [
        "20261123-2105-fir",
        "cpu",
        "bare,",
        "vm",
        "3",
        "of",
        "4",
        "1",
        "failed,",
        "2",
        "ok",
    ]


def test_a_torn_last_line_is_the_trial_in_flight(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results/20261123-2105-fir", json.dumps(MANIFEST), "ok", torn='{"outcome": "o')
    assert "1 of 4" in bench("list").out


@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}", "null", '{"started_at": 1}'])
def test_a_broken_manifest_is_said_and_the_other_runs_are_shown(bench: Bench, tmp_path: Path, manifest: str) -> None:
    write_run(tmp_path / "results/20261123-2105-elm", manifest)
    write_run(tmp_path / "results/20261123-2105-fir", json.dumps(MANIFEST), "ok")
    answer = bench("list")
    assert answer.code == 0
    (line,) = [line for line in answer.out.splitlines() if "elm" in line]
    assert "cannot be read" in line
    assert "1 of 4" in answer.out


def test_as_json_it_is_one_document(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results/20261123-2105-fir", json.dumps(MANIFEST), "ok")
    write_run(tmp_path / "results/20261123-2106-elm", "{")
    told = json.loads(bench("list", "--json").out)
    assert set(told) == {"scenarios", "isolations", "runs"}
    assert {"name": "bare", "default": True} in told["isolations"]
    assert {"name": "fake", "default": False} in told["isolations"]
    assert [run["run"] for run in told["runs"]] == ["20261123-2105-fir", "20261123-2106-elm"]
    assert {"startup", "cpu"} <= {scenario["name"] for scenario in told["scenarios"]}


def test_a_folder_of_scenarios_that_is_not_there_is_exit_code_2(bench: Bench) -> None:
    answer = bench("list", "--scenarios", "nowhere")
    assert answer.code == 2
    assert "nowhere is no folder" in answer.err
