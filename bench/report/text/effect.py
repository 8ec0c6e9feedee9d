"""How a figure stands to bare's, in words: what the tests say after their correction, and what they could have seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.analysis.figures import ranks
from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.glance import Mark, doubt, mark
from bench.analysis.figures.sweep import Sweep
from bench.analysis.statistics.significance import MARGIN
from bench.report.text import words

BETTER = Mark.BETTER.value
WORSE = Mark.WORSE.value
EQUIVALENT = f"equivalent within {MARGIN * 100:.0f} %"

SMALLEST = "Smallest change that could have been seen"

MOST_NAMED = 5
"""As many isolations are named with what their comparisons could have seen; of more, the span of all."""

MOST_TIES = 3
"""Pairs that share a rank and are named with the figures of their test."""


def of(found: Finding) -> str:
    """Return how a figure stands to bare's; nothing for bare itself, or where bare has no such figure."""
    shows = mark(found)
    if shows is None or not math.isfinite(found.ratio):
        return ""
    return doubt(found) or (EQUIVALENT if shows is Mark.SAME else shows.value)


def seen_from(detectable: float) -> str:
    """Return the smallest change that a comparison would have seen: ``4.0 %``, ``2.1x`` where that is more."""
    if not math.isfinite(detectable):
        return words.NONE
    return f"{words.number(1 + detectable)}x" if detectable >= 1 else f"{words.number(detectable * 100)} %"


def is_ranked(found: Sequence[Finding]) -> bool:
    """Say whether any of these figures has a rank."""
    return any(one.rank is not None for one in found)


def ties(comparison: Comparison, found: Sequence[Finding]) -> tuple[str, ...]:
    """Say which isolations share a rank in one figure, and why; nothing where none do."""
    rank = {one.isolation: one.rank for one in found if one.rank is not None}
    if len(set(rank.values())) == len(rank):
        return ()
    sides = comparison.sides(found[0].metric, found[0].vantage)
    tied = [tie for tie in ranks.ties(sides) if rank.get(tie.one) == rank.get(tie.other) is not None]
    told = sorted(tied, key=lambda tie: (rank[tie.one] or 0, tie.detectable))
    said = [
        f"{tie.one} and {tie.other} (p = {tie.p:.2g}, a difference of {seen_from(tie.detectable)} would have been seen)"
        for tie in told[:MOST_TIES]
    ]
    left = len(told) - MOST_TIES
    more = f"; and {left} more pair{'s' if left > 1 else ''}" if left > 0 else ""
    return (f"Who shares a rank is not told apart, which does not make them equal: {'; '.join(said)}{more}.",)


def over_settings(sweep: Sweep, rows: Sequence[Comparison], metric: str, vantage: str) -> tuple[str, ...]:
    """Say what the comparisons at these settings could have seen, and between which ranks each isolation stands."""
    mine = {
        sweep.name_of(name): [one for row in rows if (one := row.finding(name, metric, vantage))]
        for name in sweep.isolations
    }
    seen = {name: [one.detectable for one in found if math.isfinite(one.detectable)] for name, found in mine.items()}
    ranked = {name: [one.rank for one in found if one.rank is not None] for name, found in mine.items()}
    return (*_seen({name: found for name, found in seen.items() if found}), *_ranked(ranked))


def _seen(seen: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    if not seen:
        return ()
    if len(seen) > MOST_NAMED:
        return (f"{SMALLEST}: {_span([one for found in seen.values() for one in found])}.",)
    return (f"{SMALLEST}: {', '.join(f'{name} {_span(found)}' for name, found in seen.items())}.",)


def _span(detectable: Sequence[float]) -> str:
    low, high = seen_from(min(detectable)), seen_from(max(detectable))
    return low if low == high else f"{low} to {high}"


def _ranked(ranked: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    said = [
        f"{name} {min(found)}" + (f" to {max(found)}" if max(found) > min(found) else "")
        for name, found in ranked.items()
        if found
    ]
    return (f"Rank, over all settings: {', '.join(said)}; who shares one is not told apart there.",) if said else ()
