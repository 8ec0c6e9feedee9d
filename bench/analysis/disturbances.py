"""What else happened on the host while trials ran: the sentinels' readings, held against the limits that spoil.

Samples ``sentinel.*`` are raw (``bench.sentinels.rules``); shares are made of them here. Trials of every outcome count.

================ ===== ======================================== ================================================
sentinel         unit  from                                     spoils
================ ===== ======================================== ================================================
steal            1     stolen / (span x CPUs)                   above ``STEAL_LIMIT``, in trials that are not short
other load       1     (busy - own - harness) / (span x CPUs)   above ``LOAD_LIMIT``, beyond an allowance; likewise
memory pressure  1     pressure.memory.some / span              above ``PRESSURE_LIMIT``, unless at its own limit
CPU pressure     1     pressure.cpu.some / span                 never
I/O pressure     1     pressure.io.some / span                  never
swap             B     swapped                                  any
throttling       times throttled                                any
heat             times hot                                      any
kernel errors    times kernel_errors                            any
clock step       s     clock_step, without its sign             above ``STEP_LIMIT_S``
sleep            s     suspended                                above ``STEP_LIMIT_S``
================ ===== ======================================== ================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.derive import SENTINEL
from bench.analysis.frame import load
from bench.analysis.manifest import Manifest, load_manifest
from bench.sentinels.rules import (
    LOAD_ALLOWANCE_S,
    LOAD_LIMIT,
    PRESSURE_LIMIT,
    SHORTEST_S,
    STEAL_LIMIT,
    STEP_LIMIT_S,
)

LIMITS: Mapping[str, tuple[str, float]] = {
    "steal": ("1", STEAL_LIMIT),
    "other load": ("1", LOAD_LIMIT),
    "memory pressure": ("1", PRESSURE_LIMIT),
    "swap": ("B", 0.0),
    "throttling": ("times", 0.0),
    "heat": ("times", 0.0),
    "kernel errors": ("times", 0.0),
    "clock step": ("s", STEP_LIMIT_S),
    "sleep": ("s", STEP_LIMIT_S),
    "CPU pressure": ("1", float("nan")),
    "I/O pressure": ("1", float("nan")),
}
"""Unit and limit of each sentinel, in reading order; a limit that is no number spoils nothing."""

DTYPES: Mapping[str, str] = {
    "scenario": "string",
    "parameters": "string",
    "isolation": "string",
    "emulated": "bool",
    "round": "int64",
    "trial": "int64",
    "outcome": "string",
    "sentinel": "string",
    "value": "float64",
    "unit": "string",
    "limit": "float64",
    "judged": "bool",
    "over": "bool",
}
"""Columns of ``disturbances``, in order."""

_ABOUT = ["scenario", "parameters", "isolation", "emulated", "round", "trial", "outcome"]


def disturbances(run: str | Path) -> pd.DataFrame:
    """Return what the sentinels read of every trial of a run folder: one row per trial and sentinel.

    Columns: scenario, parameters, isolation (string), emulated (bool), round, trial (int64), outcome (string) of the
    trial; sentinel (string); value (float64) in unit (string): a share ``1``, ``B``, ``s``, or how many ``times``;
    limit (float64), above which it spoils a trial, NaN for none; judged (bool), whether it is held against the limit:
    shares of trials of up to 1 s are not; over (bool), whether it spoils. What was not watched has no row.

    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    return of_frame(load(run), load_manifest(Path(run)))


