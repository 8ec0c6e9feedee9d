"""The glance as data: one figure a question, the same for every isolation, each cell with one mark."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench
from bench.analysis.figures.glance import IDLE_MEMORY, NOT_SHOWN, START_UP, TOO_FEW, Mark, doubt
from bench.errors import ResultsError
from tests.analysis.choosing.test_musts import READY
from tests.synthetic import write_run

PUBLISHED = Path(bench.__file__).parents[1] / "results/published"


def cells(table: pd.DataFrame) -> dict[tuple[str, str], Any]:
    return {(str(row.isolation), str(row.question)): row for row in table.itertuples()}


@pytest.fixture(scope="module")
def sixteen() -> pd.DataFrame:
    return bench.Run(PUBLISHED / "sixteen-isolations").glance


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run")


def test_isolations_stand_from_a_process_to_a_machine(sixteen: pd.DataFrame) -> None:
    order = list(dict.fromkeys(sixteen["isolation"]))
    assert len(order) == 16
    assert (order[0], order[-1]) == ("bare", "uml")
    assert order.index("lxc") < order.index("crun") < order.index("docker") < order.index("vm")
    assert set(sixteen.loc[sixteen["emulated"], "isolation"]) == {"vm", "vm:microvm", "vm:q35"}


def test_a_cell_has_the_figure_and_the_ratio_of_the_summary(sixteen: pd.DataFrame) -> None:
    summary = bench.summarize(bench.load(PUBLISHED / "sixteen-isolations"))
    found = cells(sixteen)["docker", START_UP]
    [row] = summary[
        (summary["isolation"] == "docker")
        & (summary["metric"] == "timeline.ready")
        & (summary["scenario"] == "startup")
        & (summary["vantage"] == "host")
    ].to_dict("records")
    assert (found.median, found.ratio, found.ratio_low, found.n) == (
        row["median"], row["ratio"], row["ratio_low"], row["n"],
    )  # fmt: skip
    assert (found.mark, found.reason) == ("worse", "")


def test_marks_are_what_the_tests_show() -> None:
    found = cells(bench.glance(PUBLISHED / "cpu-bound-work"))
    marks = {isolation: row.mark for (isolation, _), row in found.items()}
    assert pd.isna(marks.pop("bare"))
    assert marks == {"runsc": "unsure", "docker": "same", "vm": "worse"}
    shown = {(row.scenario, row.metric, row.parameters) for row in found.values()}
    assert shown == {("cpu", "events_per_s", '{"seconds": 10, "threads": 1}')}
    docker = found["docker", "CPU-bound work"]
    assert (docker.others_same, docker.others_unsure, docker.others_worse, docker.others_better) == (1, 2, 0, 0)
    assert found["runsc", "CPU-bound work"].reason == "no difference shown"


@pytest.mark.parametrize(
    ("outcome", "mark", "reason"),
    [("timed out", "failed", "7 of 7 did not return"), ("spoiled", "spoiled", "7 of 7 spoiled")],
)
def test_what_did_not_run_and_what_failed_have_a_mark_and_a_reason(
    scripted: Path, tmp_path: Path, outcome: str, mark: str, reason: str
) -> None:
    trials = [json.loads(line) for line in (scripted / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if (trial["isolation"], trial["scenario"]) == ("vm", "memory"):
            trial |= {"outcome": outcome, "reason": "in vain", "samples": []}
    run = tmp_path / "run"
    run.mkdir()
    (run / "manifest.json").write_text((scripted / "manifest.json").read_text())
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    found = cells(bench.glance(run))
    failed, absent = found["vm", IDLE_MEMORY], found["docker:runsc", START_UP]
    assert (failed.mark, failed.reason, failed.n) == (mark, reason, 0)
    assert (absent.mark, absent.reason) == ("not measured", "the engine knows no runtime runsc")
    assert found["vm", START_UP].mark == "worse"


def test_a_run_of_which_nothing_was_measured_has_all_its_cells(tmp_path: Path) -> None:
    table = bench.glance(write_run(tmp_path / "run", trials=0))
    assert set(table["mark"]) == {Mark.NOT_MEASURED.value}
    assert list(dict.fromkeys(table["question"])) == [START_UP, IDLE_MEMORY, "CPU throughput"]
    assert table["n"].sum() == 0


def test_too_few_rounds_make_nothing_sure(tmp_path: Path) -> None:
    found = cells(bench.glance(write_run(tmp_path / "run", rounds=2, trouble=False)))
    row = found["docker", START_UP]
    assert (row.mark, row.reason) == ("unsure", "too few rounds")
    assert row.ratio > 10


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(86.0, 97.0, TOO_FEW), (0.01, 0.02, TOO_FEW), (0.9, 1.1, NOT_SHOWN), (math.nan, math.nan, TOO_FEW)],
)
def test_what_is_apart_but_by_the_test_among_many_is_not_said_to_show_no_difference(
    low: float, high: float, told: str
) -> None:
    assert doubt(replace(READY, ratio_low=low, ratio_high=high, p=0.4)) == told
    assert not doubt(READY)


def test_without_bare_figures_stand_and_nothing_is_called_better(scripted: Path, tmp_path: Path) -> None:
    trials = [json.loads(line) for line in (scripted / "trials.jsonl").read_text().splitlines()]
    document = json.loads((scripted / "manifest.json").read_text())
    del document["isolations"]["bare"]
    (tmp_path / "manifest.json").write_text(json.dumps(document))
    kept = [trial for trial in trials if trial["isolation"] != "bare"]
    (tmp_path / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in kept))
    row = cells(bench.glance(tmp_path))["docker", START_UP]
    assert row.median == pytest.approx(0.174, rel=0.1)
    assert (row.mark, row.reason) == ("unsure", "bare has no such figure")


def test_scenarios_that_ask_about_the_same_are_one_question(scripted: Path, tmp_path: Path) -> None:
    document = json.loads((scripted / "manifest.json").read_text())
    document["scenarios"]["syscalls"] = document["scenarios"]["cpu"] | {"title": "System calls"}
    (tmp_path / "manifest.json").write_text(json.dumps(document))
    (tmp_path / "trials.jsonl").write_text((scripted / "trials.jsonl").read_text())
    table = bench.glance(tmp_path)
    assert list(dict.fromkeys(table["question"])) == [START_UP, IDLE_MEMORY, "computing"]


def test_of_neighbours_the_work_beside_one_is_shown_not_the_work_alone() -> None:
    [at] = set(bench.Run(PUBLISHED / "beside-neighbours").glance["parameters"])
    assert json.loads(at)["antagonist"] == "cpu"


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultsError):
        bench.glance(tmp_path)
