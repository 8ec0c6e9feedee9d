"""What a calibration could not recover, and why: truths of which no trial counts, and views that an isolation lacks."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.analysis.calibration import VIEWS, recovered_samples, usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecovered:
    """A truth that was not recovered on an isolation."""

    truth: str
    isolation: str
    reason: str
    is_failure: bool
    """Whether it could have been had: what an isolation has no way to offer is no failure."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.truth} on {self.isolation}: {self.reason}"


def unrecovered(frame: pd.DataFrame, found: pd.DataFrame) -> list[Unrecovered]:
    """Return each truth and isolation of a calibration's frame that has no row in what was ``found``."""
    known = set(zip(found["truth"], found["isolation"], strict=True))
    trials = frame.drop_duplicates("trial")
    lacking = []
    for (truth, isolation), rows in trials.groupby(["scenario", "isolation"], sort=False):
        if (truth, isolation) not in known:
            outcome = "ok" if (rows["outcome"] == "ok").any() else str(rows["outcome"].mode().iloc[0])
            reason = _why(rows, outcome)
            failed = outcome != "unsupported"
            lacking.append(Unrecovered(truth=str(truth), isolation=str(isolation), reason=reason, is_failure=failed))
    return lacking


def _why(rows: pd.DataFrame, outcome: str) -> str:
    """Return how the trials ended, with the commonest reason; how long others took the CPU differs and is left out."""
    if outcome == "ok":
        return "no round has both a trial with it and one without that count"
    said = rows.loc[rows["outcome"] == outcome, "reason"].fillna("").str.split("; ").str[-1]
    plain = said.str.replace(r" \([0-9.]+ s\)$", "", regex=True)
    return f"no trial counts, {outcome}: {plain.mode().iloc[0]}"


def unseen(frame: pd.DataFrame) -> list[str]:
    """Return one line for each view that isolations lack although their trials of that truth count, and why."""
    samples = recovered_samples(frame)
    counted = usable(frame)
    lines = []
    for view in VIEWS:
        ran = counted.loc[counted["scenario"] == view.truth, "isolation"].unique()
        rows = samples[(samples["scenario"] == view.truth) & (samples["metric"] == view.metric)]
        seen = set(rows.loc[rows["vantage"] == view.vantage, "isolation"])
        lacking = [str(isolation) for isolation in ran if isolation not in seen]
        if lacking and view.blind:
            lines.append(f"{view.truth}, by {view.name}, is not seen on {', '.join(lacking)}: {view.blind}.")
    return lines
