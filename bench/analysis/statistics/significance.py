"""Whether two sides differ, or can be called equal, and how small a difference would have been seen.

Tests compare logarithms, so that they speak of ratios, paired by round: the t test of one sample on the rounds'
log-ratios, or where fewer than three rounds are shared, Welch's of two. "No overhead" is never concluded from a large
p-value but from an equivalence test (TOST; Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987). Many
comparisons are corrected by Holm's procedure (Scandinavian Journal of Statistics 6, 1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from bench.analysis.statistics.intervals import MINIMUM
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.resampling import Floats

ALPHA = 0.05
MARGIN = 0.03
"""Ratios between 1 / 1.03 and 1.03 are no overhead, unless a report says otherwise."""

POWER = 0.8
"""How surely a run would have seen the smallest effect it is said to be able to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """The mean log-ratio of two sides, its standard error and degrees of freedom."""

    mean: float
    error: float
    freedom: float

    def p(self, bound: float = 0.0) -> float:
        """Return the two-sided p-value of a log-ratio of ``bound``."""
        return min(1.0, 2 * min(self.below(bound), self.above(bound)))

    def below(self, bound: float) -> float:
        """Return the one-sided p-value that speaks for a log-ratio above ``bound``."""
        return self._share(bound, turned=True)

    def above(self, bound: float) -> float:
        """Return the one-sided p-value that speaks for a log-ratio below ``bound``."""
        return self._share(bound)

    def equivalence(self, margin: float = MARGIN) -> float:
        """Return the p-value of the pair of one-sided tests: small, where the ratio lies within the margin."""
        reach = math.log1p(margin)
        return max(self.below(-reach), self.above(reach))

    def detectable(self, alpha: float = ALPHA) -> float:
        """Return the smallest relative change that a two-sided test would have seen with a power of 80 %: 0.04 is 4 %.

        The sum of both quantiles of t times the standard error (Cohen, Statistical Power Analysis, 1988, chapter 2).
        """
        quantiles = special.stdtrit(self.freedom, 1 - alpha / 2) + special.stdtrit(self.freedom, POWER)
        return float(np.expm1(min(quantiles * self.error, 700.0)))

    def _share(self, bound: float, *, turned: bool = False) -> float:
        """Return how likely a mean this low or lower (turned: this high or higher) is, were the log-ratio ``bound``."""
        far = bound - self.mean if turned else self.mean - bound
        if self.error <= _NOTHING * max(1.0, abs(self.mean)):  # all rounds agree to the last digit
            return 0.5 if abs(far) <= _NOTHING else float(far > 0)
        return float(special.stdtr(self.freedom, far / self.error))


_NOTHING = 1e-12
"""What rounding alone may leave of a difference."""


def contrast(values: Side, baseline: Side) -> Contrast | None:
    """Compare two sides by their logarithms; None where either is not above zero, or has too few rounds."""
    if min(values.n, baseline.n) < MINIMUM or not (values.is_positive and baseline.is_positive):
        return None
    both = values.shared(baseline)
    if both.size >= MINIMUM:
        ratios = np.log(values.at(both).values / baseline.at(both).values)
        return Contrast(mean=float(ratios.mean()), error=_error(ratios), freedom=both.size - 1)
    return _welch(np.log(values.values), np.log(baseline.values))


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Return p-values as Holm's step-down procedure adjusts them; NaN stays NaN and counts for nothing."""
    given = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    adjusted = np.full(given.shape, np.nan)
    steps = given[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _welch(one: Floats, other: Floats) -> Contrast:
    parts = (_error(one) ** 2, _error(other) ** 2)
    total = sum(parts)
    sizes = (one.size - 1, other.size - 1)
    spread = sum(part**2 / size for part, size in zip(parts, sizes, strict=True))
    freedom = total**2 / spread if spread else float(min(sizes))
    return Contrast(mean=float(one.mean() - other.mean()), error=math.sqrt(total), freedom=freedom)


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / math.sqrt(values.size))
