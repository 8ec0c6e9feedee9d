"""The baseline against its twin: what differs between the two is chance, which a report shows by how often it does."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.analysis.figures.headlines import headlines
from bench.analysis.statistics.significance import ALPHA
from bench.model import TWIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """How many headline figures of the baseline and its twin were compared, and how many of them differed."""

    figures: int
    differed: int
    """By their interval alone: about one in twenty does by chance."""
    corrected: int
    """After Holm's correction, as the report judges: as good as none should."""


def twins(summary: pd.DataFrame) -> Twins | None:
    """Count over a summary as ``summarize`` gives it; None where no twin was measured."""
    rows = summary[(summary["isolation"] == TWIN) & headlines(summary) & summary["ratio_low"].notna()]
    if rows.empty:
        return None
    apart = (rows["ratio_low"] > 1) | (rows["ratio_high"] < 1)
    return Twins(figures=len(rows), differed=int(apart.sum()), corrected=int((apart & (rows["p"] < ALPHA)).sum()))
