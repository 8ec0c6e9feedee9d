"""Frames of hand-written samples."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bench.store.dataset import DTYPES

Row = tuple[int, str, str, str, float, str]
"""Trial, isolation, metric, vantage, value, unit."""


def frame(rows: Iterable[Row], *, better: str = "lower", outcomes: dict[int, str] | None = None) -> pd.DataFrame:
    """Build a frame as ``load`` gives it."""
    records = [
        {
            "run": "r", "host": "h", "scenario": "s", "scenario_version": "v", "parameters": "{}",
            "step": "{}", "isolation": isolation, "emulated": isolation == "vm", "round": trial, "trial": trial,
            "stretch": 1, "outcome": (outcomes or {}).get(trial, "ok"), "reason": "",
            "metric": metric, "vantage": vantage,
            "unit": unit, "better": better, "value": value, "at_s": 0.0, "confidence": 0.95,
        }
        for trial, isolation, metric, vantage, value, unit in rows
    ]  # fmt: skip
    return pd.DataFrame(records, columns=list(DTYPES)).astype(dict(DTYPES))


def of(table: pd.DataFrame, isolation: str, metric: str, vantage: str = "host") -> pd.Series:
    """Return the one row of a summary."""
    rows = table[(table["isolation"] == isolation) & (table["metric"] == metric) & (table["vantage"] == vantage)]
    assert len(rows) == 1
    return rows.iloc[0]
