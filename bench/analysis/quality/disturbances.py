"""What else happened on the host while trials ran: the sentinels' readings, held against the limits that spoil.

Samples ``sentinel.*`` are raw; the same rules judge them here that have judged them in the run
(``bench.host.disturbance``). Trials of every outcome count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench.analysis.data.derive import SENTINEL
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.schemas import DISTURBANCE_COLUMNS
from bench.host.disturbance.rules import Judged, apply_rules
from bench.host.disturbance.sentinels import SENTINELS as SENTINELS  # noqa: PLC0414 - for reports, which know no host
from bench.host.disturbance.sentinels import Sentinel as Sentinel  # noqa: PLC0414 - likewise
from bench.store.manifest import Manifest
from bench.store.table import dtypes

DTYPES = dtypes(DISTURBANCE_COLUMNS)

_ABOUT = ["scenario", "parameters", "isolation", "emulated", "round", "trial", "outcome"]


def disturbances(run: str | Path) -> pd.DataFrame:
    """Return what the sentinels read of every trial of a run folder: one row per trial and sentinel.

    Columns: ``bench.schemas["disturbances"]``. What was not watched has no row.

    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    return of_frame(load(run), load_manifest(Path(run)))


def of_frame(frame: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Return the same of a frame as ``load`` gives it."""
    read = _read(frame)
    trials = read.drop_duplicates("trial")[_ABOUT].reset_index(drop=True)
    cpus = {name: float(one.envelope.cpus) for name, one in manifest.scenarios.items()}  # where samples do not tell
    readings = [{"cpus": cpus.get(name, 1.0)} for name in trials["scenario"]]
    place = dict(zip(trials["trial"], readings, strict=True))
    for trial, metric, value in zip(read["trial"], read["metric"], read["value"], strict=True):
        place[trial][metric.removeprefix(SENTINEL)] = value
    found = [(row, one) for row, known in enumerate(readings) for one in apply_rules(known)]
    mine = trials.iloc[[row for row, _ in found]].reset_index(drop=True)
    table = mine.join(_judgements([one for _, one in found]))
    return table[list(DTYPES)].astype(dict(DTYPES)).sort_values("trial", kind="stable", ignore_index=True)


def _read(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a frame that sentinels have left: one for each trial and reading."""
    names = [name for name in frame["metric"].dropna().unique() if str(name).startswith(SENTINEL)]
    return frame[frame["metric"].isin(names) & frame["value"].notna()].drop_duplicates(["trial", "metric"])


def _judgements(found: Sequence[Judged]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sentinel": [one.sentinel.name for one in found],
            "value": [one.value for one in found],
            "unit": [one.sentinel.unit for one in found],
            "limit": [math.nan if one.sentinel.limit is None else one.sentinel.limit for one in found],
            "judged": [one.judged for one in found],
            "over": [one.over for one in found],
        }
    )


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
