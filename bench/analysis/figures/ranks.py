"""Who is better than whom, and who cannot be told apart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.significance import ALPHA, Contrast, contrast, holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Two isolations that the data do not separate: the test's p-value, corrected for all pairs of the figure.

    ``detectable`` is the smallest difference between them, as a share, that the test of these two alone would have
    seen with a power of 80 %.
    """

    one: str
    other: str
    p: float
    detectable: float


def ranks(sides: Mapping[str, Side], *, better: str) -> dict[str, int]:
    """Return each isolation's rank in one figure: one more than how many are better than it for sure.

    Better for sure is what a paired test says at 5 %, corrected by Holm for all pairs. Isolations that cannot be told
    apart share a rank, which says that the data do not separate them and not that they are equal; being told apart is
    not transitive, so two of different ranks may each tie with a third. ``better`` is ``higher`` or ``lower``.
    Isolations with too few rounds, or with values that are not above zero, have no rank.
    """
    sign = 1 if better == "lower" else -1
    tested = _tested(sides)
    behind = {name: 0 for pair in tested for name in pair}
    for (one, other), (found, p) in tested.items():
        if p < ALPHA:
            behind[one if found.mean * sign > 0 else other] += 1
    return {name: 1 + count for name, count in behind.items()}


def ties(sides: Mapping[str, Side]) -> tuple[Tie, ...]:
    """Return every two isolations that ``ranks`` does not tell apart, in the order of ``sides``."""
    return tuple(
        Tie(one=one, other=other, p=p, detectable=found.detectable())
        for (one, other), (found, p) in _tested(sides).items()
        if p >= ALPHA
    )


def _tested(sides: Mapping[str, Side]) -> dict[tuple[str, str], tuple[Contrast, float]]:
    """Return how every two sides compare that can be, with the p-value corrected for how many there are."""
    pairs = {
        pair: found
        for pair in itertools.combinations(sides, 2)
        if (found := contrast(sides[pair[0]], sides[pair[1]])) is not None
    }
    adjusted = holm([found.p() for found in pairs.values()])
    return {pair: (found, float(p)) for (pair, found), p in zip(pairs.items(), adjusted, strict=True)}
