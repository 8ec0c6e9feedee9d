"""Tests, corrections and ranks, held against the textbook, scipy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.analysis.figures.ranks import ranks, ties
from bench.analysis.statistics import intervals, resampling
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.significance import Contrast, contrast, holm

FEW = settings(max_examples=40, deadline=None)
RNG = np.random.default_rng(7)


def side(values: list[float] | np.ndarray, start: int = 1) -> Side:
    return Side.of(range(start, start + len(values)), values)


def pair(n: int, ratio: float, spread: float = 0.05, seed: int = 1) -> tuple[Side, Side]:
    rng = np.random.default_rng(seed)
    return side(ratio * rng.lognormal(0, spread, n)), side(rng.lognormal(0, spread, n))


def known(values: Side, baseline: Side) -> Contrast:
    found = contrast(values, baseline)
    assert found is not None
    return found


@pytest.mark.parametrize("n", [3, 8, 30])
def test_paired_by_round_it_is_the_t_test_of_the_log_ratios(n: int) -> None:
    one, other = pair(n, 1.02)
    expected = stats.ttest_rel(np.log(one.values), np.log(other.values))
    assert known(one, other).p() == pytest.approx(expected.pvalue)


def test_without_shared_rounds_it_is_welchs() -> None:
    one, other = side(RNG.lognormal(0, 0.3, 9)), side(RNG.lognormal(0.2, 0.1, 14), start=100)
    expected = stats.ttest_ind(np.log(one.values), np.log(other.values), equal_var=False)
    assert known(one, other).p() == pytest.approx(expected.pvalue)


def test_too_few_rounds_or_signed_values_are_not_tested() -> None:
    assert contrast(side([1.0, 2.0]), side([1.0, 2.0])) is None
    assert contrast(side([1.0, 2.0, -1.0]), side([1.0, 2.0, 3.0])) is None


def test_rounds_that_agree_to_the_last_digit_are_equal_or_differ_for_sure() -> None:
    one = side([1.0, 2.0, 3.0])
    assert known(one, one).p() == 1
    assert known(one, one).equivalence() == 0
    assert known(side([2.0, 4.0, 6.0]), one).p() == 0


def test_no_difference_found_is_not_equivalence() -> None:
    noisy = known(*pair(6, 1.0, spread=0.3))
    assert noisy.p() > 0.05
    assert noisy.equivalence() > 0.05
    assert known(*pair(20, 1.0, spread=0.01)).equivalence() < 0.001
    assert known(*pair(20, 1.08, spread=0.01)).equivalence() > 0.999


def test_what_could_have_been_seen_is_seen_four_times_in_five() -> None:
    n, spread = 12, 0.04
    freedom, error = n - 1, spread * math.sqrt(2 / n)
    effect = math.log1p(Contrast(mean=0.0, error=error, freedom=freedom).detectable())
    rng = np.random.default_rng(3)
    drawn = rng.normal(effect, spread * math.sqrt(2), size=(4000, n))
    seen = stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05
    assert seen.mean() == pytest.approx(0.8, abs=0.03)


@FEW
@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    given_ = np.array(p_values, dtype=float)
    real = ~np.isnan(given_)
    assert (np.isnan(adjusted) == ~real).all()
    assert (adjusted[real] >= given_[real]).all()
    assert (np.diff(adjusted[real][np.argsort(given_[real], kind="stable")]) >= 0).all()


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_ranks_tie_where_the_data_do_not_separate() -> None:
    rng = np.random.default_rng(2)
    base = rng.lognormal(0, 0.02, 12)
    sides = {"bare": side(base), "docker": side(base * rng.lognormal(0, 0.02, 12)), "vm": side(3 * base)}
    assert ranks(sides, better="lower") == {"bare": 1, "docker": 1, "vm": 3}
    assert ranks(sides, better="higher") == {"bare": 2, "docker": 2, "vm": 1}


def test_a_tie_says_how_little_the_test_of_the_two_could_have_seen() -> None:
    rng = np.random.default_rng(2)
    base = rng.lognormal(0, 0.02, 12)
    sides = {"bare": side(base), "docker": side(base * rng.lognormal(0, 0.02, 12)), "vm": side(3 * base)}
    (tie,) = ties(sides)
    assert (tie.one, tie.other) == ("bare", "docker")
    found = contrast(sides["bare"], sides["docker"])
    assert found is not None
    assert tie.p == pytest.approx(found.p())  # the largest of three: Holm leaves it as it is
    assert tie.detectable == found.detectable()


def test_who_has_too_few_rounds_has_no_rank() -> None:
    assert ranks({"bare": side([1.0, 1.1, 1.2]), "vm": side([9.0])}, better="lower") == {}


@pytest.mark.parametrize("n", [5, 6, 20, 31])
def test_a_resamples_median_looked_up_is_that_of_a_plain_bootstrap(n: int) -> None:
    values = np.random.default_rng(n).lognormal(size=n)
    plain = np.median(RNG.choice(values, size=(20_000, n)), axis=1)
    for probability in (0.025, 0.25, 0.5, 0.75, 0.975):
        found = (resampling.medians(values, 1) <= np.quantile(plain, probability)).mean()
        assert found == pytest.approx((plain <= np.quantile(plain, probability)).mean(), abs=0.02)


@pytest.mark.parametrize("n", [7, 20, 150])
@pytest.mark.parametrize("together", [0.0, 1.0])
def test_two_sides_are_drawn_together(n: int, together: float) -> None:
    """Also where rounds are too many to be drawn one by one: what both sides share cancels out of their ratio."""
    rng = np.random.default_rng(n)
    shared = together * rng.normal(0, 0.2, n)
    one, other = np.exp(shared + rng.normal(0, 0.05, n)), np.exp(shared + rng.normal(0, 0.05, n))
    places = rng.integers(n, size=(20_000, n))
    plain = np.log(np.median(one[places], axis=1) / np.median(other[places], axis=1))
    found = np.log(np.divide(*resampling.paired_medians(one, other)))
    assert found.std() == pytest.approx(plain.std(), rel=0.2 if n > resampling.EXACT else 0.05)


def test_an_instances_many_numbers_count_once() -> None:
    """Its median stands for it, and intervals are made of no more: no run has two numbers of a figure in one round."""
    rounds = np.repeat(np.arange(8), 50)
    shifts = np.repeat(RNG.normal(0, 0.1, 8), 50)
    many = Side.of(rounds, np.exp(shifts + RNG.normal(0, 0.001, 400)))
    assert many.n == 8
    assert many.values == pytest.approx(np.exp(shifts[::50]), rel=0.001)
    own, once = Side.by_round(dict.fromkeys(range(8), 1.0)), Side.in_order(many.rounds, many.values)
    assert intervals.paired_ratio(many, own) == intervals.paired_ratio(once, own)
