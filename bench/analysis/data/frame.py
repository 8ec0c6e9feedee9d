"""A stored run as a tidy DataFrame. Opens results read-only."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analysis.data.manifest import load_manifest
from bench.analysis.samples import read_samples
from bench.store import dataset

__all__ = ["load", "load_manifest"]


def load(path: str | Path, *, compact: bool = False) -> pd.DataFrame:
    """Load the samples of the run folder ``path``: one row per sample, in the order they were measured.

    Reads ``samples.parquet``, or the journal where that is missing or older than the journal, as in a run
    that was killed. A trial that left no sample outside of steps has one row whose last six columns are missing.

    Columns: ``bench.schemas["samples"]``. One trial has rows under several parameters when its scenario has steps.

    ``compact``: columns of text are categories, which take a tenth of the memory and of the time; group by them with
    ``observed=True``.

    Raises ResultsError when the folder is no run, or broken, or from a newer Isobench.
    """
    manifest = load_manifest(Path(path))
    if not dataset.is_current(Path(path)):
        return dataset.read_dataset(Path(path), compact=compact)
    return read_samples(Path(path), manifest, compact=compact)
