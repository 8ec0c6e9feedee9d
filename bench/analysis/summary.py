"""One row per figure: median, interval, ratio to bare, and how many trials stand behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from bench.analysis import derive, intervals
from bench.errors import ResultsError

BASELINE = "bare"
OVERHEAD = "overhead."
"""Prefix of the metrics that are an isolation's median minus bare's."""

OVERHEADS = (
    ("timeline.ready", "host"),
    ("memory.idle.pss", derive.OWN),
    ("memory.idle.available_change", "host"),
    ("memory.idle.cgroup", "cgroup"),
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
}
"""Columns of a summary, in order."""

_FIGURE = ["metric", "vantage", "unit", "better"]


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok, and everything derived from them (see ``derive``)."""
    return derive.with_derived(frame[(frame["outcome"] == "ok") & frame["value"].notna()])


def summarize(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarize the samples of one run, as ``load`` gives them.

    One row per scenario, parameters, isolation, metric and vantage. Columns: scenario, parameters,
    isolation (string); emulated (bool); metric, vantage, unit, better (string); n (int64), the trials behind
    the figure; median, low, high (float64, in ``unit``), the 95 % percentile-bootstrap interval; ratio,
    ratio_low, ratio_high (float64) against bare of the same scenario, parameters, metric and vantage,
    missing where bare has no such figure; spoiled, failed (int64), the trials of the cell that are left out
    of every figure.
    Formulas stand in ``intervals`` and ``derive``; metrics ``overhead.*`` are median minus bare's median.

    A cell in which no trial ended ok is one row whose metric is missing and whose n is 0.
    Raises ResultsError when the frame holds more than one run: runs are compared, never pooled.
    """
    runs = frame["run"].nunique()
    if runs > 1:
        raise ResultsError(f"the frame holds {runs} runs", remedy="Summarize each run by itself")
    samples = measured(frame)
    rows: list[dict[str, object]] = []
    for key, cell in frame.groupby(derive.CELL, sort=False):
        scenario, parameters, isolation = key
        of_pair = samples[(samples["scenario"] == scenario) & (samples["parameters"] == parameters)]
        about = dict(zip(derive.CELL, key, strict=True)) | _counts(cell)
        figures = _figures(of_pair[of_pair["isolation"] == isolation], of_pair[of_pair["isolation"] == BASELINE])
        rows += [about | figure for figure in figures or [_nothing()]]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(dict(DTYPES))


def _counts(cell: pd.DataFrame) -> dict[str, object]:
    outcomes = cell.drop_duplicates("trial")["outcome"]
    spoiled = int((outcomes == "spoiled").sum())
    failed = int((~outcomes.isin(["ok", "spoiled"])).sum())
    return {"emulated": bool(cell["emulated"].any()), "spoiled": spoiled, "failed": failed}


def _figures(own: pd.DataFrame, bare: pd.DataFrame) -> list[dict[str, object]]:
    baselines = {key: rows["value"].to_numpy() for key, rows in bare.groupby(["metric", "vantage"])}
    rows: list[dict[str, object]] = []
    for key, group in own.groupby(_FIGURE, sort=False):
        metric, vantage = key[0], key[1]
        values = group["value"].to_numpy()
        baseline = baselines.get((metric, vantage))
        about = dict(zip(_FIGURE, key, strict=True))
        is_bare = bool((group["isolation"] == BASELINE).all())
        rows.append(about | _figure(intervals.median(values)) | _ratio(values, baseline, is_bare=is_bare))
        if (metric, vantage) in OVERHEADS and baseline is not None and not is_bare:
            added = intervals.difference(values, baseline)
            rows.append(about | {"metric": f"{OVERHEAD}{metric}"} | _figure(added))
    return rows


def _figure(estimate: intervals.Estimate) -> dict[str, object]:
    return {"n": estimate.n, "median": estimate.value, "low": estimate.low, "high": estimate.high}


def _ratio(values: intervals.Floats, baseline: intervals.Floats | None, *, is_bare: bool) -> dict[str, object]:
    if baseline is None:
        return {}
    if is_bare:  # one by definition, not by measurement: no interval
        return {"ratio": 1.0, "ratio_low": math.nan, "ratio_high": math.nan}
    estimate = intervals.ratio(values, baseline)
    return {"ratio": estimate.value, "ratio_low": estimate.low, "ratio_high": estimate.high}


def _nothing() -> dict[str, object]:
    return {"n": 0}
