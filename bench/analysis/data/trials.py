"""How trials ended, by every set of parameters they have, or should have had, figures for.

A trial of a scenario with steps has figures under its cell's own parameters (start-up, idle memory) and under those
of every step. One that ended badly half way is missing from the later steps; it still counts as failed in each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

from bench.analysis.data import derive
from bench.analysis.statistics import tails
from bench.analysis.statistics.intervals import Estimate
from bench.store.stored import canonical

LEFT_OUT = ("did not return", "failed", "spoiled", "unsupported")
"""What keeps a trial out of every figure, in one word for each kind of ending (``ending``)."""

_ENDINGS = {"ok": "ok", "spoiled": "spoiled", "unsupported": "unsupported"} | dict.fromkeys(
    ("timed out", "did not return"), "did not return"
)


def ending(outcome: str) -> str:
    """Return what an outcome is counted as: ``ok`` or one of ``LEFT_OUT``.

    Whatever was waited for in vain did not return: a start, an answer, an end. What ended badly by itself has failed.
    """
    return _ENDINGS.get(outcome, "failed")


def counted_endings(ended: Mapping[str, int]) -> str:
    """Return how many trials are in no figure, as counted by ``ending``: ``2 of 7 did not return, 1 spoiled``.

    Trials that never began are not among them: an isolation with none but those ``did not run``. Empty for none.
    """
    bad = [f"{ended[name]} {name}" for name in LEFT_OUT[:-1] if ended.get(name)]
    if not bad:
        return "did not run" if ended.get("unsupported") and not ended.get("ok") else ""
    whole = sum(count for name, count in ended.items() if name != "unsupported")
    return ", ".join([bad[0].replace(" ", f" of {whole} ", 1), *bad[1:]])


def success(ended: Mapping[str, int], confidence: float) -> Estimate:
    """Return the share of trials that ended well of all that were begun, as counted by ``ending``, with its interval.

    A spoiled trial ended well: what spoiled it was the host.
    """
    begun = sum(count for name, count in ended.items() if name != "unsupported")
    return tails.success(ended.get("ok", 0) + ended.get("spoiled", 0), begun, confidence=confidence)


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per trial and set of parameters that any trial of its cell, in any isolation, has.

    Columns: scenario, parameters, isolation, trial, round, emulated, outcome, as in ``load``.
    """
    kept = ["scenario", "isolation", "trial", "round", "emulated", "outcome"]
    first = frame[~frame["trial"].duplicated().to_numpy()]
    trials = first[kept].assign(cell=cell_parameters(first))
    settings = frame[["scenario", "parameters", "step"]].drop_duplicates()
    settings = settings.assign(cell=cell_parameters(settings)).drop(columns="step").drop_duplicates()
    return trials.merge(settings, on=["scenario", "cell"], sort=False).drop(columns="cell")


def cell_parameters(frame: pd.DataFrame) -> pd.Series[str]:
    """Return for every row the parameters of its cell: its own without those of its step."""
    if frame.empty:
        return frame["parameters"]
    (whole, texts), (part, steps) = (pd.factorize(frame[name]) for name in ("parameters", "step"))
    codes, pairs = pd.factorize(whole * len(steps) + part)
    places = (divmod(int(pair), len(steps)) for pair in pairs)
    found = [_without(str(texts[place]), str(steps[step])) for place, step in places]
    return pd.Series(pd.array(found, dtype="string").take(codes), index=frame.index)


def counts(outcomes: pd.DataFrame) -> Mapping[tuple[str, str, str], dict[str, int]]:
    """Return how many trials ended ok, or are left out of figures and why, by scenario, parameters, isolation.

    Every cell has ``ok`` and each of ``LEFT_OUT``, in that order.
    """
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    counted = outcomes.groupby([*derive.CELL, "outcome"], sort=False, observed=True).size()
    for key, count in counted.items():
        scenario, parameters, isolation, outcome = map(str, key)  # type: ignore[call-overload]  # a tuple
        cell = found.setdefault((scenario, parameters, isolation), dict.fromkeys(("ok", *LEFT_OUT), 0))
        cell[ending(outcome)] += int(count)
    return found


def _without(parameters: str, step: str) -> str:
    names = json.loads(step)
    return canonical({name: value for name, value in json.loads(parameters).items() if name not in names})
