"""What intervals promise: 2,000 simulated runs of realistic shapes, and how often they hold the truth.

Runs with one number for each instance, and runs whose instances report several; and a long A/A test through the whole
of ``summarize``. Bars are those of a report: 93 to 97 % at 95 %, 3 to 7 % of twins that seem to differ.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis import intervals
from bench.analysis.intervals import Estimate
from bench.analysis.sides import Side
from bench.analysis.simulate import SHAPES, Shape, coverage, run, values
from bench.analysis.summary import summarize
from bench.analysis.twins import twins
from bench.stopping import GROWTH, PILOT, SEQUENTIAL_CONFIDENCE
from bench.store.dataset import canonical

RUNS = 2000
TRUTH = 1.3


def sides(shape: Shape, rounds: int, iterations: int = 1, runs: int = RUNS) -> list[tuple[Side, Side]]:
    rng = np.random.default_rng([rounds, iterations, SHAPES.index(shape)])
    one, other = (values(rng, shape, runs=runs, rounds=rounds, iterations=iterations) for _ in range(2))
    number = np.repeat(np.arange(rounds), iterations)
    return [
        (Side.of(number, TRUTH * above.ravel()), Side.of(number, below.ravel()))
        for above, below in zip(one, other, strict=True)
    ]


def covered(found: list[Estimate], truth: float) -> float:
    return coverage([one.low for one in found], [one.high for one in found], truth)


@pytest.mark.parametrize("rounds", [6, 12, 25])
def test_ratios_hold_the_truth(rounds: int) -> None:
    """A quarter of the runs each: log-normal, two modes, instances at levels of their own, a drifting host."""
    each = RUNS // len(SHAPES)
    found = [intervals.of_ratio(*pair).interval() for shape in SHAPES for pair in sides(shape, rounds, runs=each)]
    assert 0.93 <= covered(found, TRUTH) <= 0.97


@pytest.mark.parametrize("rounds", [6, 10, 30])
def test_medians_hold_the_truth(rounds: int) -> None:
    found = [intervals.median(one.values / TRUTH) for one, _ in sides("log-normal", rounds)]
    assert 0.93 <= covered(found, 1.0) <= 0.97


def test_many_iterations_of_few_instances_do_not_make_it_surer() -> None:
    """Instances differ, their iterations hardly: counting iterations would give an interval that is far too short."""
    pairs = sides("instance shifts", 8, iterations=20, runs=300)
    by_level = [intervals.of_ratio(*pair).interval() for pair in pairs]
    flat = [intervals.ratio(*(np.concatenate(side.iterations or ()) for side in pair)) for pair in pairs]
    assert 0.91 <= covered(by_level, TRUTH) <= 0.99
    assert covered(flat, TRUTH) < 0.6


def test_runs_that_stop_by_their_own_width_still_hold_the_truth() -> None:
    """Stopped at the first look at which the ratio is within 8 %, at the confidence such runs are reported with."""
    looks = [PILOT]
    while looks[-1] < 60:
        looks.append(int(np.ceil(looks[-1] * GROWTH)))
    for confidence, bar in ((SEQUENTIAL_CONFIDENCE, 0.95), (0.95, 0.90)):
        found = []
        for shape in SHAPES[:2]:
            for one, other in sides(shape, looks[-1], runs=150):
                for n in looks:
                    first = np.arange(n)
                    estimate = intervals.of_ratio(one.at(first), other.at(first)).interval(confidence)
                    if estimate.half_width <= 0.08:
                        break
                found.append(estimate)
        assert covered(found, TRUTH) >= bar - 0.015  # 300 runs tell a share to about 1 %


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
