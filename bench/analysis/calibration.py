"""What a calibration found: known truths against what the meters recovered of them. Frame in, DataFrame out.

Everything is paired by round with the same isolation's trial in which nothing was injected, so that what the
workload costs without it, and what drifts from round to round, is in neither.

=========== ============== ======================================================================================
truth       view           recovered
=========== ============== ======================================================================================
delay       its own line   arrival of the line that means ready - arrival of the line before the wait
delay       ready          ``timeline.ready``: as any start-up is measured, an instance's own scatter included
memory      pss, uss, rss  sum over the instance's own processes
memory      cgroup         the control group's account
memory      host           change of the host's MemAvailable: whatever else the host does is in it
quota       work           work per second, as a share of that without a quota
rate        lines          lines per second, by the arrival of the first and the last; nothing is subtracted
=========== ============== ======================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis import derive, intervals
from bench.store import layout

COLUMNS = ("truth", "view", "isolation", "emulated", "injected", "unit", "n", "bias", "low", "high", "spread", "goal",
           "verdict")  # fmt: skip

_RATE_S = 2.0
"""How long ``inject.pl`` offers lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One meter's sight of one truth: which samples, how an amount becomes the truth, how near is near enough."""

    truth: str
    name: str
    parameter: str
    metric: str
    vantage: str
    unit: str
    scale: float
    """The truth, in ``unit``, of one unit of the parameter."""
    goal: float
    """Largest bias allowed: in ``unit``, or of the truth where ``relative``."""
    goal_machine: float
    """The same for an emulated machine."""
    relative: bool = True
    kind: str = "difference"
    nothing: float = 0.0
    """The amount that stands for nothing injected."""


def _memory(name: str, metric: str, vantage: str) -> View:
    return View(truth="memory", name=name, parameter="touched_mib", metric=f"memory.idle.{metric}", vantage=vantage,
                unit="B", scale=float(1 << 20), goal=0.02, goal_machine=0.02)  # fmt: skip


VIEWS = (
    View(truth="delay", name="its own line", parameter="delay_ms", metric="clock.host", vantage="host", unit="s",
         scale=1e-3, goal=0.001, goal_machine=0.005, relative=False),
    View(truth="delay", name="ready", parameter="delay_ms", metric="timeline.ready", vantage="host", unit="s",
         scale=1e-3, goal=0.001, goal_machine=0.005, relative=False),
    _memory("pss", "pss", derive.OWN),
    _memory("uss", "uss", derive.OWN),
    _memory("rss", "rss", derive.OWN),
    _memory("cgroup", "cgroup", "cgroup"),
    _memory("host", "available_change", "host"),
    View(truth="quota", name="work", parameter="quota_percent", metric="work", vantage="workload", unit="1",
         scale=0.01, goal=0.03, goal_machine=0.03, kind="share", nothing=100.0),
    View(truth="rate", name="lines", parameter="lines_per_s", metric="clock.host", vantage="host", unit="1/s",
         scale=1.0, goal=0.01, goal_machine=0.01, kind="rate", nothing=float("nan")),
)  # fmt: skip


