"""Criteria by their words: which figure each is, and what is said where a run has it not."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench
from bench.analysis.statistics import intervals
from bench.errors import InputError
from tests.synthetic import write_run
from tests.synthetic_surface import write_surface_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> bench.Run:
    return bench.Run(write_surface_run(tmp_path_factory.mktemp("results") / "run"))


def test_a_word_is_one_figure_at_one_setting(run: bench.Run) -> None:
    found = run.measured.criteria(["start", "memory", "cpu", "cpu.latency_p95", "surface"])
    assert [(one.asked.scenario, one.asked.metric, one.setting, one.is_lower_better) for one in found] == [
        ("startup", "timeline.ready", "", True),
        ("memory", "memory.idle.pss", "", True),
        ("cpu", "events_per_s", "threads = 1", False),
        ("cpu", "latency_p95", "threads = 1", True),
        ("surface", "surface.host_functions", "", True),
    ]


@pytest.mark.parametrize("metric", ["host_syscalls", "answered"])
def test_what_is_reached_is_told_by_the_best_figure_there_is(tmp_path: Path, metric: str) -> None:
    [one] = bench.Run(write_surface_run(tmp_path / "run", rounds=3, metric=metric)).measured.criteria(["surface"])
    assert one.asked.metric == f"surface.{metric}"


def test_resamples_are_those_of_the_ratios(run: bench.Run) -> None:
    [ready] = run.measured.criteria(["start"])
    _, drawn = ready.log_costs(["bare", "docker"])
    resamples = intervals.of_ratio(ready.sides["docker"], ready.sides["bare"]).resamples
    assert resamples is not None
    assert sorted(drawn[:, 1] - drawn[:, 0]) == pytest.approx(sorted(resamples))


def test_a_figure_that_was_not_measured_is_refused_with_the_command_that_measures_it(tmp_path: Path) -> None:
    run = bench.Run(write_run(tmp_path / "run", rounds=3))
    with pytest.raises(InputError, match=r"no figure of surface.*bench run startup surface --isolation bare,docker"):
        run.measured.criteria(["start", "surface"])
    with pytest.raises(InputError, match=r"no figure of cpu.nonsense.*Words: start, memory, surface, cpu"):
        run.measured.criteria(["cpu.nonsense"])


def test_an_isolation_without_a_figure_says_why(run: bench.Run, tmp_path: Path) -> None:
    [ready] = run.measured.criteria(["start"])
    assert ready.lacking("docker") == ""
    assert ready.lacking("docker:runsc") == "no figure of start"
    [few] = bench.Run(write_run(tmp_path / "run", rounds=2)).measured.criteria(["start"])
    assert few.lacking("bare") == "start has 2 rounds, and 3 are needed"
