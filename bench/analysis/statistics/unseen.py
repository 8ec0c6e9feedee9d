"""How many kinds there are beside those that were seen, by how many were seen only once or twice.

Chao's lower bound of the number of kinds, with its interval (Chao 1984, 1987). ``counts`` are how often each kind was
seen: how often each function was entered, or, where rounds are counted, in how many of them it was.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

_Z95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Richness:
    """How many kinds were seen, and how many there are: an estimate, and its 95 % interval."""

    seen: int
    estimate: float
    low: float
    high: float

    @property
    def completeness(self) -> float:
        """Share of the estimate that was seen; 1 where nothing was."""
        return self.seen / self.estimate if self.estimate else 1.0


def kinds(counts: Iterable[int], rounds: int | None = None) -> Richness:
    """Estimate how many kinds there are; counts of nought are passed over.

    ``rounds``: how many rounds a count can be at most, where it says in how many a kind was seen. The estimate is the
    bias-corrected form S + (k - 1)/k * f1(f1 - 1) / 2(f2 + 1), with k the rounds, or all that was seen; f1 and f2 are
    how many kinds were seen once and twice. The interval takes the unseen as log-normal, so that it never falls below
    what was seen (both: Chao 1987, Biometrics 43).
    """
    found = [count for count in counts if count > 0]
    seen, total = len(found), rounds or sum(found)
    once, twice = found.count(1), found.count(2)
    share = (total - 1) / total if total else 0.0
    missing = share * once * (once - 1) / (2 * (twice + 1))
    if missing <= 0:
        return Richness(seen=seen, estimate=float(seen), low=float(seen), high=float(seen))
    variance = (
        missing
        + share**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + share**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    spread = math.exp(_Z95 * math.sqrt(math.log1p(variance / missing**2)))
    return Richness(seen=seen, estimate=seen + missing, low=seen + missing / spread, high=seen + missing * spread)


def saturation(rounds: Sequence[Collection[Hashable]]) -> list[int]:
    """Return how many kinds were seen in the first round, in the first two, and so on: flat where nothing is new."""
    known: set[Hashable] = set()
    curve = []
    for one in rounds:
        known.update(one)
        curve.append(len(known))
    return curve


def jaccard(one: Collection[Hashable], other: Collection[Hashable]) -> float:
    """Return how alike two sets are, from 0 to 1: what both have, of what either has (Jaccard 1901); 1: both empty."""
    either = len({*one, *other})
    return len({*one} & {*other}) / either if either else 1.0