def calibration(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per truth, view, isolation and amount.

    Columns: truth, view, isolation (string); emulated (bool); injected, in ``unit`` (s, B, 1/s, or a share); n, the
    rounds that had both trials; bias, the median of recovered - injected, with its interval ``low`` to ``high`` (NaN
    below three rounds); spread, the distance of the quartiles of the same; goal, the largest bias allowed; verdict:
    ``met`` when the median is within the goal, ``missed`` when the whole interval lies outside,
    else ``undecided``: more rounds would tell.
    """
    samples = _usable(frame)
    summed = pd.concat([samples, derive.own_memory(samples)], ignore_index=True)
    rows = [row for view in VIEWS for row in _rows(view, summed)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def worst(found: pd.DataFrame) -> pd.DataFrame:
    """Return the row of every truth, view and isolation whose bias is largest against its goal."""
    share = (found["bias"].abs() / found["goal"]).rename("share")
    order = found.assign(share=share).sort_values("share", ascending=False, kind="stable")
    kept = order.drop_duplicates(["truth", "view", "isolation"]).index
    return found.loc[sorted(kept)].reset_index(drop=True)


def _usable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok."""
    return frame[(frame["outcome"] == "ok") & frame["value"].notna()]


def _rows(view: View, samples: pd.DataFrame) -> list[tuple[object, ...]]:
    chosen = samples[
        (samples["scenario"] == view.truth) & (samples["metric"] == view.metric) & (samples["vantage"] == view.vantage)
    ]
    amounts = chosen["parameters"].map(lambda text: float(json.loads(text)[view.parameter]))
    found = []
    for isolation, rows in chosen.assign(amount=amounts).groupby("isolation", sort=False):
        table = rows.pivot_table(index="round", columns="amount", values="value", aggfunc="median")
        emulated = bool(rows["emulated"].any())
        for amount in [one for one in map(float, table.columns) if one != view.nothing]:
            injected = amount * view.scale
            errors = np.asarray((_recovered(view, table, amount) - injected).dropna(), dtype=np.float64)
            if errors.size:
                found.append((view.truth, view.name, isolation, emulated, injected, view.unit,
                              *_judged(view, errors, injected, emulated=emulated)))  # fmt: skip
    return found


def _recovered(view: View, table: pd.DataFrame, amount: float) -> pd.Series[float]:
    if view.kind == "rate":
        return _RATE_S * amount / table[amount]
    if view.nothing not in table.columns:
        return pd.Series(dtype="float64")
    nothing = table[view.nothing]
    return table[amount] / nothing if view.kind == "share" else table[amount] - nothing


def _judged(view: View, errors: intervals.Floats, injected: float, *, emulated: bool) -> tuple[object, ...]:
    middle = intervals.median(errors)
    lower, upper = np.quantile(errors, [0.25, 0.75])
    goal = (view.goal_machine if emulated else view.goal) * (injected if view.relative else 1.0)
    outside = middle.low > goal or middle.high < -goal  # never where there are too few rounds for an interval (NaN)
    verdict = "met" if abs(middle.value) <= goal else "missed" if outside else "undecided"
    return (middle.n, middle.value, middle.low, middle.high, float(upper - lower), goal, verdict)


def unrecovered(frame: pd.DataFrame) -> list[str]:
    """Return one line for each truth and isolation of which no trial counts, with the commonest reason."""
    trials = frame.drop_duplicates("trial")
    usable = set(_usable(frame)["trial"])
    lines = []
    for (truth, isolation), rows in trials.groupby(["scenario", "isolation"], sort=False):
        if not usable & set(rows["trial"]):
            why = rows["reason"].fillna("").str.split("; ").str[-1].str.replace(r" \([0-9.]+ s\)$", "", regex=True)
            lines.append(f"{truth} on {isolation}: no trial counts, {rows['outcome'].iloc[0]}: {why.mode().iloc[0]}")
    return lines


def citations(run_dir: str | Path, isolations: Sequence[str]) -> tuple[str, ...]:
    """Return what a report says of the calibration that applies to a run, in sentences.

    ``isolations`` are those that ran. A ``calibration.json`` that cannot be read counts as none.
    """
    try:
        known = json.loads((Path(run_dir) / layout.CALIBRATION).read_text())["isolations"]
        said = [(name, str(known[name]["at"])[:10], _start_up(known[name]["findings"])) for name in isolations
                if name in known]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        said = []
    dates: dict[str, list[str]] = {}
    for name, day, bias_s in said:
        if bias_s is not None:
            dates.setdefault(day, []).append(f"{bias_s * 1e3:+.1f} ms ({name})")
    lines = [
        f"Calibrated on {day}: delays before readiness were recovered with a bias of at most {', '.join(biases)}."
        for day, biases in sorted(dates.items())
    ]
    if not lines:
        return ("Never calibrated on this machine: run `python -m bench calibrate`.",)
    cited = {name for name, _, bias_s in said if bias_s is not None}
    without = [name for name in isolations if name not in cited]
    return (*lines, f"Not calibrated here: {', '.join(without)}.") if without else tuple(lines)


def _start_up(findings: Sequence[Mapping[str, object]]) -> float | None:
    """Return the largest bias of a delay, by the workload's own lines."""
    biases = [float(str(row["bias"])) for row in findings if (row["truth"], row["view"]) == ("delay", "its own line")]
    return max(biases, key=abs, default=None)
