"""The journal as one long table, in Parquet: one row per sample, and a row without a value per silent trial.

Only the reporting process imports this module: it needs pandas and pyarrow, and measuring stays light.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from pydantic import Field, TypeAdapter, ValidationError

from bench.errors import ResultsError
from bench.model import FIXED_CONFIDENCE, Better, Scalar
from bench.store.columns import Columns
from bench.store.door import BoundedValue, invalid, require_bounded, shown
from bench.store.layout import JOURNAL, MANIFEST, SAMPLES, SCHEMA_VERSION
from bench.store.own import require_own
from bench.store.sanitize import MOST_NAME, is_plain, read_json
from bench.store.table import SAMPLE_COLUMNS, dtypes

DTYPES = dtypes(SAMPLE_COLUMNS)

ROWS_AT_ONCE = 1 << 15
"""Rows of the table that are held at a time, while it is written: each becomes a row group of the file."""

_AGAIN = "Measure again"

_BoundedName = Annotated[str, Field(max_length=MOST_NAME)]
_Count = Annotated[int, Field(ge=0, lt=1 << 53)]
_RecordT = TypeVar("_RecordT")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """One number of a journal line; ``at_s`` counts from the trial's request, ``step`` says in which step."""

    metric: _BoundedName
    value: float
    unit: _BoundedName
    vantage: _BoundedName
    better: Better
    at_s: float | None = None
    step: dict[str, BoundedValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnding:
    """One line of the journal, but for its samples: how a trial ended."""

    number: _Count
    round: _Count
    scenario: _BoundedName
    scenario_version: str
    parameters: dict[str, BoundedValue]
    isolation: _BoundedName
    emulated: bool
    outcome: _BoundedName
    reason: str
    started_at: str = ""
    seen: dict[str, str]
    tail: tuple[str, ...]

    @property
    def parameters_text(self) -> str:
        """The cell's parameters as canonical JSON, as in ``bench.model.Cell``."""
        return canonical(self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrial(StoredEnding):
    """One line of the journal."""

    samples: tuple[StoredSample, ...]


_TRIAL, _ENDING = TypeAdapter(StoredTrial), TypeAdapter(StoredEnding)


def canonical(parameters: Mapping[str, Scalar]) -> str:
    """Return parameters as canonical JSON: equal ones give equal text."""
    return json.dumps(dict(parameters), sort_keys=True)


def read_manifest(run_dir: Path) -> dict[str, object]:
    """Read a run's manifest as plain JSON.

    Raises ResultsError when it is missing, broken, or written by a newer Isobench, and where the folder leads out of
    itself: whoever reads a run begins with this.
    """
    require_own(run_dir)
    file = run_dir / MANIFEST
    try:
        document = read_json(_read(file))
    except ValueError as error:
        raise ResultsError(f"{file}: not valid JSON: {error}", remedy=_AGAIN) from error
    if not isinstance(document, dict):
        raise ResultsError(f"{file}: expected one JSON object", remedy=_AGAIN)
    require_bounded(file, document, _AGAIN)
    version = document.get("schema_version")
    if not isinstance(version, int):
        raise ResultsError(f"{file}: schema_version is missing", remedy=_AGAIN)
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{file}: schema version {version} is newer than {SCHEMA_VERSION}, the newest understood here",
            remedy="Read this run with the Isobench that wrote it, or a newer one",
        )
    return document


def confidence_of(file: Path, document: Mapping[str, object]) -> float:
    """Return the confidence that intervals of a run are reckoned with, by its manifest read from ``file``.

    95 % where the number of rounds was known from the beginning, which runs from before others could be had all were.
    Raises ResultsError for a run that stopped by itself and does not say it, and for what is no confidence.
    """
    stopping = document.get("stopping") or {}
    told = stopping.get("confidence") if isinstance(stopping, dict) else stopping
    if isinstance(stopping, dict) and told is None and not (stopping.get("precision") or stopping.get("budget_s")):
        return FIXED_CONFIDENCE
    if isinstance(told, int | float) and 0 < told < 1:
        return float(told)
    what = "a run that decided itself when to stop says how sure its intervals are: a number between 0 and 1"
    raise ResultsError(f"{file}: stopping.confidence = {shown(told)}: {what}", remedy=_AGAIN)


def read_journal(run_dir: Path) -> Iterator[StoredTrial]:
    """Read every whole trial of a run's journal, in the order they were measured.

    A last line that was cut short by a kill is ignored; any other broken line raises ResultsError with the
    file and the line. Holds one line at a time.
    """
    return _lines(run_dir / JOURNAL, _TRIAL)


def read_endings(run_dir: Path) -> Iterator[StoredEnding]:
    """Read how a run's trials ended, in the order they were measured: every whole trial, without its samples.

    Raises ResultsError as ``read_journal`` does, but for what is wrong with samples. Holds one line at a time.
    """
    return _lines(run_dir / JOURNAL, _ENDING)


def _lines(file: Path, kind: TypeAdapter[_RecordT]) -> Iterator[_RecordT]:
    with _opened(file) as lines:
        held: tuple[int, bytes] | None = None
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield from _parse(file, *held, kind, is_last=False) if held else ()
                held = (number, line)
        yield from _parse(file, *held, kind, is_last=True) if held else ()


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
        "confidence": confidence_of(run_dir / MANIFEST, document),
    }
    table = Columns(DTYPES)
    for trial in read_journal(run_dir):
        _add(table, trial, about)
        if len(table) >= rows:
            yield table
            table = Columns(DTYPES)
    yield table


