"""Percentiles' intervals are exactly as sure as scipy says, and hold the truth in simulation; Wilson's too."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bench.analysis.statistics.tails import enough, percentile, success


@pytest.mark.parametrize(("share", "least"), [(0.95, 59), (0.99, 299), (0.5, 6)])
def test_it_takes_so_many_values_and_fewer_give_no_figure(share: float, least: int) -> None:
    assert enough(share) == least
    assert math.isnan(percentile(np.arange(least - 1.0), share).value)
    found = percentile(np.arange(float(least)), share)
    assert (found.n, found.high) == (least, least - 1)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(("n", "share"), [(59, 0.95), (60, 0.95), (100, 0.95), (301, 0.99), (40, 0.8)])
def test_no_shorter_interval_of_order_statistics_is_as_sure(n: int, share: float) -> None:
    known = stats.binom(n, share)
    found = percentile(np.arange(1.0, n + 1), share)
    assert known.cdf(found.high - 1) - known.cdf(found.low - 1) >= 0.95
    shorter = found.high - found.low - 1
    starts = np.arange(1, n - shorter + 1)
    assert (known.cdf(starts + shorter - 1) - known.cdf(starts - 1)).max() < 0.95
    assert found.value == math.ceil(round(share * n, 9))


@pytest.mark.parametrize(("share", "rounds"), [(0.95, 60), (0.95, 200), (0.99, 320)])
def test_intervals_of_percentiles_hold_the_truth(share: float, rounds: int) -> None:
    """Of a shape with a long tail: as often as promised, but for chance, and no surer than the steps force it."""
    truth = math.exp(float(stats.norm.ppf(share)))
    runs = np.random.default_rng(rounds).lognormal(size=(2000, rounds))
    found = [percentile(values, share) for values in runs]
    assert 0.94 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.985


def test_more_confidence_takes_more_values_and_a_wider_interval() -> None:
    values = np.random.default_rng(1).normal(size=200)
    usual, surer = (percentile(values, 0.95, confidence=confidence) for confidence in (0.95, 0.99))
    assert enough(0.95, 0.99) > enough(0.95)
    assert surer.high - surer.low > usual.high - usual.low


def test_a_share_of_success_has_wilsons_interval() -> None:
    for n in (1, 7, 30, 400):
        for succeeded in {0, 1, n // 2, n - 1, n}:
            found, interval = success(succeeded, n), stats.binomtest(succeeded, n).proportion_ci(method="wilson")
            assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)
            assert found.low <= found.value <= found.high
    assert math.isnan(success(0, 0).value)


def test_wilsons_interval_holds_the_truth_where_nearly_all_succeed() -> None:
    drawn = np.random.default_rng(3).binomial(30, 0.97, 2000)
    found = {int(count): success(int(count), 30) for count in set(drawn)}
    assert np.mean([found[count].low <= 0.97 <= found[count].high for count in drawn]) >= 0.93
