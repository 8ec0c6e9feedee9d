"""What many instances asked for at once come to: figures of every burst, and how they grow with its size.

======================= ========= ==================================================================================
metric                  vantage   from
======================= ========= ==================================================================================
``timeline.MARK``       host      median of ``burst.each.MARK`` over the burst's instances (s)
``burst.ready_p95``     host      95th percentile of their ``burst.each.ready`` (s); ``burst.ready_p99`` the 99th
``burst.makespan``      host      the last of them: from the first request until all that would be were ready (s)
``burst.rate``          host      instances that became ready by second of that
``burst.spread``        host      how late the last was asked for (s)
``burst.harness``       harness   CPU time of Isobench per second of the makespan
``burst.growth_ready``  host      exponent of ``timeline.ready`` over the number at once: log-log slope
``burst.growth_all``    host      the same of ``burst.makespan``
======================= ========= ==================================================================================

Percentiles are of nearest rank: a time that was seen. Of fewer than 20 the 95th is the last, of fewer than 100
the 99th.
An exponent belongs to the trial as a whole: 0 where one more costs nothing, 1 where each waits for all before it.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd

from bench.analysis.data.slopes import slope
from bench.analysis.data.texts import holds, like, stack

EACH = "burst.each."
"""Prefix of what was measured of one instance of a burst."""

OF_EACH = (EACH, "rate.each.", "exec.each")
"""Prefixes of what is no figure, being one of many of its trial."""

_BURST = ["trial", "scenario", "isolation", "parameters"]
_TIME = {"unit": "s", "better": "lower", "vantage": "host"}
_SHARE = {"unit": "1", "better": "lower"}
_READY, _ASKED = f"{EACH}ready", f"{EACH}requested"
GROWTHS = {"timeline.ready": "burst.growth_ready", "burst.makespan": "burst.growth_all"}


def of_bursts(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that follow from the bursts in ``samples``, of the same columns; none where there is none."""
    each = samples[holds(samples["metric"], lambda name: name.startswith(EACH))]
    if each.empty:
        return samples.iloc[:0]
    used = samples[samples["metric"] == "harness.cpu"].drop_duplicates(_BURST).set_index(_BURST)["value"]
    rows = [
        row for key, burst in each.groupby(_BURST, sort=False, observed=True) for row in _figures(burst, used.get(key))
    ]
    figures = like(pd.DataFrame(rows, columns=samples.columns), samples)
    grown = figures[figures["metric"].isin(GROWTHS)].groupby(["trial", "metric"], sort=False, observed=True)
    growths = [row for _, points in grown if (row := _growth(points)) is not None]
    return stack([figures, like(pd.DataFrame(growths, columns=samples.columns), samples)])


def percentile(values: pd.Series[float], share: float) -> float:
    """Return the smallest of the values that so large a share of them does not exceed."""
    ordered = values.sort_values()
    return float(ordered.iloc[max(1, math.ceil(share * len(ordered))) - 1])


def _figures(burst: pd.DataFrame, used_s: float | None) -> list[dict[str, object]]:
    about = {str(name): value for name, value in burst.iloc[0].items()} | {"at_s": math.nan}
    times = {str(mark): own["value"] for mark, own in burst.groupby("metric", sort=False, observed=True)}
    rows = [
        about | _TIME | {"metric": f"timeline.{mark.removeprefix(EACH)}", "value": float(values.median())}
        for mark, values in times.items()
        if mark != _ASKED
    ]
    ready = times[_READY]
    last_s = float(ready.max())
    found = {"makespan": last_s, "spread": float(times[_ASKED].max())}
    if len(ready) > 1:
        found |= {f"ready_p{share}": percentile(ready, share / 100) for share in (95, 99)}
    rows += [about | _TIME | {"metric": f"burst.{name}", "value": value} for name, value in found.items()]
    per_s = {"unit": "1/s", "better": "higher", "vantage": "host"}
    rows.append(about | per_s | {"metric": "burst.rate", "value": len(ready) / last_s})
    if used_s is not None:
        share = used_s / last_s
        rows.append(about | _SHARE | {"metric": "burst.harness", "vantage": "harness", "value": share})
    return rows


def _growth(points: pd.DataFrame) -> dict[str, object] | None:
    """Return the log-log slope of one figure over the bursts of a trial; None where two sizes are missing for one."""
    first = {str(name): value for name, value in points.iloc[0].items()}
    sizes = [float(json.loads(step)["at_once"]) for step in points["step"]]
    exponent = slope(np.log(sizes), np.log(points["value"].to_numpy(dtype=np.float64))).value
    if math.isnan(exponent):
        return None
    cell = {name: value for name, value in json.loads(str(first["parameters"])).items() if name != "at_once"}
    text = json.dumps(cell, sort_keys=True)
    metric = GROWTHS[str(first["metric"])]
    return first | _SHARE | {"parameters": text, "step": "{}", "metric": metric, "value": exponent, "at_s": math.nan}
