"""The test of bars is itself held to what it says, on simulated rounds whose truth is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bench.analysis.statistics.simulate import SHAPES, Shape, values
from tests.sequential import FALSE_PASS, Judged, difference, judged, looks, ratio

RUNS, MOST = 300, 300
BAR, FAULT = math.log(1.05), math.log(1.08)


def neighbour(rng: np.random.Generator) -> Iterator[float]:
    """Yield how much longer things take on a host whose neighbour takes a CPU for stretches of rounds."""
    while True:
        yield from [1.0] * rng.integers(5, 30)
        yield from [float(rng.uniform(1.5, 3))] * int(rng.integers(2, 15))


def share(shape: Shape, true: float) -> float:
    """Return how often a true log ratio passes the bar, over simulated tests of noisy rounds on a busy host."""
    rng = np.random.default_rng(SHAPES.index(shape))
    ours, others = (values(rng, shape, runs=RUNS, rounds=MOST)[:, :, 0] for _side in range(2))
    passed = 0
    for one, other in zip(ours, others, strict=True):
        # Half a round sees the neighbour come or go: then one side has it, and the other has not.
        busy = itertools.pairwise(neighbour(rng))
        logs = iter([
            math.log(a / b) + true + math.log(x / y) * rng.choice((-1, 1)) * (rng.random() < 0.5)
            for a, b, (x, y) in zip(one, other, busy, strict=False)
        ])  # fmt: skip
        passed += judged(lambda logs=logs: next(logs), at_most=BAR, most=MOST).verdict == "holds"  # type: ignore[misc]
    return passed / RUNS


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fault_of_8_percent_passes_a_bar_of_5_at_most_5_times_in_100(shape: Shape) -> None:
    assert share(shape, FAULT) <= FALSE_PASS


def test_what_lies_at_the_bar_itself_passes_no_more_often_than_it_may() -> None:
    """The worst case: every look has its chance."""
    assert share("log-normal", BAR) <= FALSE_PASS + 2 * math.sqrt(FALSE_PASS * (1 - FALSE_PASS) / RUNS)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_sound_passes_at_least_95_times_in_100(shape: Shape) -> None:
    assert share(shape, math.log(1.0)) >= 0.95


def constant(value: float) -> Callable[[], float]:
    return lambda: value


def test_it_stops_as_soon_as_it_can_and_at_the_latest_when_rounds_or_time_run_out() -> None:
    fewest = looks(MOST)[0]
    assert len(judged(constant(0.01), at_most=0.05, most=MOST).values) == fewest
    assert judged(constant(0.07), at_most=0.05, most=MOST) == Judged(
        verdict="misses", values=(0.07,) * fewest, bars=(-math.inf, 0.05)
    )
    to_and_fro = itertools.cycle((0.0, 0.1))
    undecided = judged(lambda: next(to_and_fro), at_most=0.05, most=40)
    assert (undecided.verdict, len(undecided.values)) == ("undecided", 40)
    clock = itertools.count()
    late = judged(lambda: next(to_and_fro), at_most=0.05, most=MOST, most_s=9, now_s=lambda: float(next(clock)))
    assert (late.verdict, len(late.values)) == ("undecided", 9)
    with pytest.raises(AssertionError, match="undecided"):
        late.require()


@pytest.mark.parametrize(("value", "verdict"), [(0.0, "holds"), (0.002, "misses"), (-0.002, "misses")])
def test_a_figure_may_be_held_from_both_sides(value: float, verdict: str) -> None:
    noise = itertools.cycle((1e-4, -1e-4, 2e-4))
    found = judged(lambda: value + next(noise), at_least=-0.001, at_most=0.001, most=50)
    assert found.verdict == verdict


@pytest.mark.parametrize("most", [5, 9, 12, 50, 300])
def test_rounds_that_all_agree_are_enough_at_the_first_look(most: int) -> None:
    due = looks(most)
    assert due[-1] == most
    assert 2.0 ** -due[0] <= FALSE_PASS / len(due)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot tell"):
        looks(4)


def test_each_side_comes_first_in_every_second_round() -> None:
    order: list[str] = []

    def measure(name: str, value: float) -> float:
        order.append(name)
        return value

    taken = ratio(lambda: measure("a", 2.0), lambda: measure("b", 1.0))
    assert [taken(), taken()] == [math.log(2)] * 2
    assert order == ["a", "b", "b", "a"]
    assert difference(constant(3.0), constant(1.0))() == 2.0