def is_current(run_dir: Path) -> bool:
    """Say whether ``samples.parquet`` is there and no older than the journal, where there is one."""
    stored, journal = run_dir / SAMPLES, run_dir / JOURNAL
    if not stored.exists():
        return False
    return not journal.exists() or stored.stat().st_mtime_ns >= journal.stat().st_mtime_ns


def write_dataset(run_dir: Path) -> Path:
    """Write ``samples.parquet`` beside the journal, whole or not at all, and return its path."""
    target = run_dir / SAMPLES
    handle, name = tempfile.mkstemp(dir=run_dir, prefix=".samples-", suffix=".parquet")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(_tables(run_dir, ROWS_AT_ONCE), file)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)  # mkstemp makes it private; results are meant to be read by others
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(tables: Iterator[Columns], file: BinaryIO) -> None:
    """Write the parts of a table as Parquet: its words once in each part, as text to who reads them."""
    none = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in DTYPES.items()})
    first = next(tables).batch()
    with parquet.ParquetWriter(file, first.schema, store_schema=False) as writer:
        for batch in itertools.chain([first], (table.batch() for table in tables)):
            writer.write_batch(batch)
        writer.add_key_value_metadata(pa.Schema.from_pandas(none, preserve_index=False).metadata)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> ResultsError:
    remedy = "Name the folder of a run, such as results/<run-id>"
    return ResultsError(f"{file}: cannot be read: {error.strerror}", remedy=remedy)


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[bytes]]:
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise _unreadable(file, error) from error


def _parse(file: Path, number: int, line: bytes, kind: TypeAdapter[_RecordT], *, is_last: bool) -> Iterator[_RecordT]:
    """Parse one numbered line, at once where its text is plain; the last one may be cut short."""
    if is_plain(line):
        with suppress(ValidationError):  # what is wrong with it is said below, as it is of any line
            yield kind.validate_json(line)
            return
    where, remedy = f"{file}, line {number}", "Was it edited by hand? Measure again"
    try:
        yield kind.validate_python(read_json(line))
    except ValidationError as error:
        raise invalid(where, error, remedy) from error
    except ValueError as error:
        if not is_last:
            raise ResultsError(
                f"{where}: not valid JSON; only the last line may be cut short", remedy=remedy
            ) from error


def _add(table: Columns, trial: StoredTrial, run: Mapping[str, str | float]) -> None:
    """Add the rows of one trial: one for each sample, and one before them where none is the instance's own."""
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
