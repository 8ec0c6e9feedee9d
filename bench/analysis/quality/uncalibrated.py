"""What a calibration could not recover, and why: truths of which no trial counts, and views that an isolation lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.quality.calibration import VIEWS, recovered_samples, usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecovered:
    """A truth that was not recovered on some isolations, all for the same kind of reason."""

    truth: str
    isolations: tuple[str, ...]
    outcome: str
    """How the trials ended; ``ok``: they did, but no round has both a trial with it and one without."""
    reason: str
    """The commonest."""

    @property
    def is_failure(self) -> bool:
        """Whether it could have been had: what an isolation has no way to offer is no failure."""
        return self.outcome != "unsupported"

    def __str__(self) -> str:
        """Say it in one line."""
        why = f"no trial counts, {self.outcome}: {self.reason}"
        if not self.is_failure:
            why = f"not applicable, {self.outcome}: {self.reason}"
        if self.outcome == "ok":
            why = "no round has both a trial with it and one without that count"
        return f"{self.truth} on {', '.join(self.isolations)}: {why}"


def unrecovered(frame: pd.DataFrame, found: pd.DataFrame, facts: IsolationFacts = UNTOLD) -> list[Unrecovered]:
    """Return what of a calibration's frame has no row in what was ``found``, by truth and by how its trials ended."""
    known = set(zip(found["truth"], found["isolation"], strict=True))
    trials = frame.drop_duplicates("trial")
    missing = [
        rows.assign(ending=_ending(rows))
        for cell, rows in trials.groupby(["scenario", "isolation"], sort=False)
        if cell not in known
    ]
    lacking = pd.concat(missing) if missing else trials.iloc[:0].assign(ending="")
    return [
        Unrecovered(
            truth=str(truth),
            isolations=tuple(sorted(map(str, rows["isolation"].unique()), key=facts.reading_order)),
            outcome=str(outcome),
            reason=_reason(rows[rows["outcome"] == outcome]),
        )
        for (truth, outcome), rows in lacking.groupby(["scenario", "ending"], sort=False)
    ]


def _ending(rows: pd.DataFrame) -> str:
    """Return how the trials of a truth on one isolation ended: well, if any did, else the commonest."""
    return "ok" if (rows["outcome"] == "ok").any() else str(rows["outcome"].mode().iloc[0])


def _reason(rows: pd.DataFrame) -> str:
    """Return the commonest reason; how long others took the CPU differs, and is left out."""
    said = rows["reason"].fillna("").str.split("; ").str[-1]
    return str(said.str.replace(r" \([0-9.]+ s\)$", "", regex=True).mode().iloc[0])


def unseen(
    frame: pd.DataFrame,
    facts: IsolationFacts = UNTOLD,
    untraced: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> list[str]:
    """Return one line for each view that isolations lack although their trials of that truth count, and why.

    ``untraced`` has by isolation and side (``reached.SIDES``) why the host's tracer saw nothing of it.
    """
    samples = recovered_samples(frame)
    counted = usable(frame)
    lines = []
    for view in VIEWS:
        ran = counted.loc[counted["scenario"] == view.truth, "isolation"].unique()
        rows = samples[(samples["scenario"] == view.truth) & (samples["metric"] == view.metric)]
        seen = set(rows.loc[rows["vantage"] == view.vantage, "isolation"])
        lacking = sorted((str(isolation) for isolation in ran if isolation not in seen), key=facts.reading_order)
        by_reason: dict[str, list[str]] = {}
        for isolation in lacking if view.blind else ():
            why = untraced.get((isolation, view.side))
            by_reason.setdefault(f"unavailable, because {why}" if why else view.blind, []).append(isolation)
        lines += [
            f"{view.truth}, by {view.name}, is not seen on {', '.join(names)}: {why}."
            for why, names in by_reason.items()
        ]
    return lines
