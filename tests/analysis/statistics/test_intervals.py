import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.analysis.statistics import intervals, resampling
from bench.analysis.statistics.paired_series import Side

POSITIVE = st.floats(1e-6, 1e6)
SAMPLES = st.lists(POSITIVE, min_size=3, max_size=12)
FEW = settings(max_examples=40, deadline=None)


ROUNDING = 1e-12
"""A percentile is interpolated between two values: equal ones may come out one rounding apart."""


@FEW
@given(SAMPLES)
def test_the_interval_holds_the_median_and_stays_within_the_data(values: list[float]) -> None:
    found = intervals.median(values)
    assert found.low <= found.value <= found.high
    assert found.low >= min(values) * (1 - ROUNDING)
    assert found.high <= max(values) * (1 + ROUNDING)
    assert found.n == len(values)


@FEW
@given(SAMPLES, st.sampled_from([0.125, 2.0, 1024.0]))
def test_a_change_of_unit_changes_nothing_else(values: list[float], factor: float) -> None:
    one, other = intervals.median(values), intervals.median([value * factor for value in values])
    assert (other.low, other.value, other.high) == pytest.approx(
        (one.low * factor, one.value * factor, one.high * factor)
    )


@FEW
@given(SAMPLES)
def test_the_ratio_of_a_sample_to_itself_holds_one(values: list[float]) -> None:
    found = intervals.ratio(values, values)
    assert found.value == 1
    assert found.low <= 1 <= found.high


@FEW
@given(SAMPLES, SAMPLES)
def test_the_ratio_and_the_difference_hold_their_figures(values: list[float], baseline: list[float]) -> None:
    for found in (intervals.ratio(values, baseline), intervals.difference(values, baseline)):
        assert found.low <= found.value <= found.high


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0]])
def test_too_few_trials_give_a_median_and_no_interval(values: list[float]) -> None:
    for found in (
        intervals.median(values),
        intervals.ratio(values, [1.0, 2.0, 3.0]),
        intervals.difference(values, values),
    ):
        assert math.isfinite(found.value)
        assert math.isnan(found.low)
        assert math.isnan(found.high)


def test_identical_values_give_a_point() -> None:
    found = intervals.median([0.1] * 5)
    assert (found.low, found.value, found.high) == (0.1, 0.1, 0.1)


def test_nothing_gives_nothing() -> None:
    assert math.isnan(intervals.median([]).value)
    assert math.isnan(intervals.difference([], [1.0]).value)


@pytest.mark.parametrize("values", [[0.0, 1.0, 2.0], [-1.0, 1.0, 2.0]])
def test_a_ratio_of_signed_figures_is_refused(values: list[float]) -> None:
    assert math.isnan(intervals.ratio(values, [1.0, 2.0, 3.0]).value)


def test_figures_by_hand() -> None:
    assert intervals.median([5.0, 1.0, 3.0]).value == 3
    assert intervals.ratio([1.0, 2.0, 32.0], [1.0, 1.0, 8.0]).value == pytest.approx(2)
    assert intervals.difference([4.0, 6.0, 8.0], [1.0, 2.0, 9.0]).value == 4


def test_with_three_trials_the_interval_is_the_range() -> None:
    # The range covers the median in 75 %: no pair of order statistics covers more.
    found = intervals.median([1.0, 2.0, 4.0])
    assert (found.low, found.high) == (1.0, 4.0)


@pytest.mark.parametrize(("n", "coverage"), [(0, 0.0), (1, 0.0), (3, 0.75), (5, 0.9375), (6, 0.96875)])
def test_best_coverage(n: int, coverage: float) -> None:
    assert intervals.best_coverage(n) == coverage


def test_the_same_data_give_the_same_interval() -> None:
    values = [1.0, 1.5, 1.2, 4.0, 2.0, 2.2]
    assert intervals.median(values) == intervals.median(values)


ROUNDS = st.dictionaries(st.integers(1, 9), POSITIVE, min_size=3, max_size=9)


@FEW
@given(ROUNDS, ROUNDS)
def test_a_paired_ratio_holds_its_figure_and_stays_within_what_ratios_there_are(
    values: dict[int, float], baseline: dict[int, float]
) -> None:
    first, last = max(min(values), min(baseline)), min(max(values), max(baseline))
    above, below = ([side[number] for number in side if first <= number <= last] for side in (values, baseline))
    assume(min(len(above), len(below)) >= intervals.MINIMUM)
    found = intervals.paired_ratio(Side.by_round(values), Side.by_round(baseline))
    assert found.value == pytest.approx(intervals.ratio(above, below).value)
    assert found.low <= found.value <= found.high
    assert min(above) / max(below) * (1 - ROUNDING) <= found.low
    assert found.high <= max(above) / min(below) * (1 + ROUNDING)


def test_of_rounds_that_both_have_the_ratio_is_the_mean_of_the_rounds_ratios() -> None:
    one, other = np.random.default_rng(3).lognormal(size=(2, 9))
    found = intervals.paired_ratio(*(Side.of(np.arange(side.size), side) for side in (one, other)))
    assert found.value == pytest.approx(stats.gmean(one / other))


