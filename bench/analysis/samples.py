"""``samples.parquet``, read and checked: it may be damaged, or made by somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import parquet
from pydantic import TypeAdapter

from bench.analysis.data import texts
from bench.errors import ResultsError
from bench.store import dataset, layout, stored
from bench.store.door import BoundedValue, read_by_library, shown, why
from bench.store.manifest import Manifest, stretch_of
from bench.store.sanitize import MOST_NAME, plain_text

_TEXT = tuple(name for name, dtype in dataset.DTYPES.items() if dtype == "string")
_OF_A_SAMPLE = ("metric", "vantage", "unit", "better")
_PARAMETERS = TypeAdapter(dict[str, BoundedValue])


def read_samples(run_dir: Path, manifest: Manifest, *, compact: bool) -> pd.DataFrame:
    """Return the table of a run folder as its ``samples.parquet`` has it; columns and dtypes as ``load`` gives them.

    What the manifest tells of the whole run is as it tells it: older tables have no such columns.
    Raises ResultsError naming the file, and the column and its value, where it is damaged or holds what no run writes.
    """
    file = run_dir / layout.SAMPLES
    remedy = "Delete it: the journal remains" if (run_dir / layout.JOURNAL).exists() else "Measure again"
    with read_by_library(file, "not a readable Parquet file", remedy):
        table = _stored(file)
    table = table.assign(confidence=manifest.stopping.confidence, stretch=1)
    if manifest.schema_version == 1:  # which knew no steps
        table = table.assign(step=stored.canonical({}))
    missing = [name for name in dataset.DTYPES if name not in table.columns]
    if missing:
        raise ResultsError(f"{file}: lacks {', '.join(missing)}", remedy=remedy)
    with read_by_library(file, "holds other types", remedy):
        table = texts.like(table, _compact_types())
    with read_by_library(file, "holds what no run writes", remedy):
        table = table.assign(**dict(_plain_columns(table, file, remedy)))
        _require_whole(table, file, remedy)
    if manifest.resumed:
        stretches = {trial: stretch_of(trial, manifest.resumed) for trial in table["trial"].unique()}
        table = table.assign(stretch=table["trial"].map(stretches).astype("int64"))
    return table if compact else table.astype(dict(dataset.DTYPES))


def _stored(file: Path) -> pd.DataFrame:
    """Read one column after another, so that only one stands twice in memory."""
    names = [name for name in dataset.DTYPES if name in parquet.read_schema(file).names]
    text = [name for name in names if name in _TEXT]
    # Buffered ahead, it is read by threads whose shares of the heap keep twice as much as the table takes.
    with parquet.ParquetFile(file, read_dictionary=text, pre_buffer=False) as stored:
        return pd.DataFrame({name: _column(stored, name) for name in names}, copy=False)


def _column(stored: parquet.ParquetFile, name: str) -> pd.Series[Any]:
    column = stored.read([name], use_threads=False).unify_dictionaries().column(name)
    found: pd.Series[Any] = column.to_pandas()
    return found


@cache
def _compact_types() -> pd.DataFrame:
    """Return an empty table of the columns and types of a compact frame; made once, since many runs may be read."""
    types = {name: "category" if dtype == "string" else dtype for name, dtype in dataset.DTYPES.items()}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})


def _plain_columns(table: pd.DataFrame, file: Path, remedy: str) -> Iterator[tuple[str, pd.Series[str]]]:
    """Yield the columns whose words are not as they should be, with words that are; each word is looked at once."""
    for name in _TEXT:
        known = {}
        for word in map(str, table[name].cat.categories):
            try:
                known[word] = _WORDS.get(name, plain_text)(word)
            except ValueError as error:
                raise ResultsError(f"{file}: {name} = {shown(word)}: {why(error)}", remedy=remedy) from error
        if any(word != made for word, made in known.items()):  # two words may look the same when they are plain
            yield name, texts.compact(table[name].astype("string").map(known))


def _name(word: str) -> str:
    if len(word) > MOST_NAME:
        raise ValueError(f"a name of at most {MOST_NAME} characters is expected")
    return plain_text(word)


def _parameters(word: str) -> str:
    """Return parameters as canonical JSON; raises ValueError for what is no JSON object of values."""
    if word == "{}":
        return word
    try:
        document = json.loads(word)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ValueError("one JSON object is expected")
    values = _PARAMETERS.validate_python(document)
    return stored.canonical({plain_text(key): _plain_value(value) for key, value in values.items()})


def _plain_value(value: str | float) -> str | float:
    return plain_text(value) if isinstance(value, str) else value


def _better(word: str) -> str:
    if word not in ("higher", "lower"):
        raise ValueError("higher or lower is expected")
    return word


_WORDS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("scenario", "isolation", "outcome", "metric", "vantage", "unit"), _name),
    **dict.fromkeys(("parameters", "step"), _parameters),
    "better": _better,
}
"""What the words of a column have to be, where any text will not do."""


def _require_whole(table: pd.DataFrame, file: Path, remedy: str) -> None:
    """Raise ResultsError for a row that lacks what every row has, or has numbers that none can have."""
    silent = table["metric"].isna()
    for name in _TEXT:
        bad = table[name].isna() != silent if name in _OF_A_SAMPLE else table[name].isna()
        if bad.any():
            row = int(bad.to_numpy().argmax())
            what = "is there without a metric" if name in _OF_A_SAMPLE and silent.iloc[row] else "is missing"
            raise ResultsError(f"{file}, row {row}: {name} {what}", remedy=remedy)
    for name in ("round", "trial"):
        if (table[name] < 0).any():
            raise ResultsError(f"{file}: {name} = {table[name].min()}: a count is expected", remedy=remedy)
