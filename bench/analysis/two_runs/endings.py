"""How the trials of every cell ended, before and after: failures are compared, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bench.analysis.claims.evidence import Evidence
from bench.analysis.data import trials
from bench.store.manifest import Manifest

_NO_FAILURE = frozenset({"ok", "spoiled", "unsupported"})
"""Outcomes that are nobody's failure: the host disturbed the trial, or it never began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A cell whose trials did not all end well in one of two runs: counts by outcome, and why, as far as is known."""

    scenario: str
    parameters: str
    isolation: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    reason: str

    @property
    def is_new(self) -> bool:
        """Whether trials ended badly where none did before, or none ended well where some did."""
        lost = bool(self.before.get("ok")) and not self.after.get("ok")
        return lost or (_failed(self.after) > 0 and _failed(self.before) == 0)


def endings(before: pd.DataFrame, after: pd.DataFrame, evidence: Evidence) -> tuple[Ending, ...]:
    """Return every cell that both runs were asked for and that failed, or was lost, in one.

    ``before`` and ``after`` are as ``load`` gives them, ``evidence`` is of the second.
    """
    run, ended = evidence.manifest, _cells(after)
    counts = [_counts(_cells(before)), _counts(ended)]
    found = []
    for cell in dict.fromkeys((*counts[0], *counts[1])):
        scenario, parameters, isolation = cell
        asked_for = isolation in run.isolations and (cell in counts[1] or _was_left_out(cell, run))
        one = Ending(
            scenario=scenario,
            parameters=parameters,
            isolation=isolation,
            before=counts[0].get(cell, {}),
            after=counts[1].get(cell, {}),
            reason=_reason(ended, cell) or evidence.why_missing(scenario, json.loads(parameters), isolation),
        )
        if cell in counts[0] and asked_for and (one.is_new or _failed(one.before) or _failed(one.after)):
            found.append(one)
    return tuple(found)


def _failed(counts: Mapping[str, int]) -> int:
    return sum(count for outcome, count in counts.items() if outcome not in _NO_FAILURE)


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per trial, with the parameters of its cell."""
    return frame.assign(parameters=trials.cell_parameters(frame)).drop_duplicates("trial")


def _counts(ended: pd.DataFrame) -> dict[tuple[str, str, str], dict[str, int]]:
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    rows = ended[["scenario", "parameters", "isolation", "outcome"]]
    for scenario, parameters, isolation, outcome in rows.itertuples(index=False, name=None):
        counts = found.setdefault((scenario, parameters, isolation), {})
        counts[outcome] = counts.get(outcome, 0) + 1
    return found


def _was_left_out(cell: tuple[str, str, str], run: Manifest) -> bool:
    """Say whether a cell without trials was asked for all the same: not ready, or not offered."""
    scenario, parameters, isolation = cell
    values = json.loads(parameters)
    not_offered = any(
        (one.scenario, one.isolation) == (scenario, isolation) and one.parameters.items() <= values.items()
        for one in run.not_offered
    )
    return not run.isolations[isolation].ready or not_offered


def _reason(ended: pd.DataFrame, cell: tuple[str, str, str]) -> str:
    at = (ended["scenario"] == cell[0]) & (ended["parameters"] == cell[1]) & (ended["isolation"] == cell[2])
    mine = ended[at]
    told = mine.loc[~mine["outcome"].isin(_NO_FAILURE), "reason"]
    return str(told.iloc[0]) if len(told) else ""
