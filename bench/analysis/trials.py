"""How trials ended, by every set of parameters they have, or should have had, figures for.

A trial of a scenario with steps has figures under its cell's own parameters (start-up, idle memory) and under those
of every step. One that ended badly half way is missing from the later steps; it still counts as failed in each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

from bench.analysis import derive
from bench.store.dataset import canonical

LEFT_OUT = ("spoiled", "failed", "unsupported")
"""What keeps a trial out of every figure; ``failed`` is whatever is neither ok nor one of the others."""


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per trial and set of parameters that any trial of its cell, in any isolation, has.

    Columns: scenario, parameters, isolation, trial, round, emulated, outcome, as in ``load``.
    """
    cells = cell_parameters(frame)
    kept = ["scenario", "isolation", "trial", "round", "emulated", "outcome"]
    trials = frame[kept].assign(cell=cells).drop_duplicates("trial")
    settings = frame[["scenario", "parameters"]].assign(cell=cells).drop_duplicates()
    return trials.merge(settings, on=["scenario", "cell"], sort=False).drop(columns="cell")


def cell_parameters(frame: pd.DataFrame) -> pd.Series[str]:
    """Return for every row the parameters of its cell: its own without those of its step."""
    if frame.empty:
        return frame["parameters"]
    codes, known = pd.MultiIndex.from_frame(frame[["parameters", "step"]]).factorize()
    found = pd.array([_without(*pair) for pair in known], dtype="string")
    return pd.Series(found.take(codes), index=frame.index)


def counts(outcomes: pd.DataFrame) -> Mapping[tuple[str, str, str], dict[str, int]]:
    """Return how many trials ended ok, or are left out of figures and why, by scenario, parameters, isolation."""
    found = {}
    for key, rows in outcomes.groupby(derive.CELL, sort=False):
        scenario, parameters, isolation = key
        ended = rows["outcome"]
        known = {name: int((ended == name).sum()) for name in ("ok", "spoiled", "unsupported")}
        found[str(scenario), str(parameters), str(isolation)] = known | {"failed": len(ended) - sum(known.values())}
    return found


def _without(parameters: str, step: str) -> str:
    names = json.loads(step)
    return canonical({name: value for name, value in json.loads(parameters).items() if name not in names})
