"""Where a course shifts: what is found, what is no shift, and how little of either is left to chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.analysis.history.shifts import LEAST, levels, penalty, scatter, shifts
from bench.analysis.statistics.resampling import Floats


def course(*parts: tuple[int, float], spread: float = 0.01, seed: int = 3) -> Floats:
    """Return runs of one level after another: how many, and at which."""
    rng = np.random.default_rng(seed)
    return np.concatenate([level * np.exp(rng.normal(0, spread, runs)) for runs, level in parts])


@pytest.mark.parametrize("after", [1.05, 0.95])
def test_a_shift_is_found_where_it_is(after: float) -> None:
    values = course((40, 1.0), (20, after))
    assert shifts(values) == [40]
    assert levels(values, [40])[[0, 39, 40, 59]] == pytest.approx([1, 1, after, after], rel=0.01)


def test_a_scale_changes_nothing() -> None:
    values = course((30, 1.0), (12, 1.05), (30, 1.1))
    assert shifts(values) == shifts(values * 1e9) == shifts(values * 1e-9) == [30, 42]


def test_fewer_runs_than_tell_the_scatter_have_none() -> None:
    values = course((LEAST - 4, 1.0), (3, 2.0))
    assert shifts(values) == []
    assert shifts(course((LEAST - 3, 1.0), (3, 2.0))) == [LEAST - 3]


@pytest.mark.parametrize(("bad", "found"), [(1, []), (2, []), (3, [40])])
def test_one_bad_run_or_two_are_no_shift_not_even_the_newest(bad: int, found: list[int]) -> None:
    assert shifts(course((40, 1.0), (bad, 1.5))) == found


def test_two_bad_runs_within_are_no_shift() -> None:
    assert shifts(course((20, 1.0), (2, 1.5), (20, 1.0))) == []


def test_an_old_large_shift_hides_no_new_small_one() -> None:
    assert shifts(course((40, 1.0), (40, 3.0), (8, 3.15))) == [40, 80]


def test_a_shift_that_is_taken_back_is_two() -> None:
    assert shifts(course((30, 1.0), (10, 1.1), (30, 1.0))) == [30, 40]


def test_what_is_too_small_to_matter_is_left_out_but_a_drift_of_such_is_not() -> None:
    assert shifts(course((40, 1.0), (40, 1.02), spread=0.002)) == []
    assert shifts(course((40, 1.0), (40, 1.02), spread=0.002), min_shift=0.01) == [40]
    drift = shifts(course((30, 1.0), (30, 1.02), (30, 1.04), (30, 1.06), spread=0.002))
    assert len(drift) == 1


def test_a_figure_that_never_moves_has_none_and_one_that_moves_once_has_one() -> None:
    assert shifts(np.full(30, 7.0)) == []
    assert shifts(np.array([7.0] * 20 + [8.0] * 10)) == [20]


def test_the_scatter_is_of_single_runs_and_not_of_shifts() -> None:
    assert scatter(np.log(course((200, 1.0)))) == pytest.approx(0.01, rel=0.15)
    assert scatter(np.log(course((50, 1.0), (50, 2.0), (50, 4.0), (50, 8.0)))) == pytest.approx(0.01, rel=0.15)


def test_more_figures_together_ask_for_more() -> None:
    assert penalty(1) < penalty(10) < penalty(200)
    assert math.isfinite(penalty(0))
    faint = course((40, 1.0), (6, 1.03), spread=0.012, seed=5)
    assert shifts(faint, min_shift=0.001)
    assert not shifts(faint, min_shift=0.001, figures=100_000)
