"""Figures that are computed, not collected. The one place where stored samples are subtracted or summed.

Every function takes a frame of samples with values and returns more rows of the same columns, one per trial and
set of parameters (a trial has one for every step), so that what is derived is then treated like what was measured.
``memory.WHEN`` is ``memory.idle``, and ``memory.load`` for a service that was asked something.
``bench.analysis.metrics.DERIVED`` says what each is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.analysis.data import at_once, losses, plausible, slopes
from bench.analysis.data.texts import by_text, everywhere, holds, like, stack

SETTING = ["scenario", "parameters"]
CELL = [*SETTING, "isolation"]
TRIAL = ["trial", "parameters"]
"""What tells rows of one metric and vantage apart: a trial has several sets of parameters when it has steps."""
_NUMBER = "number"
"""``TRIAL`` as one number, in its order, which is found in a tenth of the time: a column while all is derived."""
WHENS = ("idle", "load")
"""When memory is read: settled after readiness; after the last step, while the service still runs."""
_CHANGES = tuple(f"memory.{when}.available_change" for when in WHENS)
OWN = "processes"
"""Vantage of a sum over all host processes that exist only because of the instance."""
SHARED = "processes:shared:"
"""Prefix of the vantages of daemons that serve every instance."""
SENTINEL = "sentinel."
"""Prefix of what the sentinels read of a trial (``bench.host.disturbance``)."""
SERIES = ".series"
"""Ends of the names of what a workload said of a metric while it ran (``warmup``)."""
PER_CPU_S = ".per_cpu_s"
PER_1000 = ".cpu_s_per_1000"
"""Ends of the names of what relates work to host CPU time."""

MARK = "timeline."
"""Prefix of the metrics that are marks of an instance's timeline."""
_USUAL = ("start", "ready", "end", "bye", "exited", "gone")


def with_derived(samples: pd.DataFrame) -> pd.DataFrame:
    """Return ``samples`` (rows with values, of trials that ended ok) and, below them, everything derived.

    Samples that are no figures (``figures``) and those that cannot be (see ``plausible``) are left out first, so that
    nothing is made of them either.
    """
    samples = plausible.kept(samples)
    samples = stack([figures(samples), at_once.of_bursts(samples)])
    samples = samples.assign(**{_NUMBER: samples.groupby(TRIAL, observed=True).ngroup()})
    memory = own_memory(samples)
    parts = [
        memory,
        own_written(samples),
        phases(samples),
        teardown(samples),
        residual(stack([samples[holds(samples["metric"], _CHANGES.__contains__)], memory])),
        per_cpu_second(samples),
        clocks(samples),
        slopes.of_climbs(samples),
        losses.of_pairs(samples),
        idle(samples),
    ]
    return stack([samples, *parts]).drop(columns=_NUMBER)  # at once: whenever all is stacked, it stands twice in memory


