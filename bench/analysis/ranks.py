"""Who is better than whom, and who cannot be told apart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from bench.analysis.sides import Side
from bench.analysis.significance import ALPHA, contrast, holm


def ranks(sides: Mapping[str, Side], *, better: str) -> dict[str, int]:
    """Return each isolation's rank in one figure: one more than how many are better than it for sure.

    Better for sure is what a paired test says at 5 %, corrected by Holm for all pairs. Isolations that cannot be told
    apart share a rank, which says that the data do not separate them and not that they are equal; being told apart is
    not transitive, so two of different ranks may each tie with a third. ``better`` is ``higher`` or ``lower``.
    Isolations with too few rounds, or with values that are not above zero, have no rank.
    """
    sign = 1 if better == "lower" else -1
    pairs = {
        pair: found
        for pair in itertools.combinations(sides, 2)
        if (found := contrast(sides[pair[0]], sides[pair[1]])) is not None
    }
    adjusted = holm([found.p() for found in pairs.values()])
    behind = {name: 0 for pair in pairs for name in pair}
    for (one, other), p in zip(pairs, adjusted, strict=True):
        if p < ALPHA:
            behind[one if pairs[one, other].mean * sign > 0 else other] += 1
    return {name: 1 + count for name, count in behind.items()}
