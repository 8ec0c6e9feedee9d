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
quota       CPU time       CPU-seconds per second by the host's books, as a share of that without a quota
quota       work           work per second, as a share of that without a quota
rate        lines          lines per second, by the arrival of the first and the last; nothing is subtracted
written     processes      ``disk.written``, sum over the instance's own processes
written     cgroup         ``disk.written``, by the control group's account
surface     getpid, openat how often the tracer saw the call
surface     a function     how often it saw ``uptime_proc_show`` entered, which is seeded: nobody else enters it
surface     its calls      how many calls of the known set it saw (``seeded``): fewer are missing
surface     no others      how many calls it saw as if they had been seeded, the known set among them: more are extra
surface     there and gone whether it saw the function with the seed, and not without it
=========== ============== ======================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.data import derive
from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.quality import seeded
from bench.analysis.schemas import CALIBRATION_COLUMNS
from bench.analysis.statistics import intervals
from bench.store.table import dtypes

DTYPES = dtypes(CALIBRATION_COLUMNS)

RELATIVE = ("memory", "quota", "rate", "surface", "written")
"""Truths whose goal is a share of what was injected."""

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
    """The truth, in ``unit``, of one unit of the parameter; of a ``set``, whatever the amount: how many are in it."""
    goal: float
    """Largest bias allowed: in ``unit``, or of the truth where that is among ``RELATIVE``."""
    goal_machine: float | None = None
    """The same for a machine, emulated or not; None: no other."""
    kind: str = "difference"
    nothing: float = 0.0
    """The amount that stands for nothing injected."""
    blind: str = ""
    """Why an isolation may lack this view, for a person."""
    side: str = ""
    """What the tracer has to trace for it (``reached.SIDES``): each trial notes why it could not."""


_NO_GROUP = "no control group is known to hold it, or the kernel keeps no such books there"
_NO_PROCESS = "no process of it could be read"
_REFUSED = "the kernel's tracer is refused here"


def _bytes(truth: str, name: str, parameter: str, metric: str, vantage: str, blind: str) -> View:
    return View(truth=truth, name=name, parameter=parameter, metric=metric, vantage=vantage, unit="B",
                scale=float(1 << 20), goal=0.02, blind=blind)  # fmt: skip


def _known(name: str, entered: str, side: str) -> View:
    return View(truth="surface", name=name, parameter="times", metric=f"surface.known.{entered}", vantage="host",
                unit="times", scale=1.0, goal=0.01, blind=_REFUSED, side=side)  # fmt: skip


def _names(name: str, metric: str, size: int, side: str) -> View:
    return View(truth="surface", name=name, parameter="times", metric=metric, vantage="host", unit="names",
                scale=size, goal=0.0, kind="set", blind=_REFUSED, side=side)  # fmt: skip


VIEWS = (
    View(truth="delay", name="its own line", parameter="delay_ms", metric="clock.host", vantage="host", unit="s",
         scale=1e-3, goal=0.001, goal_machine=0.005),
    View(truth="delay", name="ready", parameter="delay_ms", metric="timeline.ready", vantage="host", unit="s",
         scale=1e-3, goal=0.001, goal_machine=0.005),
    _bytes("memory", "pss", "touched_mib", "memory.idle.pss", derive.OWN, _NO_PROCESS),
    _bytes("memory", "uss", "touched_mib", "memory.idle.uss", derive.OWN, _NO_PROCESS),
    _bytes("memory", "rss", "touched_mib", "memory.idle.rss", derive.OWN, _NO_PROCESS),
    _bytes("memory", "cgroup", "touched_mib", "memory.idle.cgroup", "cgroup", _NO_GROUP),
    _bytes("memory", "host", "touched_mib", "memory.idle.available_change", "host", ""),
    View(truth="quota", name="CPU time", parameter="quota_percent", metric="cpu.share", vantage=derive.OWN, unit="1",
         scale=0.01, goal=0.03, kind="share", nothing=100.0, blind=_NO_PROCESS),
    View(truth="quota", name="work", parameter="quota_percent", metric="work", vantage="workload", unit="1",
         scale=0.01, goal=0.03, kind="share", nothing=100.0),
    View(truth="rate", name="lines", parameter="lines_per_s", metric="clock.host", vantage="host", unit="1/s",
         scale=1.0, goal=0.01, kind="rate", nothing=float("nan")),
    _bytes("written", "processes", "written_mib", "disk.written", derive.OWN, _NO_PROCESS),
    _bytes("written", "cgroup", "written_mib", "disk.written", "cgroup", _NO_GROUP),
    _known("getpid", "getpid", "host_syscalls"), _known("openat", "openat", "host_syscalls"),
    _known("a function", seeded.FUNCTION, "host_functions"),
    _names("its calls", seeded.RECOVERED, len(seeded.CALLS), "host_syscalls"),
    _names("no others", seeded.WITH_EXTRA, len(seeded.CALLS), "host_syscalls"),
    _names("there and gone", seeded.THERE_AND_GONE, 1, "host_functions"),
)  # fmt: skip


