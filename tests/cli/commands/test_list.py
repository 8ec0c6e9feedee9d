"""``bench list``: scenarios, isolations, runs; what is broken is said, not hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.cli.commands.list import _total
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
    out = " ".join(bench("list").out.split())  # wherever its lines break
    for word in (
        "startup",
        "footprint",
        "cpu",
        "Compared when none is asked for: bare, docker, vm",
        "docker:read-only",
    ):
        assert word in out


def test_a_users_own_scenario_is_shown_as_it_is_written(bench: Bench, tmp_path: Path) -> None:
    write_scenario(tmp_path / "scenarios", "say", "hello")
    assert "Does it speak [/loudly]?" in bench("list", "--scenarios", "scenarios").out


RUNGS = """
[[rungs]]
isolation = "bare"
adds = "a process"
part = "kernel"

[[rungs]]
isolation = "runc"
over = "bare"
adds = "a runtime"
part = "runtime"
"""


def test_a_ladder_is_shown_with_its_own_isolations(bench: Bench, tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "scenarios", "say", "hello")
    plain = " ".join(bench("list", "--scenarios", "scenarios").out.split())
    assert "asked for: bare, docker, vm; by ladder: bare:fork, bare, runc," in plain
    assert "by speak" not in plain
    (folder / "speak.toml").write_text((folder / "speak.toml").read_text() + RUNGS)
    out = " ".join(bench("list", "--scenarios", "scenarios").out.split())
    assert "; by speak: bare, runc." in out
    told = json.loads(bench("list", "--scenarios", "scenarios", "--json").out)
    (speak,) = [scenario for scenario in told["scenarios"] if scenario["name"] == "speak"]
    assert speak["isolations"] == ["bare", "runc"]


TIMED = """
[client]
command = ["say", "{word}"]

[steps]
word = ["one", "two", "three"]

[[arms]]
name = "inside"

[[arms]]
name = "beside"

[quick]
arms = ["inside"]

[time]
full_s = 600
quick_s = 45
"""


def test_cells_are_arms_steps_are_within_them_and_the_times_are_those_of_the_file(bench: Bench, tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "scenarios", "say", "hello")
    (folder / "speak.toml").write_text((folder / "speak.toml").read_text() + TIMED)
    (line,) = [line for line in bench("list", "--scenarios", "scenarios").out.splitlines() if "loudly" in line]
    assert line.split()[:8] == ["speak", "2", "2", "3", "10", "min", "45", "s"]
    told = json.loads(bench("list", "--scenarios", "scenarios", "--json").out)
    (speak,) = [scenario for scenario in told["scenarios"] if scenario["name"] == "speak"]
    assert (speak["cells"], speak["steps"], speak["took_s"], speak["quick_took_s"]) == (2, 3, 600, 45)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([(600, 45), (60, 30)], "All of them take about 11 min, with --quick about 75 s,"),
        (
            [(600, 45), (None, None)],
            "All but s1, which have not been timed, take about 10 min, with --quick about 45 s,",
        ),
        ([(None, None)], "How long they take has not been measured."),
    ],
)
def test_the_total_says_what_is_in_it(times: list[tuple[int | None, int | None]], said: str) -> None:
    scenarios: list[dict[str, object]] = [
        {"name": f"s{place}", "took_s": full, "quick_took_s": quick} for place, (full, quick) in enumerate(times)
    ]
    assert _total(scenarios).startswith(said)


def test_runs_are_shown_with_what_came_of_them(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results/20261123-2105-fir", json.dumps(MANIFEST), "ok", "failed", "ok")
    (line,) = [line for line in bench("list").out.splitlines() if "-fir" in line]
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
    (line,) = [line for line in answer.out.splitlines() if "-elm" in line]
    assert "cannot be read" in line
    assert "1 of 4" in answer.out


def test_as_json_it_is_one_document(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results/20261123-2105-fir", json.dumps(MANIFEST), "ok")
    write_run(tmp_path / "results/20261123-2106-elm", "{")
    told = json.loads(bench("list", "--json").out)
    assert set(told) == {"scenarios", "isolations", "runs"}
    listed = {one["name"]: one for one in told["isolations"]}
    assert (listed["bare"]["default"], listed["fake"]["default"]) == (True, False)
    assert "read-only" in listed["docker"]["variants"]
    assert [run["run"] for run in told["runs"]] == ["20261123-2105-fir", "20261123-2106-elm"]
    assert {"startup", "cpu"} <= {scenario["name"] for scenario in told["scenarios"]}


def test_a_folder_of_scenarios_that_is_not_there_is_exit_code_2(bench: Bench) -> None:
    answer = bench("list", "--scenarios", "nowhere")
    assert answer.code == 2
    assert "nowhere is no folder" in answer.err