def figures(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that stand for a whole trial or step: no sentinel's, no series' points, not one of many's."""
    aside = holds(samples["metric"], is_aside)
    return samples[~aside] if aside.any() else samples


def is_aside(metric: str) -> bool:
    """Whether samples of a metric are no figures: a sentinel's, a series' points, one of many's."""
    return metric.startswith((SENTINEL, *at_once.OF_EACH)) or metric.endswith(SERIES)


def mark_order(marks: pd.DataFrame) -> list[str]:
    """Return the columns of a trials x marks table in order of their medians; ties in the usual order."""
    return in_order({str(mark): float(median) for mark, median in marks.median().items()})


def in_order(medians: Mapping[str, float]) -> list[str]:
    """Return marks in order of their medians, in seconds since the request; ties in the usual order."""
    usual = {name: place for place, name in enumerate(_USUAL)}
    return sorted(medians, key=lambda mark: (medians[mark], usual.get(mark, -1), mark))


def marks_of(samples: pd.DataFrame) -> pd.DataFrame:
    """Return a table trials x marks, in seconds since the request, of the samples of one cell."""
    rows = samples[samples["metric"].str.startswith("timeline.")]
    table = rows.assign(mark=rows["metric"].str.removeprefix("timeline.")).pivot_table(
        index=TRIAL, columns="mark", values="value", aggfunc="first"
    )
    return table[mark_order(table)]


def phases(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the time from each mark to the next; the first counts from the request.

    A trial that lacks a mark has neither its phase nor the next.
    """
    rows = _marks(samples)
    if rows.empty:
        return rows
    place = rows.groupby([*CELL, "middle", "usual", "metric"], observed=True).ngroup()
    by_cell = place.groupby([rows[name] for name in CELL], observed=True)
    placed = rows.assign(place=by_cell.rank("dense")).sort_values([*_trial(rows), "place"])
    before = placed.groupby(_trial(placed), observed=True)[["value", "place"]].shift(fill_value=0.0)
    steps = placed.assign(
        metric="phase." + placed["metric"].astype("string").str.removeprefix(MARK),
        value=(placed["value"] - before["value"]).where(placed["place"] - before["place"] == 1),
        at_s=float("nan"),
    )
    return like(steps[steps["value"].notna()], samples)


def teardown(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the time from the entry's leave-taking until nothing of the instance was left."""
    rows = _marks(samples)
    at_s = {name: _values(mark) for name, mark in rows.groupby("metric", observed=True)}
    gone, bye = at_s.get(f"{MARK}gone"), at_s.get(f"{MARK}bye")
    if gone is None:
        return samples.iloc[:0]
    last = rows[rows["metric"] != f"{MARK}gone"].groupby(_trial(rows), observed=True)["value"].max()
    begin = last if bye is None else bye.combine_first(last)
    return _rows(samples, gone - begin, "teardown", "host", "s", "lower")


def own_memory(samples: pd.DataFrame) -> pd.DataFrame:
    """Return PSS, USS and RSS summed over the instance's own roles."""
    parts = []
    for metric in (f"memory.{when}.{view}" for when in WHENS for view in ("pss", "uss", "rss")):
        own = samples[(samples["metric"] == metric) & is_own(samples["vantage"])]
        parts.append(_rows(own, _sums(own), metric, OWN, "B", "lower"))
    return _stack(parts, samples)


def own_written(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the bytes written to disks, summed over the instance's own roles."""
    own = samples[(samples["metric"] == "disk.written") & is_own(samples["vantage"])]
    return _stack([_rows(own, _sums(own), "disk.written", OWN, "B", "lower")], samples)


def idle(samples: pd.DataFrame) -> pd.DataFrame:
    """Return CPU time of an idle instance as a share of one CPU, and wake-ups per second, by role and of its own."""
    window = _by_trial(samples, "idle.window", "host")
    parts = []
    for metric, made, unit, times in (
        ("idle.cpu", "idle.share", "%", 100.0),
        ("idle.wakeups", "idle.rate", "1/s", 1.0),
    ):
        rows = samples[samples["metric"] == metric]
        for vantage in rows["vantage"].unique():
            parts.append(_rows(rows, times * _by_trial(rows, metric, vantage) / window, made, vantage, unit, "lower"))
        own = _sums(rows[is_own(rows["vantage"])])
        parts.append(_rows(rows, times * own / window, made, OWN, unit, "lower"))
    return _stack(parts, samples)


def own_cpu_share(samples: pd.DataFrame) -> pd.DataFrame:
    """Return how many CPUs each trial kept busy, by the host's books: CPU-seconds per second of ``cpu.window``."""
    share = cpu_used(samples) / _by_trial(samples, "cpu.window", "host")
    return _rows(samples, share, "cpu.share", OWN, "1", "lower")


def residual(summed: pd.DataFrame) -> pd.DataFrame:
    """Return the change of MemAvailable that the sum of PSS does not explain; may be negative."""
    parts = []
    for when in WHENS:
        change = _by_trial(summed, f"memory.{when}.available_change", "host")
        own = _by_trial(summed, f"memory.{when}.pss", OWN)
        parts.append(_rows(summed, change - own, f"memory.{when}.residual", "host", "B", "lower"))
    return _stack(parts, summed)


def per_cpu_second(samples: pd.DataFrame) -> pd.DataFrame:
    """Return work per host CPU-second for each rate (unit ``.../s``, higher is better) a workload reports.

    For what can be counted (unit ``1/s``) also its inverse, the host CPU-seconds that 1000 of it cost.
    ``cpu.window`` and ``cpu.used`` cover the same stretch: the workload's own window where the scenario names one,
    else from ready, or the step's beginning, to the workload's end.
    """
    rates = samples[
        (samples["vantage"] == "workload")
        & (samples["better"] == "higher")
        & holds(samples["unit"], lambda unit: unit.endswith("/s"))
    ]
    busy = _by_trial(samples, "cpu.window", "host") / cpu_used(samples)
    parts = []
    for (metric, unit), rows in rates.groupby(["metric", "unit"], sort=False, observed=True):
        work = _values(rows) * busy
        named = f"{str(unit).removesuffix('/s')}/CPU-s"
        parts.append(_rows(rows, work, f"{metric}{PER_CPU_S}", "workload", named, "higher"))
        if unit == "1/s":
            cost = f"CPU-s per 1000 {counted(str(metric))}".rstrip()
            parts.append(_rows(rows, 1000 / work[work > 0], f"{metric}{PER_1000}", "workload", cost, "lower"))
    return _stack(parts, samples)


def counted(metric: str) -> str:
    """Return what a rate counts, by its name: ``transactions`` for ``transactions_per_s``; else nothing."""
    return metric.removesuffix("_per_s").replace("_", " ") if metric.endswith("_per_s") else ""


def cpu_used(samples: pd.DataFrame) -> pd.Series[float]:
    """Return the host CPU-seconds of each trial, over all processes of the instance, each counted once.

    The control group's account stands for the workload where there is one; other roles (shim, vmm) come on
    top. Trials that cost nothing measurable are left out: nothing can be divided by them.
    """
    used = samples[samples["metric"] == "cpu.used"]
    known = (used["vantage"] == "cgroup") | is_own(used["vantage"])
    total = _sums(used[known])
    return total[total > 0]


def clocks(samples: pd.DataFrame) -> pd.DataFrame:
    """Return how far the instance's clock and the host's disagree over the same stretch, as a fraction."""
    inside = _by_trial(samples, "clock.workload", "workload")
    outside = _by_trial(samples, "clock.host", "host")
    return _rows(samples, inside / outside - 1, "clock.disagreement", "workload", "1", "lower")


def is_own(vantage: pd.Series[str]) -> npt.NDArray[np.bool_]:
    """Say which vantages are roles of the instance's own processes."""
    return holds(vantage, lambda role: role.startswith("processes:") and not role.startswith(SHARED))


def _marks(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of marks, one per trial and mark, with their median in their cell and their usual place."""
    marks = samples[holds(samples["metric"], lambda name: name.startswith(MARK))]
    rows = marks.drop_duplicates([*_trial(marks), "metric"])
    usual = {f"{MARK}{name}": place for place, name in enumerate(_USUAL)}
    middle = rows.groupby([*CELL, "metric"], observed=True)["value"].transform("median")
    return rows.assign(middle=middle, usual=by_text(rows["metric"], lambda name: usual.get(name, -1), missing=-1))


def _by_trial(samples: pd.DataFrame, metric: str, vantage: str) -> pd.Series[float]:
    rows = samples[(samples["metric"] == metric) & (samples["vantage"] == vantage)]
    return _values(rows)


def _values(rows: pd.DataFrame) -> pd.Series[float]:
    """Return the first value of each trial and set of parameters."""
    first = rows.drop_duplicates(_trial(rows))
    return first["value"].set_axis(_index(first))


def _sums(rows: pd.DataFrame) -> pd.Series[float]:
    """Return the sum over each trial and set of parameters."""
    return rows.groupby(_trial(rows), observed=True)["value"].sum()


def _trial(rows: pd.DataFrame) -> list[str]:
    """Return the columns that tell trials and sets of parameters apart."""
    return [_NUMBER] if _NUMBER in rows else TRIAL


def _index(rows: pd.DataFrame) -> pd.Index[Any]:
    """Return to which trial and set of parameters each row belongs."""
    return pd.Index(rows[_NUMBER]) if _NUMBER in rows else pd.MultiIndex.from_frame(rows[TRIAL])


def _rows(
    samples: pd.DataFrame, values: pd.Series[float], metric: str, vantage: str, unit: str, better: str
) -> pd.DataFrame:
    known = values.dropna()
    if known.empty:
        return samples.iloc[:0]
    first = samples.drop_duplicates(_trial(samples))
    about = first.take(_index(first).get_indexer(known.index))
    said = {"metric": metric, "vantage": vantage, "unit": unit, "better": better}
    named = {name: everywhere(word, about[name]) for name, word in said.items()}
    lost = {"at_s": float("nan")} if "at_s" in about else {}
    return about.assign(**named, **lost, value=known.to_numpy()).reset_index(drop=True)


def _stack(parts: Sequence[pd.DataFrame], none: pd.DataFrame) -> pd.DataFrame:
    return stack(parts) if any(map(len, parts)) else none.iloc[:0]
