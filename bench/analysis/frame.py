"""A stored run as a tidy DataFrame. Opens results read-only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from bench.analysis.manifest import load_manifest
from bench.errors import ResultsError
from bench.store import dataset, layout
from bench.store.plain import plain_text

__all__ = ["load", "load_manifest"]


def load(path: str | Path) -> pd.DataFrame:
    """Load the samples of the run folder ``path``: one row per sample, in the order they were measured.

    Reads ``samples.parquet``, or the journal where that is missing or older than the journal, as in a run
    that was killed. A trial that left no sample outside of steps has one row whose last six columns are missing.

    Columns: run, host, scenario, scenario_version, parameters (canonical JSON: the cell's and the step's), step
    (canonical JSON: those of the step alone, ``{}`` for what belongs to the instance as a whole), isolation
    (string); emulated (bool); round, trial (int64); outcome, reason, metric, vantage, unit, better (string);
    value (float64, in ``unit``: seconds ``s``, bytes ``B``, or the workload's own); at_s (float64, seconds
    since the request). One trial has rows under several parameters when its scenario has steps.

    Raises ResultsError when the folder is no run, or broken, or from a newer Isobench.
    """
    run_dir = Path(path)
    manifest = load_manifest(run_dir)
    stored = run_dir / layout.SAMPLES
    if not _is_current(stored, run_dir / layout.JOURNAL):
        return dataset.read_dataset(run_dir)
    try:
        table = pd.read_parquet(stored, engine="pyarrow")
    except (OSError, ValueError) as error:
        raise ResultsError(f"{stored}: not a readable Parquet file", remedy="Delete it: the journal remains") from error
    if manifest.schema_version == 1:  # which knew no steps
        table = table.assign(step=dataset.canonical({}))
    missing = [name for name in dataset.DTYPES if name not in table.columns]
    if missing:
        raise ResultsError(f"{stored}: lacks {', '.join(missing)}", remedy="Delete it: the journal remains")
    try:
        typed = table[list(dataset.DTYPES)].astype(dict(dataset.DTYPES))
    except (TypeError, ValueError) as error:
        raise ResultsError(f"{stored}: holds other types: {error}", remedy="Delete it: the journal remains") from error
    return _plain(typed)


def _is_current(stored: Path, journal: Path) -> bool:
    if not stored.exists():
        return False
    return not journal.exists() or stored.stat().st_mtime_ns >= journal.stat().st_mtime_ns


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text is plain: a Parquet file may come from elsewhere, too."""
    changed = dict(_plain_columns(table))
    return table.assign(**changed) if changed else table


def _plain_columns(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series[str]]]:
    for name in table.columns:
        if table[name].dtype == "string":
            known = {text: plain_text(text) for text in table[name].dropna().unique()}
            if any(text != made for text, made in known.items()):
                yield name, table[name].map(known).astype("string")
