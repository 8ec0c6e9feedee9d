"""How many kinds there are is recovered from populations whose number is known."""

import random
from collections import Counter

import pytest

from bench.analysis.statistics.unseen import jaccard, kinds, saturation

_POPULATION = 200


def _seen(weights: list[float], draws: int, seed: int) -> Counter[int]:
    return Counter(random.Random(seed).choices(range(len(weights)), weights, k=draws))


def test_estimate_and_interval_are_those_that_the_formulas_give_by_hand() -> None:
    found = kinds([1, 1, 1, 1, 2, 2, 5, 0])  # f1 = 4, f2 = 2, n = 13: unseen = 12/13 * 4*3 / (2*3)
    assert found.seen == 7
    assert found.estimate == pytest.approx(7 + 12 / 13 * 2)
    assert 7 < found.low < found.estimate < found.high
    assert found.completeness == pytest.approx(7 / found.estimate)


def test_known_population_lies_in_the_interval_as_often_as_it_says() -> None:
    equal = [1.0] * _POPULATION  # the bound is sharp where all are as common
    held = 0
    for seed in range(100):
        found = kinds(_seen(equal, 300, seed).values())
        assert found.seen < _POPULATION
        held += found.low <= _POPULATION <= found.high
    assert held >= 88  # 95 of 100, less three standard errors


def test_rare_kinds_make_the_estimate_a_lower_bound_that_is_nearer_than_what_was_seen() -> None:
    skewed = [1 / (1 + kind) for kind in range(_POPULATION)]
    for seed in range(10):
        found = kinds(_seen(skewed, 400, seed).values())
        assert found.seen < found.estimate < _POPULATION * 1.3


def test_complete_set_has_nothing_unseen() -> None:
    found = kinds([3] * 50, rounds=3)
    assert (found.estimate, found.low, found.high, found.completeness) == (50, 50, 50, 1)
    assert kinds([]).completeness == 1


def test_one_round_alone_says_nothing_of_what_it_missed() -> None:
    assert kinds([1] * 40, rounds=1).estimate == 40


def test_curve_grows_by_what_is_new_and_sets_are_compared_by_what_they_share() -> None:
    assert saturation(["ab", "bc", "abc", "d"]) == [2, 3, 3, 4]
    assert saturation([]) == []
    assert jaccard("abcd", "abce") == pytest.approx(0.6)
    assert jaccard("", "") == 1
