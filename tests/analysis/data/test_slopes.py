"""Slopes: what each further instance costs, and how sure one climb is of it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence

import pandas as pd
import pytest

from bench.analysis.data.slopes import ENOUGH, of_climbs, series, slope
from bench.store.dataset import DTYPES
from tests.analysis.rows import Row, frame

MIB = float(1 << 20)


def climbs(*points: tuple[int, str, str, str, int, float], parameters: str = "{}") -> pd.DataFrame:
    """Return a frame of samples: trial, isolation, metric, vantage, running, value."""
    rows: list[Row] = [
        (trial, isolation, metric, vantage, value, "s" if metric == "density.start" else "B")
        for trial, isolation, metric, vantage, _running, value in points
    ]
    steps = [{"running": running} for *_about, running, _value in points]
    whole = [json.dumps({**json.loads(parameters), **step}, sort_keys=True) for step in steps]
    made = frame(rows).assign(step=[json.dumps(step) for step in steps], parameters=whole)
    return made.astype(dict(DTYPES))


def line(
    metric: str, vantage: str, values: Sequence[float], *, trial: int = 1, first: int = 1
) -> list[tuple[int, str, str, str, int, float]]:
    return [(trial, "vm", metric, vantage, first + place, value) for place, value in enumerate(values)]


def value_of(rows: pd.DataFrame, metric: str, vantage: str, *, trial: int = 1) -> float:
    found = rows[(rows["metric"] == metric) & (rows["vantage"] == vantage) & (rows["trial"] == trial)]
    assert len(found) == 1
    return float(found["value"].iloc[0])


def test_a_line_has_its_slope_and_no_doubt() -> None:
    found = slope([1, 2, 3, 4, 5], [7.0, 9.0, 11.0, 13.0, 15.0])
    assert (found.n, found.value, found.low, found.high) == (5, 2.0, 2.0, 2.0)


def test_a_jump_of_the_page_cache_bends_nothing() -> None:
    values = [10.0 * running for running in range(1, 17)]
    values[7] += 400
    assert slope(range(1, 17), values).value == pytest.approx(10.0)


@pytest.mark.parametrize("n", [ENOUGH, 6, 16])
def test_the_interval_covers_the_truth_as_often_as_it_says(n: int) -> None:
    chance = random.Random(7)
    covered = 0
    for _turn in range(400):
        found = slope(range(n), [3.0 * place + chance.gauss(0, 1) for place in range(n)])
        covered += found.low <= 3.0 <= found.high
    assert 0.92 <= covered / 400 <= 1.0


def test_too_few_points_give_no_interval_and_one_gives_no_slope() -> None:
    few = slope([1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0])
    assert (few.n, few.value) == (4, 1.0)
    assert math.isnan(few.low)
    assert math.isnan(few.high)
    assert math.isnan(slope([1], [1.0]).value)
    assert math.isnan(slope([], []).value)
    assert math.isnan(slope([2, 2], [1.0, 5.0]).value)


def test_each_climb_has_its_own_slopes() -> None:
    points = line("density.available_change", "host", [5 * MIB, 15 * MIB, 25 * MIB])
    points += line("density.available_change", "host", [7 * MIB, 19 * MIB, 31 * MIB], trial=2)
    points += line("density.start", "host", [0.1, 0.15, 0.2], first=0)
    rows = of_climbs(climbs(*points))
    assert value_of(rows, "density.slope_available", "host") == 10 * MIB
    assert value_of(rows, "density.slope_available", "host", trial=2) == 12 * MIB
    assert value_of(rows, "density.start_slope", "host") == pytest.approx(0.05)
    assert len(rows) == 3


def test_pss_is_summed_over_own_roles_and_shared_daemons_stay_apart() -> None:
    points = line("density.pss", "processes:workload", [1 * MIB, 2 * MIB])
    points += line("density.pss", "processes:shim", [3 * MIB, 6 * MIB])
    points += line("density.pss", "processes:shared:engine", [80 * MIB, 80.5 * MIB])
    rows = of_climbs(climbs(*points))
    total = rows[rows["metric"] == "density.pss"]
    assert series(total) == ([1.0, 2.0], [4 * MIB, 8 * MIB])
    assert set(total["vantage"]) == {"processes"}
    assert list(total["parameters"]) == ['{"running": 1}', '{"running": 2}']
    slopes = rows[rows["metric"] == "density.slope_pss"].set_index("vantage")["value"]
    assert slopes.to_dict() == {
        "processes": 4 * MIB,
        "processes:workload": 1 * MIB,
        "processes:shim": 3 * MIB,
        "processes:shared:engine": 0.5 * MIB,
    }


def test_a_slope_belongs_to_the_trial_and_keeps_what_else_is_known_of_it() -> None:
    samples = climbs(*line("density.start", "host", [1.0, 1.5], first=0), parameters='{"size": 4}')
    rows = of_climbs(samples)
    assert rows.dtypes.to_dict() == samples.dtypes.to_dict()
    [row] = rows.to_dict("records")
    kept = ("run", "host", "scenario", "isolation", "emulated", "round", "trial", "outcome", "unit", "better")
    assert [row[name] for name in kept] == ["r", "h", "s", "vm", True, 1, 1, "ok", "s", "lower"]
    assert (row["parameters"], row["step"]) == ('{"size": 4}', "{}")
    assert math.isnan(row["at_s"])


def test_the_climbs_of_different_parameters_do_not_mix() -> None:
    small = climbs(*line("density.start", "host", [1.0, 2.0], first=0), parameters='{"size": 1}')
    large = climbs(*line("density.start", "host", [1.0, 4.0], trial=2, first=0), parameters='{"size": 9}')
    rows = of_climbs(pd.concat([small, large]))
    assert dict(zip(rows["parameters"], rows["value"], strict=True)) == {'{"size": 1}': 1.0, '{"size": 9}': 3.0}


def test_a_climb_of_one_has_no_slope() -> None:
    rows = of_climbs(climbs(*line("density.available_change", "host", [5 * MIB])))
    assert rows.empty
    assert list(rows.columns) == list(DTYPES)


def test_where_nothing_climbs_nothing_follows() -> None:
    samples = frame([(1, "vm", "timeline.ready", "host", 2.0, "s")])
    assert of_climbs(samples).empty


def test_points_come_in_any_order() -> None:
    points = line("density.start", "host", [1.0, 2.0, 3.0], first=0)
    assert series(climbs(*reversed(points))) == ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