def of_frame(frame: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Return the same of a frame as ``load`` gives it."""
    read = _read(frame)
    values, judged, over = _values(read, _cpus(read, manifest)), {}, {}
    span_s = read["span"]
    for name, found in values.items():
        unit, limit = LIMITS[name]
        judged[name] = found.notna() & ((span_s > SHORTEST_S) if unit == "1" else True) & bool(np.isfinite(limit))
        over[name] = judged[name] & (found > limit)
    if "other load" in over:
        over["other load"] &= _others_s(read) > LOAD_ALLOWANCE_S
    if "memory pressure" in over:
        over["memory pressure"] &= read["at_memory_limit"].fillna(0.0) == 0
    parts = [
        read[_ABOUT].assign(
            sentinel=name,
            value=found,
            unit=LIMITS[name][0],
            limit=LIMITS[name][1],
            judged=judged[name],
            over=over[name],
        )[found.notna()]
        for name, found in values.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[list(DTYPES)].astype(dict(DTYPES)).sort_values("trial", kind="stable", ignore_index=True)


def _read(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per trial that sentinels stood by: what is known of it, and a column for each raw reading."""
    wanted = [name for name in frame["metric"].dropna().unique() if str(name).startswith(SENTINEL)]
    rows = frame[frame["metric"].isin(wanted)].drop_duplicates(["trial", "metric"])
    readings = rows.pivot(index="trial", columns="metric", values="value")
    readings.columns = [str(name).removeprefix(SENTINEL) for name in readings.columns]
    missing = [name for name in _RAW if name not in readings.columns]
    readings = readings.assign(**dict.fromkeys(missing, np.nan))
    return rows.drop_duplicates("trial")[_ABOUT].set_index("trial", drop=False).join(readings)


_RAW = (
    "span", "cpus", "swapped", "stolen", "busy", "own", "harness", "throttled", "pressure.cpu.some", "pressure.io.some",
    "pressure.memory.some", "kernel_errors", "clock_step", "suspended", "hot", "at_memory_limit",
)  # fmt: skip
"""Readings that the sentinels of a trial may leave; in which version of Isobench is theirs to say."""


def _cpus(read: pd.DataFrame, manifest: Manifest) -> pd.Series[float]:
    """Return how many CPUs each trial's instance had; by its scenario's envelope where the run does not tell."""
    known = {name: float(one.envelope.cpus) for name, one in manifest.scenarios.items()}
    return read["cpus"].fillna(read["scenario"].map(known).astype("float64")).fillna(1.0)


def _others_s(read: pd.DataFrame) -> pd.Series[float]:
    return (read["busy"] - read["own"] - read["harness"]).clip(lower=0.0)


def _values(read: pd.DataFrame, cpus: pd.Series[float]) -> dict[str, pd.Series[float]]:
    whole_s = (read["span"] * cpus).where(read["span"] > 0)
    span_s = read["span"].where(read["span"] > 0)
    return {
        "steal": read["stolen"] / whole_s,
        "other load": _others_s(read) / whole_s,
        "memory pressure": read["pressure.memory.some"] / span_s,
        "swap": read["swapped"],
        "throttling": read["throttled"],
        "heat": read["hot"],
        "kernel errors": read["kernel_errors"],
        "clock step": read["clock_step"].abs(),
        "sleep": read["suspended"].clip(lower=0.0),
        "CPU pressure": read["pressure.cpu.some"] / span_s,
        "I/O pressure": read["pressure.io.some"] / span_s,
    }


def by_isolation(table: pd.DataFrame) -> pd.DataFrame:
    """Bring what ``disturbances`` returns to a row per sentinel and isolation.

    Columns: sentinel, isolation (string), emulated (bool), unit (string), limit (float64), trials (int64) that were
    held against the limit, or seen where there is none; median, worst (float64) of those, NaN for none; over (int64),
    how many of them it spoils; short (int64), trials that were too short to be held against it.
    """
    counted = table[table["judged"] | table["limit"].isna()]
    by = ["sentinel", "isolation"]
    shown = counted.groupby(by)["value"].agg(trials="size", median="median", worst="max")
    every = table.groupby(by).agg(
        emulated=("emulated", "any"),
        unit=("unit", "first"),
        limit=("limit", "first"),
        over=("over", "sum"),
        all=("value", "size"),
    )
    found = every.join(shown).reset_index()
    found["trials"] = found["trials"].fillna(0).astype("int64")
    found["short"] = found["all"] - found["trials"]
    return found.drop(columns="all")
