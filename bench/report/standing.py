"""How a figure stands to bare's, in words: what the tests say after their correction, and what they could have seen."""

from __future__ import annotations

import math

from bench.analysis.comparison import Finding
from bench.analysis.significance import MARGIN
from bench.model import BASELINE
from bench.report import words

BETTER = "better"
WORSE = "worse"
EQUIVALENT = f"equivalent within {MARGIN * 100:.0f} %"
NOT_SHOWN = "no difference shown"
TOO_FEW = "too few rounds"


def standing(found: Finding) -> str:
    """Return how a figure stands to bare's; nothing for bare itself, or where bare has no such figure.

    Equivalence comes first: a difference within the margin that is sure is still no more than the margin.
    """
    if found.isolation == BASELINE or not math.isfinite(found.ratio):
        return ""
    if not math.isfinite(found.ratio_low):
        return TOO_FEW
    if found.equivalent:
        return EQUIVALENT
    if not found.differs:
        return NOT_SHOWN
    return BETTER if (found.ratio > 1) == (found.better == "higher") else WORSE


def seen_from(detectable: float) -> str:
    """Return the smallest change that a comparison would have seen: ``4.0 %``, ``2.1x`` where that is more."""
    if not math.isfinite(detectable):
        return words.NONE
    return f"{words.number(1 + detectable)}x" if detectable >= 1 else f"{words.number(detectable * 100)} %"
