"""One row per figure: median, interval, ratio to bare, and how many trials stand behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from bench.analysis import derive, intervals, trials
from bench.errors import ResultsError

BASELINE = "bare"
OVERHEAD = "overhead."
"""Prefix of the metrics that are an isolation's median minus bare's."""

OVERHEADS = (
    ("timeline.ready", "host"),
    ("memory.idle.pss", derive.OWN),
    ("memory.idle.available_change", "host"),
    ("memory.idle.cgroup", "cgroup"),
    ("memory.load.pss", derive.OWN),
    ("memory.load.available_change", "host"),
    ("memory.load.cgroup", "cgroup"),
)
"""Figures whose difference from bare is reported beside them."""

DTYPES: Mapping[str, str] = {
    "scenario": "string",
    "parameters": "string",
    "isolation": "string",
    "emulated": "bool",
    "metric": "string",
    "vantage": "string",
    "unit": "string",
    "better": "string",
    "n": "int64",
    "median": "float64",
    "low": "float64",
    "high": "float64",
    "ratio": "float64",
    "ratio_low": "float64",
    "ratio_high": "float64",
    "spoiled": "int64",
    "failed": "int64",
    "unsupported": "int64",
}
"""Columns of a summary, in order."""

_FIGURE = ["metric", "vantage", "unit", "better"]


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok, and everything derived from them (see ``derive``)."""
    return derive.with_derived(frame[(frame["outcome"] == "ok") & frame["value"].notna()])


def summarize(frame: pd.DataFrame, samples: pd.DataFrame | None = None) -> pd.DataFrame:
    """Summarize the samples of one run, as ``load`` gives them.

    One row per scenario, parameters, isolation, metric and vantage. Columns: scenario, parameters,
    isolation (string); emulated (bool); metric, vantage, unit, better (string); n (int64), the trials behind
    the figure; median, low, high (float64, in ``unit``), the 95 % percentile-bootstrap interval; ratio,
    ratio_low, ratio_high (float64) against bare of the same scenario, parameters, metric and vantage,
    missing where bare has no such figure; spoiled, failed, unsupported (int64), the trials that are left out
    of every figure here: disturbed by the host, ended badly, never begun because the isolation is not ready.
    Formulas stand in ``intervals`` and ``derive``; metrics ``overhead.*`` are median minus bare's median.

    Parameters of a scenario with steps: its cells' own (start-up, memory), and those of every step. A trial
    that failed half way is failed in every step of its cell.
    Where no trial ended ok there is one row whose metric is missing and whose n is 0.
    ``samples`` is what ``measured`` gives for this frame, where that is known already.
    Raises ResultsError when the frame holds more than one run: runs are compared, never pooled.
    """
    runs = frame["run"].nunique()
    if runs > 1:
        raise ResultsError(f"the frame holds {runs} runs", remedy="Summarize each run by itself")
    figures = dict(iter((measured(frame) if samples is None else samples).groupby(derive.CELL, sort=False)))
    ended = trials.outcomes(frame)
    left_out = trials.counts(ended)
    emulated = ended.groupby(derive.CELL)["emulated"].any().to_dict()
    rows: list[dict[str, object]] = []
    for key, bad in left_out.items():
        about = dict(zip(derive.CELL, key, strict=True)) | {"emulated": bool(emulated[key])} | bad
        found = _figures(figures.get(key), figures.get((*key[:2], BASELINE)))
        rows += [about | figure for figure in found or [{"n": 0}]]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(dict(DTYPES))


def _figures(own: pd.DataFrame | None, bare: pd.DataFrame | None) -> list[dict[str, object]]:
    if own is None:
        return []
    baselines = {} if bare is None else _values(bare, _FIGURE[:2])
    is_bare = own["isolation"].iloc[0] == BASELINE
    rows: list[dict[str, object]] = []
    for key, values in _values(own, _FIGURE).items():
        metric, vantage = key[:2]
        baseline = baselines.get((metric, vantage))
        about: dict[str, object] = dict(zip(_FIGURE, key, strict=True))
        rows.append(about | _figure(intervals.median(values)) | _ratio(values, baseline, is_bare=is_bare))
        if (metric, vantage) in OVERHEADS and baseline is not None and not is_bare:
            added = intervals.difference(values, baseline)
            rows.append(about | {"metric": f"{OVERHEAD}{metric}"} | _figure(added))
    return rows


def _values(samples: pd.DataFrame, by: Sequence[str]) -> dict[tuple[str, ...], intervals.Floats]:
    groups = samples.groupby(list(by), sort=False)["value"]
    return {tuple(map(str, key)): values.to_numpy() for key, values in groups}


def _figure(estimate: intervals.Estimate) -> dict[str, object]:
    return {"n": estimate.n, "median": estimate.value, "low": estimate.low, "high": estimate.high}


def _ratio(values: intervals.Floats, baseline: intervals.Floats | None, *, is_bare: bool) -> dict[str, object]:
    if baseline is None:
        return {}
    if is_bare:  # one by definition, not by measurement: no interval
        return {"ratio": 1.0, "ratio_low": math.nan, "ratio_high": math.nan}
    estimate = intervals.ratio(values, baseline)
    return {"ratio": estimate.value, "ratio_low": estimate.low, "ratio_high": estimate.high}
