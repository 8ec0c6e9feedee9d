"""Which isolations a sentence is spent on: all of a few; of many, those at the ends of what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.tables import figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of one isolation. ``far`` is how far it is from bare, in any measure; NaN: nobody knows."""

    text: str
    far: float
    emulated: bool


def ratio_far(ratio: float) -> float:
    """Return how far a ratio is from 1: half is as far as twice. NaN for none, or one that is not above nought."""
    return abs(math.log(ratio)) if ratio > 0 else math.nan


def spectrum_sentences(said: Sequence[Said]) -> tuple[str, ...]:
    """Return every sentence; of more than a page can be read for, the nearest to bare and the furthest.

    Where the furthest is emulated, the furthest that is not is among them: it is what hardware would be held against.
    """
    known = sorted((one for one in said if math.isfinite(one.far)), key=lambda one: one.far)
    if len(said) <= figures.MOST_BESIDE or not known:
        return tuple(one.text for one in said)
    real = [one for one in known if not one.emulated]
    ends = {"Nearest to bare": known[0], "Furthest from it": known[-1]}
    if known[-1].emulated and real and real[-1] is not known[0]:
        ends["Furthest of those that are not emulated"] = real[-1]
    first = f" of {len(said)} isolations"
    return tuple(f"{end}{first if one is known[0] else ''}: {one.text}" for end, one in ends.items())
