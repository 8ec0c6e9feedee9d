"""Trials with steps: one trial, several sets of parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.analysis.data.frame import load, load_manifest
from bench.analysis.data.trials import cell_parameters, outcomes
from bench.analysis.figures.summary import measured, summarize
from bench.analysis.figures.sweep import Sweep, label, sweeps
from bench.analysis.quality.caveats import caveats
from tests.synthetic_service import NO_HOST_NETWORK, write_service_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_service_run(tmp_path_factory.mktemp("results") / "run")


@pytest.fixture(scope="module")
def frame(run: Path) -> pd.DataFrame:
    return load(run)


@pytest.fixture(scope="module")
def summary(frame: pd.DataFrame) -> pd.DataFrame:
    return summarize(frame)


@pytest.fixture(scope="module")
def sweep(frame: pd.DataFrame, run: Path) -> Sweep:
    (found,) = sweeps(frame, load_manifest(run))
    return found


def at(table: pd.DataFrame, isolation: str, metric: str | None, **parameters: object) -> pd.Series:
    text = json.dumps(parameters, sort_keys=True)
    rows = table[(table["isolation"] == isolation) & (table["parameters"] == text)]
    rows = rows[rows["metric"].isna()] if metric is None else rows[rows["metric"] == metric]
    assert len(rows) == 1, text
    return rows.iloc[0]


def test_every_row_knows_its_cell(frame: pd.DataFrame) -> None:
    cells = cell_parameters(frame)
    assert cells.nunique() == 4
    assert (cells == frame["parameters"]).equals(frame["step"] == "{}")


def test_a_figure_of_a_step_is_over_the_trials_of_that_step(summary: pd.DataFrame) -> None:
    found = at(summary, "bare", "transactions_per_s", arm="host, volume", work="read", threads=8)
    assert found["n"] == 5
    whole = summary[summary["metric"] == "timeline.ready"]
    assert len(whole) == 4 * 3 - 2  # one cell is not offered, one failed throughout
    assert not summary[summary["metric"] == "transactions_per_s"]["parameters"].isin(whole["parameters"]).any()


def test_work_per_cpu_second_is_of_the_step(frame: pd.DataFrame) -> None:
    samples = measured(frame)

    def values(metric: str) -> pd.Series:
        return samples[samples["metric"] == metric].set_index(["trial", "parameters"])["value"]

    rates, per_cpu = values("transactions_per_s"), values("transactions_per_s.per_cpu_s")
    assert per_cpu.index.is_unique
    expected = rates * values("cpu.window") / values("cpu.used")
    assert per_cpu.to_numpy() == pytest.approx(expected.reindex(per_cpu.index).to_numpy())
    cost = values("transactions_per_s.cpu_s_per_1000")
    assert (cost * per_cpu).dropna().to_numpy() == pytest.approx([1000] * len(per_cpu))


@pytest.mark.parametrize(("work", "threads"), [("read", 1), ("write", 64), ("write", 256)])
def test_a_trial_that_failed_half_way_is_in_no_step_and_failed_in_each(
    summary: pd.DataFrame, work: str, threads: int
) -> None:
    found = at(summary, "docker", "transactions_per_s", arm="published, layer", work=work, threads=threads)
    assert (found["n"], found["failed"], found["spoiled"]) == (4, 1, 0)
    assert at(summary, "docker", "timeline.ready", arm="published, layer")["failed"] == 1


def test_an_isolation_that_was_lost_before_its_first_step_is_lost_in_the_steps_that_others_have(
    summary: pd.DataFrame,
) -> None:
    found = at(summary, "vm", None, arm="published, volume", work="write", threads=256)
    assert (found["n"], found["failed"], found["did_not_return"]) == (0, 0, 5)


def test_each_trial_is_counted_once_in_each_of_its_settings(frame: pd.DataFrame) -> None:
    found = outcomes(frame)
    assert not found.duplicated(["trial", "parameters"]).any()
    assert (found.groupby("trial").size() == 9).all()  # its cell's own parameters, and eight steps


def test_settings_stand_as_the_scenario_lists_them(sweep: Sweep) -> None:
    rows = sweep.rows("transactions_per_s", "workload")
    names = sweep.varying(rows)
    assert names == ("arm", "work", "threads")
    shown = [label(row.values_of, names) for row in rows]
    assert len(shown) == 32
    assert shown[:5] == [
        "socket, layer, read, threads = 1", "socket, layer, read, threads = 8", "socket, layer, read, threads = 64",
        "socket, layer, read, threads = 256", "socket, layer, write, threads = 1",
    ]  # fmt: skip
    assert [label(row.values_of, ["arm"]) for row in sweep.rows("timeline.ready", "host")] == [
        "socket, layer", "host, volume", "published, layer", "published, volume",
    ]  # fmt: skip


def test_a_gap_says_why(sweep: Sweep) -> None:
    rows = {label(row.values_of, ["arm"]): row for row in sweep.rows("timeline.ready", "host")}
    assert sweep.gap(rows["host, volume"], "vm") == "not offered"
    assert sweep.reason_left_out(rows["host, volume"], "vm") == NO_HOST_NETWORK
    assert sweep.gap(rows["published, volume"], "vm") == "5 of 5 did not return"
    assert sweep.gap(rows["socket, layer"], "vm") == ""


def test_caveats_are_said_once_for_all_settings(sweep: Sweep) -> None:
    said = caveats(sweep)
    assert sum("clock" in text for text in said) == 1
    assert "No trial of vm (emulated) ended well at published, volume: it has no figures there." in said
    assert sum("good trials" in text for text in said) == 1
