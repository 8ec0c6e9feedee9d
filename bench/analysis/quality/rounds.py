"""Over the rounds of a run: does a figure drift, and was the first round unlike the others?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.data.frame import load_manifest
from bench.errors import ResultsError
from bench.store.layout import MANIFEST

_FEWEST = 3


def newest(results: str | Path, count: int = 1) -> tuple[Path, ...]:
    """Return the ``count`` runs in ``results`` that were started last, the oldest of them first.

    Raises ResultsError when there are fewer.
    """
    runs = [file.parent for file in Path(results).glob(f"*/{MANIFEST}")]
    if len(runs) < count:
        remedy = "Measure with `python -m bench run`, or name the folder of a run"
        raise ResultsError(f"{Path(results).resolve()}: {len(runs)} runs, and {count} are wanted", remedy=remedy)
    return tuple(sorted(runs, key=lambda run: load_manifest(run).started_at)[-count:])


def by_round(frame: pd.DataFrame, scenario: str, metric: str = "timeline.ready") -> pd.DataFrame:
    """Return the median of a metric of good trials in every round, as a multiple of the isolation's own median.

    Index: round; one column (float64) for each isolation; NaN where a round has no good trial of it.
    """
    rows = frame[(frame["scenario"] == scenario) & (frame["metric"] == metric) & (frame["outcome"] == "ok")]
    table = rows.pivot_table(index="round", columns="isolation", values="value", aggfunc="median")
    return table / table.median()


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for each isolation of ``by_round``'s table, whether there is a trend.

    Index: isolation. Columns: rounds (int64); tau, p (float64), Kendall's rank correlation with the round and its
    two-sided p-value, NaN below three rounds (Kendall, Biometrika 30, 1938); first (float64), the first round as a
    multiple of the median of the others.
    """
    from scipy import stats  # noqa: PLC0415 - a quarter of what a report would load, and none asks for trends

    rows = {}
    for name, column in table.items():
        known = column.dropna()
        tau = stats.kendalltau(known.index, known) if len(known) >= _FEWEST else None
        rows[name] = {
            "rounds": len(known),
            "tau": tau.statistic if tau else np.nan,
            "p": tau.pvalue if tau else np.nan,
            "first": known.iloc[0] / known.iloc[1:].median() if len(known) > 1 else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("isolation")
