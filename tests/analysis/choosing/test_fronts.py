"""Cost beside benefit: who dominates whom, how surely, and which figure says what is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench.analysis.choosing.fronts import dominates, fronts
from tests.synthetic import write_run
from tests.synthetic_surface import write_surface_run


def points(table: pd.DataFrame) -> dict[tuple[str, str], Any]:
    return {(str(row.cost), str(row.isolation)): row for row in table.itertuples()}


def test_dominance_is_no_worse_in_both_and_better_in_one() -> None:
    costs, reached = np.array([1.0, 2.0, 1.0, 0.5]), np.array([1.0, 1.0, 1.0, 2.0])
    found = dominates(costs, reached)
    assert [tuple(pair) for pair in np.argwhere(found)] == [(0, 1), (2, 1)]
    assert dominates(np.stack([costs, -costs]), np.stack([reached, reached])).shape == (2, 4, 4)


def test_who_costs_and_reaches_more_is_dominated_for_sure(tmp_path: Path) -> None:
    run = bench.Run(write_surface_run(tmp_path / "run", reached={"bare": 1000.0, "docker": 1300.0, "vm": 400.0}))
    found = points(run.pareto())
    assert list(dict.fromkeys(cost for cost, _ in found)) == ["start", "memory", "cpu"]
    docker, vm = found["start", "docker"], found["start", "vm"]
    assert (docker.front, docker.dominated_by, docker.dominated_probability) == (False, "bare", 1.0)
    assert (docker.front_probability, vm.front) == (0, True)
    ready = run.summary.query("scenario == 'startup' and isolation == 'vm' and metric == 'timeline.ready'").iloc[0]
    assert (vm.cost_median, vm.cost_low) == (ready["median"], ready["low"])
    assert {row.surface_metric for row in found.values()} == {"surface.host_functions"}
    [start, *_] = fronts(run.measured)
    assert start.left_out == {"docker:runsc": "the engine knows no runtime runsc"}


def test_whom_chance_separates_is_dominated_in_a_share_of_resamples(tmp_path: Path) -> None:
    run = bench.Run(write_surface_run(tmp_path / "run", reached={"bare": 1000.0, "docker": 1001.0, "vm": 400.0}))
    assert 0 < points(run.pareto())["start", "docker"].front_probability < 1


@pytest.mark.parametrize("reached", [None, {"docker": 1000.0}])
def test_without_what_two_isolations_reach_there_is_no_front(tmp_path: Path, reached: dict[str, float] | None) -> None:
    folder = tmp_path / "run"
    run = bench.Run(
        write_run(folder, rounds=3) if reached is None else write_surface_run(folder, rounds=3, reached=reached)
    )
    assert run.pareto().empty
    assert list(run.pareto().columns) == [one.name for one in bench.schemas["pareto"]]
