"""A stored run as a tidy DataFrame. Opens results read-only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pyarrow import parquet

from bench.analysis import texts
from bench.analysis.manifest import Manifest, load_manifest
from bench.errors import ResultsError
from bench.store import dataset, layout
from bench.store.plain import plain_text

__all__ = ["load", "load_manifest"]


def load(path: str | Path, *, compact: bool = False) -> pd.DataFrame:
    """Load the samples of the run folder ``path``: one row per sample, in the order they were measured.

    Reads ``samples.parquet``, or the journal where that is missing or older than the journal, as in a run
    that was killed. A trial that left no sample outside of steps has one row whose last six columns are missing.

    Columns: run, host, scenario, scenario_version, parameters (canonical JSON: the cell's and the step's), step
    (canonical JSON: those of the step alone, ``{}`` for what belongs to the instance as a whole), isolation
    (string); emulated (bool); round, trial (int64); outcome, reason, metric, vantage, unit, better (string);
    value (float64, in ``unit``: seconds ``s``, bytes ``B``, or the workload's own); at_s (float64, seconds
    since the request). One trial has rows under several parameters when its scenario has steps.

    ``attrs["confidence"]`` is the one that intervals of these data are reckoned with, which ``summarize`` heeds: more
    than 0.95 where the run has looked at its data to decide when to stop.

    ``compact``: columns of text are categories, which take a tenth of the memory and of the time; group by them with
    ``observed=True``.

    Raises ResultsError when the folder is no run, or broken, or from a newer Isobench.
    """
    manifest = load_manifest(Path(path))
    table = _table(Path(path), manifest, compact=compact)
    table.attrs["confidence"] = manifest.stopping.confidence
    return table


def _table(run_dir: Path, manifest: Manifest, *, compact: bool) -> pd.DataFrame:
    stored = run_dir / layout.SAMPLES
    if not _is_current(stored, run_dir / layout.JOURNAL):
        table = dataset.read_dataset(run_dir)
        return texts.like(table, _compact_types()) if compact else table
    table = _read(stored)
    if manifest.schema_version == 1:  # which knew no steps
        table = table.assign(step=dataset.canonical({}))
    missing = [name for name in dataset.DTYPES if name not in table.columns]
    if missing:
        raise ResultsError(f"{stored}: lacks {', '.join(missing)}", remedy="Delete it: the journal remains")
    try:
        typed = _plain(texts.like(table, _compact_types()))
        return typed if compact else typed.astype(dict(dataset.DTYPES))
    except (TypeError, ValueError) as error:
        raise ResultsError(f"{stored}: holds other types: {error}", remedy="Delete it: the journal remains") from error


_TEXT = tuple(name for name, dtype in dataset.DTYPES.items() if dtype == "string")


def _read(stored: Path) -> pd.DataFrame:
    """Read a Parquet file, its text as categories: each word once, as it is stored."""
    try:
        table = parquet.read_table(stored, read_dictionary=list(_TEXT))
        frame: pd.DataFrame = table.unify_dictionaries().to_pandas(ignore_metadata=True)
    except (OSError, TypeError, ValueError) as error:
        raise ResultsError(f"{stored}: not a readable Parquet file", remedy="Delete it: the journal remains") from error
    return frame


def _compact_types() -> pd.DataFrame:
    """Return an empty table of the columns and types of a compact frame."""
    types = {name: "category" if dtype == "string" else dtype for name, dtype in dataset.DTYPES.items()}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})


def _is_current(stored: Path, journal: Path) -> bool:
    if not stored.exists():
        return False
    return not journal.exists() or stored.stat().st_mtime_ns >= journal.stat().st_mtime_ns


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a compact table whose text is plain: a Parquet file may come from elsewhere, too."""
    return table.assign(**dict(_plain_columns(table)))


def _plain_columns(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series[str]]]:
    for name in _TEXT:
        known = {str(text): plain_text(str(text)) for text in table[name].cat.categories}
        if any(text != made for text, made in known.items()):  # two texts may look the same when they are plain
            yield name, texts.compact(table[name].astype("string").map(known))
