"""What an interval says of a claimed range: pure arithmetic, no data.

A claim is supported when the whole interval lies within the range, refuted when the whole interval lies outside.
Between two bounds that is the pair of one-sided tests (TOST) by interval inclusion: a 90 % interval for a test at
5 % (Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987). With one bound the interval is of 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from enum import StrEnum

from bench.analysis.statistics.significance import Contrast

MOST_ROUNDS = 1000
"""More rounds than this are no advice."""


class Verdict(StrEnum):
    """What the data say of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_TESTABLE = "not testable here"


def confidence(at_least: float | None, at_most: float | None) -> float:
    """Return the confidence of the interval that judges a range with these bounds."""
    return 0.95 if at_least is None or at_most is None else 0.90


def judge(low: float, high: float, at_least: float | None, at_most: float | None) -> Verdict:
    """Return what an interval says of the range from ``at_least`` to ``at_most``, both included; None is open.

    NaN, an interval that does not exist, decides nothing.
    """
    if at_least is not None and high < at_least:
        return Verdict.REFUTED
    if at_most is not None and low > at_most:
        return Verdict.REFUTED
    within = (at_least is None or low >= at_least) and (at_most is None or high <= at_most)
    return Verdict.SUPPORTED if within and low <= high else Verdict.UNDECIDED


def chance(found: Contrast | None, verdict: Verdict, at_least: float | None, at_most: float | None) -> float:
    """Return the p-value against a verdict: of the tests that the ratio lies on the other side of each bound.

    Supported: all bounds must hold, so the largest counts (TOST). Refuted: one bound is passed, the smallest counts.
    NaN for another verdict, for bounds that are not above zero, or without a contrast.
    """
    bounds = [(at_least, 1), (at_most, -1)]
    known = [(math.log(bound), sign) for bound, sign in bounds if bound is not None and bound > 0]
    if found is None or not known or verdict not in (Verdict.SUPPORTED, Verdict.REFUTED):
        return math.nan
    inside = verdict is Verdict.SUPPORTED
    tails = [found.below(bound) if (sign > 0) is inside else found.above(bound) for bound, sign in known]
    return max(tails) if inside else min(tails)


def rounds_needed(
    n: int, value: float, low: float, high: float, at_least: float | None, at_most: float | None
) -> int | None:
    """Estimate how many rounds would decide what ``n`` left undecided, should the figure stay where it is.

    The side of the interval that reaches over the nearest bound shrinks with 1 / sqrt(n); it has to become shorter
    than the distance. None: none of a size worth asking for, because the figure sits on the bound.
    """
    bounds = [bound for bound in (at_least, at_most) if bound is not None and low <= bound <= high]
    if not bounds:
        return None
    nearest = min(bounds, key=lambda bound: abs(value - bound))
    distance, side = abs(value - nearest), value - low if nearest < value else high - value
    if distance <= 0 or n * (side / distance) ** 2 > MOST_ROUNDS:
        return None
    return max(n + 1, math.ceil(n * (side / distance) ** 2))


def overall(verdicts: Collection[Verdict]) -> Verdict:
    """Return the verdict on a claim that was judged at several settings: one that refutes it is enough."""
    testable = [one for one in verdicts if one is not Verdict.NOT_TESTABLE]
    if verdicts and not testable:
        return Verdict.NOT_TESTABLE
    if Verdict.REFUTED in testable:
        return Verdict.REFUTED
    supported = testable and all(one is Verdict.SUPPORTED for one in verdicts)
    return Verdict.SUPPORTED if supported else Verdict.UNDECIDED
