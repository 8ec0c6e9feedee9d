"""One sequential test of a bar over pooled rounds: it goes on until the rounds clear the bar or miss it.

Each round is one figure: the ratio or difference of two things measured side by side, one right after the other. At
looks that grow by half, Wilcoxon's signed-rank test says whether the figure's middle lies beyond the bar. It stands a
neighbour's outliers, and takes no shape for granted but that noise is alike on both sides (Wilcoxon, Biometrics
Bulletin 1, 1945). Every look has an equal part of ``FALSE_PASS``, so that all of them together let a figure that is not
within its bar pass no more often than that (Bonferroni), however long it is measured; what is left when rounds or time
run out is undecided, which is no pass.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

FALSE_PASS = 0.05
"""At most so often a figure passes that is not within its bar; no more often one fails that is."""

_GROWTH = 1.5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the rounds came to, and their values."""

    verdict: Literal["holds", "misses", "undecided"]
    values: tuple[float, ...]
    bars: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.bars
        middle = statistics.median(self.values)
        return f"the bar {self.verdict}: median {middle:.4g} of {len(self.values)} rounds, from {low:.4g} to {high:.4g}"

    def require(self) -> None:
        """Fail unless the bar holds, and say how it went in either case."""
        print(self)
        assert self.verdict == "holds", str(self)


def judged(
    measure: Callable[[], float],
    *,
    at_least: float = -math.inf,
    at_most: float = math.inf,
    most: int,
    most_s: float = math.inf,
    now_s: Callable[[], float] = time.monotonic,
) -> Judged:
    """Measure one round after another until it is known whether their middle lies between the bars.

    ``most`` bounds the rounds, ``most_s`` the seconds: the last look, with what is left of ``FALSE_PASS``, comes then.
    """
    values: list[float] = []
    due, began_s, left = looks(most), now_s(), FALSE_PASS
    while True:
        values.append(measure())
        is_last = len(values) == most or now_s() - began_s >= most_s
        if not is_last and len(values) not in due:
            continue
        level = left if is_last else FALSE_PASS / len(due)
        left -= level
        verdict = _verdict(np.array(values), at_least, at_most, level)
        if verdict != "undecided" or is_last:
            return Judged(verdict=verdict, values=tuple(values), bars=(at_least, at_most))


def looks(most: int) -> tuple[int, ...]:
    """Return after how many rounds is looked: the first when rounds that all agree are enough, the last after ``most``.

    Raises ValueError where ``most`` are too few to tell anything.
    """
    for fewest in range(1, most + 1):
        due = [fewest]
        while due[-1] < most:
            due.append(min(most, math.ceil(due[-1] * _GROWTH)))
        if 2.0**-fewest <= FALSE_PASS / len(due):
            return tuple(due)
    raise ValueError(f"{most} rounds cannot tell anything")


def _verdict(values: Floats, at_least: float, at_most: float, level: float) -> Literal["holds", "misses", "undecided"]:
    if _p(values - at_most, "less") <= level and _p(values - at_least, "greater") <= level:
        return "holds"
    beyond = _p(values - at_most, "greater") <= level or _p(values - at_least, "less") <= level
    return "misses" if beyond else "undecided"


def _p(beyond: Floats, side: Literal["less", "greater"]) -> float:
    """Return the p-value of the middle's not lying on this side of 0; against a bar at infinity it is known."""
    if np.isinf(beyond).all():
        return 0.0 if (beyond[0] < 0) == (side == "less") else 1.0
    return float(stats.wilcoxon(beyond, alternative=side).pvalue) if beyond.any() else 1.0


def ratio(one: Callable[[], float], other: Callable[[], float]) -> Callable[[], float]:
    """Return what measures the logarithm of a ratio: noise that is alike on both sides moves it as far up as down."""
    both = _side_by_side(one, other)
    return lambda: _minus(*map(math.log, both()))


def difference(one: Callable[[], float], other: Callable[[], float]) -> Callable[[], float]:
    """Return what measures a difference."""
    both = _side_by_side(one, other)
    return lambda: _minus(*both())


def _minus(one: float, other: float) -> float:
    return one - other


def _side_by_side(one: Callable[[], float], other: Callable[[], float]) -> Callable[[], tuple[float, float]]:
    """Return what measures both right after each other, each first in every second round: drift falls on both alike."""
    turns = itertools.cycle((False, True))

    def both() -> tuple[float, float]:
        if next(turns):
            later, first = other(), one()
            return first, later
        return one(), other()

    return both
