"""The logic of intervals and ranges, without data."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.analysis.claims.verdict import MOST_ROUNDS, Verdict, chance, confidence, judge, overall, rounds_needed
from bench.analysis.statistics.significance import Contrast

NUMBER = st.floats(-1e6, 1e6)
BOUND = st.none() | NUMBER


@st.composite
def ranges(draw: st.DrawFn) -> tuple[float | None, float | None]:
    """Return a claimed range that has at least one end, the lower not above the upper."""
    least, most = draw(BOUND), draw(BOUND)
    assume(least is not None or most is not None)
    assume(least is None or most is None or least <= most)
    return least, most


@given(NUMBER, NUMBER, ranges())
def test_supported_is_inside_refuted_is_outside_and_undecided_is_neither(
    one: float, other: float, claimed: tuple[float | None, float | None]
) -> None:
    (low, high), (least, most) = sorted((one, other)), claimed
    inside = (least is None or least <= low) and (most is None or high <= most)
    outside = (least is not None and high < least) or (most is not None and low > most)
    assert not (inside and outside)
    expected = Verdict.SUPPORTED if inside else Verdict.REFUTED if outside else Verdict.UNDECIDED
    assert judge(low, high, least, most) is expected


@given(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).map(sorted), ranges())
def test_a_narrower_interval_within_never_turns_a_verdict_over(
    ends: list[float], claimed: tuple[float | None, float | None]
) -> None:
    wide, narrow = judge(ends[0], ends[3], *claimed), judge(ends[1], ends[2], *claimed)
    assert wide in (Verdict.UNDECIDED, narrow)


@pytest.mark.parametrize(
    ("low", "high", "least", "most", "verdict"),
    [
        (0.97, 1.03, 0.97, 1.03, Verdict.SUPPORTED), (0.96, 1.0, 0.97, 1.03, Verdict.UNDECIDED),
        (0.90, 0.96, 0.97, 1.03, Verdict.REFUTED), (1.04, 1.10, 0.97, 1.03, Verdict.REFUTED),
        (0.90, 1.10, 0.97, 1.03, Verdict.UNDECIDED), (0.98, 5.0, 0.97, None, Verdict.SUPPORTED),
        (0.0, 0.0, None, 0.0, Verdict.SUPPORTED), (math.nan, math.nan, 0.97, None, Verdict.UNDECIDED),
        (math.nan, math.nan, None, 1.0, Verdict.UNDECIDED),
    ],
)  # fmt: skip
def test_verdicts_by_hand(low: float, high: float, least: float | None, most: float | None, verdict: Verdict) -> None:
    assert judge(low, high, least, most) is verdict


def test_between_two_bounds_the_interval_is_that_of_two_one_sided_tests() -> None:
    assert confidence(0.97, 1.03) == 0.90
    assert confidence(0.97, None) == confidence(None, 1.0) == 0.95


def test_rounds_needed_by_hand() -> None:
    # The lower side reaches 0.04 below the figure, the bound is 0.02 below it: twice as far, four times the rounds.
    assert rounds_needed(5, 0.99, 0.95, 1.00, 0.97, None) == 20
    # The nearest bound counts: 0.01 above the figure, which the interval passes by 0.03.
    assert rounds_needed(5, 1.02, 0.96, 1.05, 0.97, 1.03) == 45
    assert rounds_needed(5, 0.97, 0.95, 1.00, 0.97, None) is None
    assert rounds_needed(5, 0.9701, 0.95, 1.00, 0.97, None) is None


@given(st.integers(3, 100), st.floats(0.5, 2), st.floats(0, 1), st.floats(0, 1), ranges())
def test_rounds_needed_are_more_than_there_were_and_bounded(
    n: int, value: float, below: float, above: float, claimed: tuple[float | None, float | None]
) -> None:
    low, high = value - below, value + above
    needed = rounds_needed(n, value, low, high, *claimed)
    assert needed is None or n < needed <= max(MOST_ROUNDS, n + 1)
    if needed is not None:
        assert judge(low, high, *claimed) is Verdict.UNDECIDED or needed == n + 1


@given(st.lists(st.sampled_from(list(Verdict)), min_size=1))
def test_one_refutation_refutes_and_only_all_together_support(verdicts: list[Verdict]) -> None:
    whole = overall(verdicts)
    assert (whole is Verdict.REFUTED) is (Verdict.REFUTED in verdicts)
    assert (whole is Verdict.SUPPORTED) is (set(verdicts) == {Verdict.SUPPORTED})
    assert (whole is Verdict.NOT_TESTABLE) is (set(verdicts) == {Verdict.NOT_TESTABLE})


def test_no_setting_at_all_decides_nothing() -> None:
    assert overall([]) is Verdict.UNDECIDED


def test_the_chance_of_a_verdict_is_that_of_the_bound_it_hangs_on() -> None:
    two = Contrast(mean=math.log(2), error=0.1, freedom=9)
    near, far = two.below(math.log(1.9)), two.above(math.log(3))
    assert chance(two, Verdict.SUPPORTED, 1.9, 3.0) == max(near, far) == near
    assert chance(two, Verdict.REFUTED, 2.1, None) == two.above(math.log(2.1))
    assert chance(two, Verdict.REFUTED, 0.5, 1.0) == two.below(0.0)
    assert math.isnan(chance(two, Verdict.UNDECIDED, 1.9, 3.0))
    assert math.isnan(chance(None, Verdict.SUPPORTED, 1.9, 3.0))
    assert math.isnan(chance(two, Verdict.SUPPORTED, 0.0, None)), "nothing lies below nought on a scale of ratios"