def calibration(frame: pd.DataFrame, facts: IsolationFacts = UNTOLD) -> pd.DataFrame:
    """Return one row per truth, view, isolation and amount.

    Columns: ``bench.schemas["calibration"]``. A goal is undecided where more rounds would tell.
    """
    summed = recovered_samples(frame)
    machines = machines_in(frame, facts)
    rows = [row for view in VIEWS for row in _rows(view, summed, machines)]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(dict(DTYPES))


def machines_in(frame: pd.DataFrame, facts: IsolationFacts = UNTOLD) -> frozenset[str]:
    """Return the isolations that are machines: emulated, or seen to have a process of a machine's monitor.

    A machine has a kernel of its own, whose timers and console are not the host's.
    """
    are = frame["emulated"].fillna(value=False).astype(bool) | frame["vantage"].isin(facts.machine_vantages)
    return frozenset(map(str, frame.loc[are, "isolation"].unique()))


def worst(found: pd.DataFrame) -> pd.DataFrame:
    """Return the row of every truth, view and isolation whose bias is largest against its goal."""
    share = (found["bias"].abs() / found["goal"]).rename("share")
    order = found.assign(share=share).sort_values("share", ascending=False, kind="stable")
    kept = order.drop_duplicates(["truth", "view", "isolation"]).index
    return found.loc[sorted(kept)].reset_index(drop=True)


def recovered_samples(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok, and below them what is derived: an instance's sums, a known set."""
    samples = usable(frame)
    summed = (derive.own_memory(samples), derive.own_written(samples), derive.own_cpu_share(samples))
    return pd.concat([samples, *summed, seeded.set_samples(samples)], ignore_index=True)


def usable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok."""
    return frame[(frame["outcome"] == "ok") & frame["value"].notna()]


def _rows(view: View, samples: pd.DataFrame, machines: Collection[str]) -> list[tuple[object, ...]]:
    chosen = samples[
        (samples["scenario"] == view.truth) & (samples["metric"] == view.metric) & (samples["vantage"] == view.vantage)
    ]
    amounts = chosen["parameters"].map(lambda text: float(json.loads(text)[view.parameter]))
    found = []
    for isolation, rows in chosen.assign(amount=amounts).groupby("isolation", sort=False):
        table = rows.pivot_table(index="round", columns="amount", values="value", aggfunc="median")
        emulated, machine = bool(rows["emulated"].any()), isolation in machines
        for amount in [one for one in map(float, table.columns) if one != view.nothing]:
            injected = view.scale if view.kind == "set" else amount * view.scale
            errors = np.asarray((_recovered(view, table, amount) - injected).dropna(), dtype=np.float64)
            if errors.size:
                goal = goal_of(view, injected, machine=machine)
                found.append((view.truth, view.name, isolation, emulated, machine, injected, view.unit,
                              *_judged(errors, goal)))  # fmt: skip
    return found


def _recovered(view: View, table: pd.DataFrame, amount: float) -> pd.Series[float]:
    if view.kind == "rate":
        return _RATE_S * amount / table[amount]
    if view.kind == "set":
        return table[amount]
    if view.nothing not in table.columns:
        return pd.Series(dtype="float64")
    nothing = table[view.nothing]
    return table[amount] / nothing if view.kind == "share" else table[amount] - nothing


def goal_of(view: View, injected: float, *, machine: bool) -> float:
    """Return the largest bias allowed of what was injected, in the view's unit.

    A machine has its own goal whether hardware carries it or not: emulation is said, and excuses nothing more.
    """
    goal = view.goal_machine if machine and view.goal_machine is not None else view.goal
    return goal * injected if view.truth in RELATIVE else goal


def _judged(errors: intervals.Floats, goal: float) -> tuple[object, ...]:
    middle = intervals.median(errors)
    lower, upper = np.quantile(errors, [0.25, 0.75])
    outside = middle.low > goal or middle.high < -goal  # never where there are too few rounds for an interval (NaN)
    verdict = "met" if abs(middle.value) <= goal else "missed" if outside else "undecided"
    return (middle.n, middle.value, middle.low, middle.high, float(upper - lower), goal, verdict)
