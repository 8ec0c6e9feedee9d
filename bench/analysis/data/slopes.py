"""What each further instance costs: slopes over the number running, one for each climb of a density scenario.

============================ ================ ==========================================================
metric                       vantage          from
============================ ================ ==========================================================
``density.pss``              processes        sum over the instances' own roles; shared daemons never in it
``density.slope_available``  host             slope of ``density.available_change`` (B per instance)
``density.slope_pss``        as density.pss   slope of ``density.pss``, the shared daemons' among them
``density.start_slope``      host             slope of ``density.start`` (s per instance already running)
============================ ================ ==========================================================

A slope belongs to the trial as a whole: its row carries the cell's parameters, and no step.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd

from bench.analysis.data.texts import holds, like, stack
from bench.analysis.statistics.intervals import CONFIDENCE, Estimate, Values

SLOPES = {
    "density.available_change": "density.slope_available",
    "density.pss": "density.slope_pss",
    "density.start": "density.start_slope",
}
"""What is measured at every step of a climb, and the metric that its slope becomes."""

ENOUGH = 5
"""Fewest steps for an interval: among 4 even the range of all slopes between two covers but 1 - 2/4! = 92 %."""

_SERIES = ["trial", "scenario", "isolation", "metric", "vantage"]


def slope(running: Values, values: Values) -> Estimate:
    """Return the Theil-Sen slope of ``values`` over ``running``: the median of the slopes between every two points.

    It stands up to a jump of the page cache that bends a least-squares line. The 95 % interval is Sen's, of Kendall's
    tau (Theil 1950; Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 1968). It takes
    the points' errors for independent. Memory read again and again on one climb drifts, so the interval of one
    climb is too narrow rather than too wide: where there are rounds, trust the interval over their slopes.

    ``n`` is the number of points; fewer than ``ENOUGH`` give no interval, fewer than 2 no slope: NaN.
    """
    places, seen = np.asarray(running, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if np.unique(places).size < 2:
        return Estimate(n=places.size, value=math.nan, low=math.nan, high=math.nan)
    from scipy import stats  # noqa: PLC0415 - a quarter of what a report would load, and few runs have a climb

    found = stats.theilslopes(seen, places, alpha=CONFIDENCE)
    low, high = (found.low_slope, found.high_slope) if places.size >= ENOUGH else (math.nan, math.nan)
    return Estimate(n=places.size, value=float(found.slope), low=float(low), high=float(high))


def of_climbs(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that follow from the climbs in ``samples``, of the same columns; none where there is none."""
    steps = samples[samples["metric"].isin(SLOPES)]
    if steps.empty:
        return samples.iloc[:0]
    summed = _own_pss(steps)
    series = stack([steps, summed]).groupby(_SERIES, sort=False, observed=True)
    rows = pd.DataFrame([row for _, points in series if (row := _row(points)) is not None], columns=samples.columns)
    return stack([summed, like(rows, samples)])


def series(points: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Return one climb's numbers running and values, of one metric and vantage, in the order of the climb."""
    running = [float(json.loads(step)["running"]) for step in points["step"]]
    ordered = sorted(zip(running, points["value"], strict=True))
    return [place for place, _value in ordered], [float(value) for _place, value in ordered]


def _own_pss(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the sum of PSS over the instances' own roles at every step."""
    own = holds(
        steps["vantage"], lambda role: role.startswith("processes:") and not role.startswith("processes:shared:")
    )
    pss = steps[(steps["metric"] == "density.pss") & own]
    total = pss.groupby(["trial", "parameters"], sort=False, observed=True)["value"].transform("sum")
    summed = pss.assign(vantage="processes", value=total, at_s=math.nan)
    return like(summed.drop_duplicates(["trial", "parameters"]), steps)


def _row(points: pd.DataFrame) -> dict[str, object] | None:
    """Return the slope of one series as a row; None where two points are missing for one."""
    found = slope(*series(points))
    if math.isnan(found.value):
        return None
    first = {str(name): value for name, value in points.iloc[0].items()}
    step = json.loads(str(first["step"]))
    cell = {name: value for name, value in json.loads(str(first["parameters"])).items() if name not in step}
    text = json.dumps(cell, sort_keys=True)
    metric = SLOPES[str(first["metric"])]
    return first | {"parameters": text, "step": "{}", "metric": metric, "value": found.value, "at_s": math.nan}
