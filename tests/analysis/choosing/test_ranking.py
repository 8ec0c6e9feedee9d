"""Rankings: orders that follow by hand, probabilities that follow from the scatter, and swaps that do swap."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bench
from bench.analysis.choosing.ranking import Swap, probabilities
from bench.errors import InputError
from tests.synthetic import write_run
from tests.synthetic_surface import write_surface_run

WEIGHTS = {"start": 3.0, "memory": 1.0, "cpu": 2.0, "surface": 4.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> bench.Run:
    return bench.Run(write_surface_run(tmp_path_factory.mktemp("results") / "run"))


def test_the_order_is_that_of_weighted_geometric_means(run: bench.Run) -> None:
    found = run.recommend(WEIGHTS)
    columns = ["scenario", "isolation", "metric", "parameters", "vantage", "ratio"]
    ratios = {tuple(map(str, row[:-1])): math.log(row[-1]) for row in run.summary[columns].to_numpy()}
    rows: list[tuple[str, str, str, str, float]] = [
        ("startup", "timeline.ready", "{}", "host", 3),
        ("memory", "memory.idle.pss", "{}", "processes", 1),
        ("cpu", "events_per_s", '{"threads": 1}', "workload", -2),
        ("surface", "surface.host_functions", "{}", "host", 4),
    ]
    by_hand = {
        name: math.exp(
            sum(
                weight * ratios[scenario, name, metric, setting, vantage]
                for scenario, metric, setting, vantage, weight in rows
            )
            / 10
        )
        for name in ("bare", "docker", "vm")
    }
    table = found.table
    assert list(table["isolation"]) == sorted(by_hand, key=lambda name: by_hand[name]) == ["bare", "docker", "vm"]
    times = dict(zip(table["isolation"], table["times"], strict=True))
    assert times == pytest.approx({name: by_hand[name] / by_hand["bare"] for name in by_hand})
    assert ((table["times_low"] <= table["times"]) & (table["times"] <= table["times_high"])).all()
    assert found.probabilities.sum(axis=0).tolist() == pytest.approx([1, 1, 1])
    assert found.probabilities.sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert found.left_out == {"docker:runsc": "the engine knows no runtime runsc"}


def test_a_criterion_alone_has_no_weight_that_changes_anything(run: bench.Run) -> None:
    assert [one.is_weight for one in run.recommend({"start": 1}).swaps] == [False]


def test_whom_chance_may_swap_has_both_places(run: bench.Run) -> None:
    """On one CPU docker has 0.985 of bare's throughput, with a scatter of 2 % over seven rounds."""
    first, last = (run.recommend({"cpu": 1}).places.to_dict()[place] for place in (1, 3))
    assert last["vm"] == 1
    assert 0.5 < first["bare"] < 1
    assert first["docker"] == pytest.approx(1 - first["bare"])


def test_probabilities_count_places() -> None:
    cost = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])
    assert probabilities(cost).tolist() == [[0.75, 0.25, 0], [0.25, 0.5, 0.25], [0, 0.25, 0.75]]


def test_beyond_a_swap_another_is_first_and_before_it_is_not(run: bench.Run) -> None:
    swaps = run.recommend(WEIGHTS).swaps
    [weight] = [one for one in swaps if one.is_weight]
    assert (weight.criterion, weight.isolation) == ("surface", "vm")
    for share, first in ((0.999, "bare"), (1.001, "vm")):
        assert run.recommend(WEIGHTS | {"surface": weight.at * share}).isolations[0] == first
    assert {one.criterion for one in swaps if not one.is_weight} == set(WEIGHTS)


def test_a_figure_beyond_its_swap_lets_the_second_pass(tmp_path: Path) -> None:
    reached = {"bare": 1000.0, "docker": 400.0}
    found = bench.Run(write_surface_run(tmp_path / "a", rounds=3, reached=reached)).recommend(
        {"surface": 2, "start": 0.1}
    )
    [swap] = [one for one in found.swaps if one.criterion == "surface" and not one.is_weight]
    assert isinstance(swap, Swap)
    assert (found.isolations[0], swap.isolation) == ("docker", "bare")
    for share, first in ((0.97, "docker"), (1.03, "bare")):
        moved = reached | {"docker": reached["docker"] * share * swap.at / swap.now}
        again = bench.Run(write_surface_run(tmp_path / str(share), rounds=3, reached=moved))
        assert again.recommend({"surface": 2, "start": 0.1}).isolations[0] == first


def test_without_weights_all_that_a_run_has_is_as_heavy_and_what_it_lacks_is_said(
    run: bench.Run, tmp_path: Path
) -> None:
    assert run.recommend().weights == dict.fromkeys(WEIGHTS, 1.0)
    assert run.recommend().lacking == ""
    found = bench.Run(write_run(tmp_path / "run", rounds=3)).recommend()
    assert list(found.weights) == ["start", "memory", "cpu"]
    assert "bench run startup footprint cpu surface --isolation" in found.lacking


def test_musts_leave_out_who_does_not_meet_them(run: bench.Run) -> None:
    found = run.recommend({"surface": 1}, ["own kernel", "start<5s"])
    assert found.isolations == ("vm",)
    assert found.left_out["docker"] == "no own kernel"
    assert run.recommend({"memory": 1}, ["start<200ms"]).left_out["vm"] == "start is not < 200 ms"
    with pytest.raises(InputError, match=r"no isolation to recommend: bare: no own kernel.*vm: start is not < 1 s"):
        run.recommend({"memory": 1}, ["own kernel", "start<1s"])


@pytest.mark.parametrize(
    "weights", [{}, {"start": 0.0}, {"start": -1.0}, {"start": float("nan")}, {"start": float("inf")}]
)
def test_weights_that_order_nothing_are_refused(run: bench.Run, weights: dict[str, float]) -> None:
    with pytest.raises(InputError, match="order nothing"):
        run.recommend(weights)


def test_too_few_rounds_rank_nobody(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="start has 2 rounds, and 3 are needed"):
        bench.Run(write_run(tmp_path / "run", rounds=2)).recommend({"start": 1})


def test_a_twin_is_not_ranked_beside_bare(run: bench.Run) -> None:
    assert "bare:twin" not in run.measured.isolations
    assert isinstance(run.recommend(WEIGHTS).table, pd.DataFrame)