@pytest.mark.parametrize("n", [resampling.CACHED, resampling.CACHED + 1])
def test_many_values_are_resampled_as_few_are(n: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    found = resampling.means(values, 1)
    assert found == pytest.approx(values[resampling.drawn(n, 1)].mean(axis=1))


@FEW
@given(ROUNDS, st.sampled_from([0.5, 2.0, 3.0]))
def test_a_ratio_that_is_the_same_in_every_round_is_a_point(values: dict[int, float], factor: float) -> None:
    own = Side.by_round(values)
    found = intervals.paired_ratio(replace(own, values=factor * own.values), own)
    assert (found.low, found.value, found.high) == pytest.approx((factor, factor, factor))


def test_less_confidence_is_a_narrower_interval() -> None:
    values = [1.0, 1.1, 1.2, 1.4, 1.5, 1.7, 2.0, 2.2, 2.9, 3.3, 4.0]
    wide, narrow = intervals.median(values), intervals.median(values, confidence=0.8)
    assert wide.low < narrow.low <= narrow.value <= narrow.high < wide.high


@pytest.mark.parametrize(("n", "confidence"), [(10, 0.9785), (10, 0.8906), (20, 0.9586), (20, 0.8847)])
def test_at_a_coverage_that_order_statistics_have_the_interval_is_theirs(n: int, confidence: float) -> None:
    values = np.random.default_rng(n).lognormal(size=n)
    k = next(k for k in range(1, n // 2) if abs(1 - 2 * stats.binom.cdf(k - 1, n, 0.5) - confidence) < 1e-4)
    found = intervals.median(values, confidence=1 - 2 * float(stats.binom.cdf(k - 1, n, 0.5)))
    ordered = np.sort(values)
    assert (found.low, found.high) == pytest.approx((ordered[k - 1], ordered[n - k]))


@pytest.mark.parametrize("n", [8, 21])
def test_a_ratios_interval_is_that_of_a_plain_bootstrap(n: int) -> None:
    rng = np.random.default_rng(n)
    one, other = rng.lognormal(0, 0.2, size=(2, n))

    def ratio(above: np.ndarray, below: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.asarray(stats.gmean(above, axis=axis) / stats.gmean(below, axis=axis))

    reach = stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1))  # Hesterberg's expanded percentiles
    plain = stats.bootstrap(
        (one, other),
        ratio,
        paired=True,
        n_resamples=9999,
        method="percentile",
        confidence_level=2 * stats.norm.cdf(reach) - 1,
        rng=2,
    )
    found = intervals.paired_ratio(*(Side.of(np.arange(side.size), side) for side in (one, other)))
    assert (found.low, found.high) == pytest.approx(tuple(plain.confidence_interval), rel=0.05)


def test_a_host_that_becomes_faster_after_one_side_has_left_makes_no_difference() -> None:
    baseline = Side.by_round({number: 2.0 if number <= 10 else 1.0 for number in range(1, 41)})
    left_early = Side.by_round(dict.fromkeys(range(1, 11), 6.0))
    assert intervals.paired_ratio(left_early, baseline).value == pytest.approx(3)
    assert intervals.paired_ratio(baseline, left_early).value == pytest.approx(1 / 3)
    assert intervals.paired_difference(left_early, baseline).value == 4.0


def test_rounds_of_the_baseline_alone_count_within_the_stretch() -> None:
    baseline = Side.by_round({1: 1.0, 2: 1.0, 3: 9.0, 4: 9.0, 5: 9.0, 6: 1.0, 7: 1.0, 8: 1.0})
    own = Side.by_round({1: 9.0, 2: 9.0, 6: 9.0})
    assert intervals.paired_ratio(own, baseline).value == pytest.approx(9 / 9 ** (3 / 6))


def test_many_ratios_at_once_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(3)
    rounds = np.arange(12)
    one_each = [Side.of(rounds, rng.lognormal(0, 0.1, 12)) for _ in range(60)]
    pairs = [*zip(one_each[::2], one_each[1::2], strict=True)]
    several = Side.of(rounds.repeat(3), rng.lognormal(0, 0.1, 36))
    fewer, longer = (Side.of(np.arange(n), rng.lognormal(0, 0.1, n)) for n in (2, 300))
    pairs += [(several, pairs[0][0]), (fewer, pairs[0][1]), (longer, longer), (longer, pairs[0][0])]
    pairs += [(Side.of(rounds, np.zeros(12)), pairs[0][0])]
    for together, (one, other) in zip(intervals.of_ratios(pairs), pairs, strict=True):
        alone, found = intervals.of_ratio(one, other).interval(), together.interval()
        assert found.n == alone.n
        assert (found.value, found.low, found.high) == pytest.approx(
            (alone.value, alone.low, alone.high), rel=1e-12, nan_ok=True
        )
