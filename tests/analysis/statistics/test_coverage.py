"""What intervals promise: 2,000 simulated runs of realistic shapes, and how often they hold the truth.

Runs with one number for each instance, and runs whose instances report several; and a long A/A test through the whole
of ``summarize``. Bars are those of a report: 93 to 97 % at 95 %, 3 to 7 % of twins that seem to differ.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.analysis.figures import widths
from bench.analysis.figures.summary import summarize
from bench.analysis.quality.twins import twins
from bench.analysis.statistics import intervals
from bench.analysis.statistics.intervals import Estimate
from bench.analysis.statistics.paired_series import Side, over_one_stretch
from bench.analysis.statistics.simulate import SHAPES, Shape, run, values
from bench.analysis.statistics.studies import coverage_by_level, stopped
from bench.measuring.plan import cells
from bench.measuring.stopping import GROWTH, PILOT, Rule, Schedule, Width, key_of
from bench.model import SEQUENTIAL_CONFIDENCE
from bench.store.stored import canonical
from tests.records import scenario

RUNS = 2000
TRUTH = 1.3


def sides(shape: Shape, rounds: int, runs: int = RUNS) -> list[tuple[Side, Side]]:
    rng = np.random.default_rng([rounds, SHAPES.index(shape)])
    one, other = (values(rng, shape, runs=runs, rounds=rounds) for _ in range(2))
    number = np.arange(rounds)
    return [
        (Side.of(number, TRUTH * above.ravel()), Side.of(number, below.ravel()))
        for above, below in zip(one, other, strict=True)
    ]


def covered(found: list[Estimate], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in found]))


@pytest.mark.parametrize("rounds", [6, 12, 25])
def test_ratios_hold_the_truth(rounds: int) -> None:
    """A quarter of the runs each: log-normal, two modes, instances at levels of their own, a drifting host."""
    each = RUNS // len(SHAPES)
    found = [intervals.of_ratio(*pair).interval() for shape in SHAPES for pair in sides(shape, rounds, runs=each)]
    assert 0.93 <= covered(found, TRUTH) <= 0.97


def test_ratios_hold_the_truth_where_the_baseline_has_rounds_of_its_own() -> None:
    """Four rounds of the baseline for each of the other side, as in runs that stop by themselves.

    The host has a state that lasts for these four: drawn each by itself, they would make it seem surer than it is.
    """
    each, every, shared = RUNS // len(SHAPES), 4, 12
    states = np.random.default_rng(9).lognormal(0, 0.1, (each, shared)).repeat(every, axis=1)
    pairs = [
        (one.at(one.rounds[::every]), replace(other, values=other.values * state))
        for shape in SHAPES
        for (one, other), state in zip(sides(shape, shared * every, runs=each), states, strict=True)
    ]
    found = [intervals.of_ratio(*over_one_stretch(*pair)).interval() for pair in pairs]
    assert 0.93 <= covered(found, TRUTH) <= 0.97


def test_ratios_hold_the_truth_where_both_sides_have_lost_rounds() -> None:
    """Of 12 rounds each side has lost three, never the same, so that both have six: fewer than either has."""
    each = RUNS // len(SHAPES)
    pairs = [pair for shape in SHAPES for pair in sides(shape, 12, runs=each)]
    lost = np.random.default_rng(4).permuted(np.tile(np.arange(12), (len(pairs), 1)), axis=1)
    kept = [
        (one.at(np.sort(places[3:])), other.at(np.sort(np.delete(places, [3, 4, 5]))))
        for (one, other), places in zip(pairs, lost, strict=True)
    ]
    assert {one.shared(other).size for one, other in kept} == {6}
    found = [intervals.of_ratio(*pair).interval() for pair in kept]
    assert 0.93 <= covered(found, TRUTH) <= 0.97


@pytest.mark.parametrize("rounds", [6, 10, 30])
def test_medians_hold_the_truth(rounds: int) -> None:
    found = [intervals.median(one.values / TRUTH) for one, _ in sides("log-normal", rounds)]
    assert 0.93 <= covered(found, 1.0) <= 0.97


def test_many_iterations_of_few_instances_do_not_make_it_surer() -> None:
    """Instances differ, their iterations hardly: counting iterations would give an interval that is far too short."""
    [row] = coverage_by_level(np.random.default_rng(5), runs=300, rounds=8, iterations=[20]).to_dict("records")
    assert 0.91 <= row["by level"] <= 0.99
    assert row["pooled"] < 0.6


@pytest.mark.parametrize("shape", SHAPES)
def test_runs_that_stop_by_their_own_width_still_hold_the_truth(shape: Shape) -> None:
    """Stopped at the first look at which the ratio is within 8 %, at the confidence such runs are reported with."""
    looks = [PILOT]
    while looks[-1] < 60:
        looks.append(math.ceil(looks[-1] * GROWTH))
    found = stopped(
        np.random.default_rng(8), runs=300, looks=looks, precision=0.08, confidence=SEQUENTIAL_CONFIDENCE, shape=shape
    )
    assert found["holds"].mean() >= 0.93  # 95 %, which 300 runs tell to about 1.3


@pytest.mark.parametrize("scatter", [0.5, 3.0])
def test_runs_that_start_bare_as_often_as_it_scatters_still_hold_the_truth(scatter: float) -> None:
    """The schedule itself, on a machine whose truth is known: bare costs a ninth, and scatters less or more."""
    found = [stopped_by_itself(number, scatter) for number in range(RUNS // 8)]
    assert all(one.half_width <= 0.12 for one in found)
    assert 0.92 <= covered(found, TRUTH) <= 0.99  # 95 %, which 250 runs tell to about 1.4


class _Deaf:
    """Hears how a schedule goes on, and does nothing about it."""

    def planned(self, _trials: object) -> None: ...

    def looked(self, _look: object) -> None: ...


def stopped_by_itself(number: int, scatter: float) -> Estimate:
    """Run a schedule until the ratio is within 12 %, and return the ratio as a report shows it."""
    rng, clock = np.random.default_rng([number, int(10 * scatter)]), [0.0]
    sd, cost_s = {"bare": 0.1 * scatter, "docker": 0.1}, {"bare": 1.0, "docker": 9.0}
    known: dict[str, dict[int, float]] = {"bare": {}, "docker": {}}
    given = cells([scenario(name="a")], list(known))

    def both() -> tuple[Side, Side]:
        return Side.by_round(known["docker"]), Side.by_round(known["bare"])

    def look() -> list[Width]:
        sure = widths.sureness(*both(), SEQUENTIAL_CONFIDENCE)
        return [Width(key=key_of(given[1]), half_width=sure.half_width, baseline_scatter=sure.baseline_scatter)]

    rule = Rule(precision=0.12)
    schedule = Schedule(given, {"a": 1}, rule, seed=number, widths=look, now_s=lambda: clock[0])
    for trials in schedule.turns(_Deaf()):
        for trial in trials:
            name = trial.cell.isolation
            known[name][trial.round] = (TRUTH if name == "docker" else 1.0) * math.exp(rng.normal(0, sd[name]))
            clock[0] += cost_s[name]
            schedule.took(trial.cell, cost_s[name])
    return intervals.paired_ratio(*both(), confidence=SEQUENTIAL_CONFIDENCE)


def twinned(number: int) -> pd.DataFrame:
    """A hundred A/A tests of ten rounds as the settings of one run, half of them with two modes."""
    rng = np.random.default_rng([11, number])
    parts = []
    for setting in range(100):
        shape: Shape = "two modes" if setting % 2 else "log-normal"
        one = run(rng, rounds=10, ratios={"bare": 1.0, "bare:twin": 1.0}, shape=shape)
        parts.append(one.assign(parameters=canonical({"n": setting}), trial=one["trial"] + setting * 1000))
    return pd.concat(parts, ignore_index=True)


def test_twins_seem_to_differ_as_often_as_chance_lets_them() -> None:
    """A long A/A test: 1,000 times bare against its twin, through the whole of a summary."""
    found = [twins(summarize(twinned(number))) for number in range(10)]
    known = [one for one in found if one is not None]
    assert sum(one.figures for one in known) == 1000
    assert 0.03 <= sum(one.differed for one in known) / 1000 <= 0.07
    assert sum(one.corrected for one in known) <= 2
