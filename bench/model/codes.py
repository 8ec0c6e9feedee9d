"""Figures that are words: samples are numbers, and these units say what each number stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

AT_LIMIT = "at the limit"
RETURNED = "how it ended"

CODES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        AT_LIMIT: ("ignored", "throttled", "refused", "killed one", "killed all"),
        RETURNED: ("returned", "killed one", "killed all", "did not return"),
    }
)
"""By unit; a word's place is its number, the mildest first."""


def code(unit: str, word: str) -> float:
    """Return the number that stands for a word of a unit."""
    return float(CODES[unit].index(word))


def decoded(value: float, unit: str) -> str:
    """Return the word that a number stands for; between two, as a median may be, both: ``ignored or throttled``."""
    words = CODES[unit]
    low, high = (min(max(int(place), 0), len(words) - 1) for place in (value, value + 0.5))
    return words[low] if low == high else f"{words[low]} or {words[high]}"
