"""Figures that are computed, not collected. The one place where stored samples are subtracted or summed.

Every function takes a frame of samples with values and returns more rows of the same columns, one per trial,
so that what is derived is then treated like what was measured.

========================= =========== ====================================================================
metric                    vantage     from
========================= =========== ====================================================================
``phase.MARK``            host        time between MARK and the mark before it, in order of their medians
``teardown``              host        gone - bye; without a bye, gone - the last mark before it
``memory.idle.pss|uss|rss`` processes sum over the instance's own roles; shared daemons are never in it
``memory.idle.residual``  host        change of MemAvailable - sum of PSS: what the views cannot explain
``METRIC.per_cpu_s``      workload    METRIC x cpu.window / cpu.used: work per host CPU-second
``clock.disagreement``    workload    clock.workload / clock.host - 1
========================= =========== ====================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

CELL = ["scenario", "parameters", "isolation"]
OWN = "processes"
"""Vantage of a sum over all host processes that exist only because of the instance."""
SHARED = "processes:shared:"
"""Prefix of the vantages of daemons that serve every instance."""

_USUAL = ("start", "ready", "end", "bye", "exited", "gone")


def with_derived(samples: pd.DataFrame) -> pd.DataFrame:
    """Return ``samples`` (rows with values, of trials that ended ok) and, below them, everything derived."""
    summed = pd.concat([samples, own_memory(samples)])
    parts = [phases(samples), teardown(samples), residual(summed), per_cpu_second(samples), clocks(samples)]
    return pd.concat([summed, *(part for part in parts if len(part))], ignore_index=True)


def mark_order(marks: pd.DataFrame) -> list[str]:
    """Return the columns of a trials x marks table in order of their medians; ties in the usual order."""
    middle = marks.median()
    usual = {name: place for place, name in enumerate(_USUAL)}
    return sorted(marks.columns, key=lambda mark: (float(middle[mark]), usual.get(mark, -1), mark))


def marks_of(samples: pd.DataFrame) -> pd.DataFrame:
    """Return a table trials x marks, in seconds since the request, of the samples of one cell."""
    rows = samples[samples["metric"].str.startswith("timeline.")]
    table = rows.assign(mark=rows["metric"].str.removeprefix("timeline.")).pivot_table(
        index="trial", columns="mark", values="value", aggfunc="first"
    )
    return table[mark_order(table)]


def phases(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the time from each mark to the next; the first counts from the request."""
    parts = []
    for _, cell in samples.groupby(CELL, sort=False):
        marks = marks_of(cell)
        steps = marks.diff(axis=1)
        if len(marks.columns):
            steps.iloc[:, 0] = marks.iloc[:, 0]
        parts += [_rows(cell, steps[mark], f"phase.{mark}", "host", "s", "lower") for mark in steps.columns]
    return _stack(parts, samples)


def teardown(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the time from the entry's leave-taking until nothing of the instance was left."""
    parts = []
    for _, cell in samples.groupby(CELL, sort=False):
        marks = marks_of(cell)
        if "gone" not in marks.columns:
            continue
        last = marks.drop(columns="gone").max(axis=1)
        begin = marks["bye"].fillna(last) if "bye" in marks.columns else last
        parts.append(_rows(cell, marks["gone"] - begin, "teardown", "host", "s", "lower"))
    return _stack(parts, samples)


def own_memory(samples: pd.DataFrame) -> pd.DataFrame:
    """Return PSS, USS and RSS summed over the instance's own roles."""
    parts = []
    for view in ("pss", "uss", "rss"):
        metric = f"memory.idle.{view}"
        own = samples[(samples["metric"] == metric) & is_own(samples["vantage"])]
        parts.append(_rows(own, own.groupby("trial")["value"].sum(), metric, OWN, "B", "lower"))
    return _stack(parts, samples)


def residual(summed: pd.DataFrame) -> pd.DataFrame:
    """Return the change of MemAvailable that the sum of PSS does not explain; may be negative."""
    change = _by_trial(summed, "memory.idle.available_change", "host")
    own = _by_trial(summed, "memory.idle.pss", OWN)
    return _rows(summed, change - own, "memory.idle.residual", "host", "B", "lower")


def per_cpu_second(samples: pd.DataFrame) -> pd.DataFrame:
    """Return work per host CPU-second for each rate (unit ``.../s``, higher is better) a workload reports.

    ``cpu.window`` and ``cpu.used`` cover the same stretch: the workload's own window where the scenario names one,
    else from ready to the workload's end.
    """
    rates = samples[
        (samples["vantage"] == "workload") & (samples["better"] == "higher") & samples["unit"].str.endswith("/s")
    ]
    busy = _by_trial(samples, "cpu.window", "host") / cpu_used(samples)
    parts = []
    for (metric, unit), rows in rates.groupby(["metric", "unit"], sort=False):
        work = rows.drop_duplicates("trial").set_index("trial")["value"] * busy
        named = f"{str(unit).removesuffix('/s')}/CPU-s"
        parts.append(_rows(rows, work, f"{metric}.per_cpu_s", "workload", named, "higher"))
    return _stack(parts, samples)


def cpu_used(samples: pd.DataFrame) -> pd.Series[float]:
    """Return the host CPU-seconds of each trial, over all processes of the instance, each counted once.

    The control group's account stands for the workload where there is one; other roles (shim, vmm) come on
    top. Trials that cost nothing measurable are left out: nothing can be divided by them.
    """
    used = samples[samples["metric"] == "cpu.used"]
    counted = (used["vantage"] == "cgroup") | is_own(used["vantage"])
    total = used[counted].groupby("trial")["value"].sum()
    return total[total > 0]


def clocks(samples: pd.DataFrame) -> pd.DataFrame:
    """Return how far the instance's clock and the host's disagree over the same stretch, as a fraction."""
    inside = _by_trial(samples, "clock.workload", "workload")
    outside = _by_trial(samples, "clock.host", "host")
    return _rows(samples, inside / outside - 1, "clock.disagreement", "workload", "1", "lower")


def is_own(vantage: pd.Series[str]) -> pd.Series[bool]:
    """Say which vantages are roles of the instance's own processes."""
    return vantage.str.startswith("processes:") & ~vantage.str.startswith(SHARED)


def _by_trial(samples: pd.DataFrame, metric: str, vantage: str) -> pd.Series[float]:
    rows = samples[(samples["metric"] == metric) & (samples["vantage"] == vantage)]
    return rows.drop_duplicates("trial").set_index("trial")["value"]


def _rows(
    samples: pd.DataFrame, values: pd.Series[float], metric: str, vantage: str, unit: str, better: str
) -> pd.DataFrame:
    known = values.dropna()
    about = samples.drop_duplicates("trial").set_index("trial", drop=False).loc[known.index]
    named = about.assign(metric=metric, vantage=vantage, unit=unit, better=better, value=known, at_s=float("nan"))
    return named.reset_index(drop=True).astype(samples.dtypes.to_dict())


def _stack(parts: Sequence[pd.DataFrame], like: pd.DataFrame) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else like.iloc[:0]
