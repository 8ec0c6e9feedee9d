"""Change points and what they make of a series, on simulated ones whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis.quality.caveats import unsteady
from bench.analysis.quality.warmup import cells, change_points, classify, kind_of
from bench.analysis.statistics.resampling import Floats

RNG = np.random.default_rng(20261124)


def series(*levels: tuple[float, int], noise: float = 0.01) -> Floats:
    means = np.concatenate([np.full(length, level) for level, length in levels])
    return np.asarray(means * (1 + RNG.normal(0, noise, len(means))), dtype=np.float64)


@pytest.mark.parametrize(
    ("levels", "kind"),
    [
        ([(100.0, 40)], "flat"),
        ([(60.0, 10), (100.0, 30)], "warming"),
        ([(100.0, 15), (80.0, 25)], "slowing"),
        ([(100.0, 20), (70.0, 14), (100.0, 6)], "unsteady"),
        ([(100.0, 7)], "too short"),
        ([(50.0, 4), (100.0, 6)], "warming"),
    ],
)
def test_each_shape_is_told(levels: list[tuple[float, int]], kind: str) -> None:
    assert kind_of(series(*levels), higher_is_better=True) == kind


def test_what_is_better_lower_warms_up_downwards() -> None:
    values = series((100.0, 15), (80.0, 25))
    assert kind_of(values, higher_is_better=False) == "warming"


def test_a_change_is_found_where_it_is() -> None:
    assert change_points(series((100.0, 25), (120.0, 25))) == [25]


@pytest.mark.parametrize("points", [9, 30, 120])
def test_noise_alone_is_called_flat_in_99_of_100_series(points: int) -> None:
    wrong = sum(kind_of(series((100.0, points), noise=0.05), higher_is_better=True) != "flat" for _ in range(400))
    assert wrong <= 4


def test_rounded_values_that_repeat_are_no_certainty() -> None:
    values = np.array([10.0, 10.01, 10.0, 10.0, 10.0, 10.0, 10.01, 10.0, 10.0, 10.0])
    assert kind_of(values, higher_is_better=True) == "flat"


def frame(*trials: Floats, outcome: str = "ok") -> pd.DataFrame:
    rows = [
        {"scenario": "cpu", "parameters": "{}", "isolation": "bare", "trial": number, "metric": "rate.series",
         "better": "higher", "outcome": outcome, "value": value}
        for number, values in enumerate(trials, start=1)
        for value in values
    ]  # fmt: skip
    columns = ["scenario", "parameters", "isolation", "trial", "metric", "better", "outcome", "value"]
    return pd.DataFrame(rows, columns=columns).astype({"metric": "string", "outcome": "string"})


def test_a_cell_is_what_its_trials_agree_on() -> None:
    both = classify(frame(series((60.0, 10), (100.0, 30)), series((60.0, 10), (100.0, 30)), series((1.0, 3))))
    assert list(both["kind"]) == ["warming", "warming", "too short"]
    assert list(both["metric"].unique()) == ["rate"]
    cell = cells(both).iloc[0]
    assert (cell["kind"], cell["trials"]) == ("warming", 2)


def test_a_cell_whose_trials_disagree_is_unsteady() -> None:
    found = cells(classify(frame(series((60.0, 10), (100.0, 30)), series((100.0, 40)))))
    assert list(found["kind"]) == ["unsteady"]


def test_without_a_series_there_is_nothing_to_classify() -> None:
    assert cells(classify(frame())).empty
    assert classify(frame(series((100.0, 40)), outcome="spoiled")).empty


def test_a_report_says_which_cells_had_not_reached_a_steady_speed() -> None:
    assert unsteady(cells(classify(frame(series((100.0, 40)))))) == {}
    said = unsteady(cells(classify(frame(series((60.0, 10), (100.0, 30)), series((100.0, 40))))))
    assert list(said) == ["cpu"]
    assert said["cpu"][0].startswith(
        "rate on bare is unsteady: in 2 trials its speed changed in some and not in others"
    )
