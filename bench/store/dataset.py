"""The journal as one long table, in Parquet: one row per sample, and a row without a value per silent trial.

Only the reporting process imports this module: it needs pandas and pyarrow, and measuring stays light.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from bench.store import stored
from bench.store.columns import Columns
from bench.store.layout import JOURNAL, MANIFEST, SAMPLES
from bench.store.manifest import stretch_of
from bench.store.stored import StoredTrial, canonical, read_journal, read_manifest
from bench.store.table import SAMPLE_COLUMNS, dtypes

DTYPES = dtypes(SAMPLE_COLUMNS)

_JOURNAL_DIGEST = b"isobench.journal.sha256"
"""Key of the file's metadata."""

ROWS_AT_ONCE = 1 << 15
"""Rows of the table that are held at a time, while it is written: each becomes a row group of the file."""


def read_dataset(run_dir: Path, *, compact: bool = False) -> pd.DataFrame:
    """Build the long table from the journal: columns and dtypes as in ``DTYPES``, times in seconds.

    ``parameters`` are the cell's, with the step's among them where a sample belongs to one; ``step`` are those
    of the step alone. A trial without samples of its own, outside of steps, has one row whose metric, vantage,
    unit, better, value and at_s are missing: every trial appears with its cell's parameters. ``confidence`` is the one
    that intervals of this run are reckoned with. ``compact``: text as categories.
    """
    (table,) = _tables(run_dir)
    return table.frame(compact=compact)


def _tables(run_dir: Path, rows: float = math.inf) -> Iterator[Columns]:
    """Yield the long table in parts of about so many rows; the last one may be empty."""
    document = read_manifest(run_dir)
    host = document.get("host")
    name = host.get("name", "") if isinstance(host, dict) else ""
    about: dict[str, str | float] = {
        "run": str(document.get("run", run_dir.name)),
        "host": str(name),
        "confidence": stored.confidence_of(run_dir / MANIFEST, document),
    }
    resumed = stored.resumed_of(run_dir / MANIFEST, document)
    table = Columns(DTYPES)
    for trial in read_journal(run_dir):
        _add(table, trial, {**about, "stretch": stretch_of(trial.number, resumed)})
        if len(table) >= rows:
            yield table
            table = Columns(DTYPES)
    yield table


def is_current(run_dir: Path) -> bool:
    """Say whether ``samples.parquet`` is there and made from the journal as it is, where there is one.

    Times tell it in a folder that was never copied; where they do not, a copy's or a checkout's, the contents do.
    """
    table, journal = run_dir / SAMPLES, run_dir / JOURNAL
    if not table.exists():
        return False
    if not journal.exists() or table.stat().st_mtime_ns >= journal.stat().st_mtime_ns:
        return True
    try:
        made_from = (parquet.read_metadata(table).metadata or {}).get(_JOURNAL_DIGEST)
    except (OSError, pa.ArrowException):
        return False
    return made_from == _digest(journal)


def _digest(journal: Path) -> bytes:
    if not journal.is_file():
        return b""  # whoever reads it says so
    with journal.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().encode()


def write_dataset(run_dir: Path) -> Path:
    """Write ``samples.parquet`` beside the journal, whole or not at all, and return its path."""
    target = run_dir / SAMPLES
    handle, name = tempfile.mkstemp(dir=run_dir, prefix=".samples-", suffix=".parquet")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(_tables(run_dir, ROWS_AT_ONCE), file, _digest(run_dir / JOURNAL))
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)  # mkstemp makes it private; results are meant to be read by others
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(tables: Iterator[Columns], file: BinaryIO, journal: bytes) -> None:
    """Write the parts of a table as Parquet: its words once in each part, as text to who reads them.

    ``journal`` is the digest of what they come from, taken before they are read: of more than that nothing is claimed.
    """
    none = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in DTYPES.items()})
    first = next(tables).batch()
    with parquet.ParquetWriter(file, first.schema, store_schema=False) as writer:
        for batch in itertools.chain([first], (table.batch() for table in tables)):
            writer.write_batch(batch)
        told = pa.Schema.from_pandas(none, preserve_index=False).metadata
        writer.add_key_value_metadata({**told, _JOURNAL_DIGEST: journal})


def _add(table: Columns, trial: StoredTrial, run: Mapping[str, str | float]) -> None:
    """Add the rows of one trial: one for each sample, and one before them where none is the instance's own.

    ``run`` is what they have in common with the run's others.
    """
    silent = [None] if all(sample.step for sample in trial.samples) else []
    count = len(silent) + len(trial.samples)
    alike: dict[str, str | float] = {
        **run,
        "scenario": trial.scenario,
        "scenario_version": trial.scenario_version,
        "isolation": trial.isolation,
        "emulated": trial.emulated,
        "round": trial.round,
        "trial": trial.number,
        "outcome": trial.outcome,
        "reason": trial.reason,
    }
    for column, value in alike.items():
        table.repeat(column, value, count)
    _add_steps(table, trial, len(silent))
    for column in ("metric", "vantage", "unit", "better", "value", "at_s"):
        table.extend(column, [*silent, *map(attrgetter(column), trial.samples)])


def _add_steps(table: Columns, trial: StoredTrial, silent: int) -> None:
    """Add what says to which parameters each row belongs: the cell's, and those of the sample's step."""
    own = (trial.parameters_text, canonical({}))
    if not any(sample.step for sample in trial.samples):
        found = [own] * (silent + len(trial.samples))
    else:
        found = [own] * silent + [
            (canonical({**trial.parameters, **one.step}), canonical(one.step)) if one.step else own
            for one in trial.samples
        ]
    for column, texts in zip(("parameters", "step"), zip(*found, strict=True), strict=True):
        table.extend(column, texts)
