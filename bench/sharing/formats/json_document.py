"""JSON: the samples or the summary as rows, with the run's name, host and schema version before them.

JSON has no word for what is no finite number: a sample's value is then the text ``NaN``, ``Infinity`` or ``-Infinity``.
What is missing, such as the value of a trial that left none, or an interval of too few trials, is null.
"""

from __future__ import annotations

import json
import math

import pandas as pd

from bench.sharing.formats.source import Source
from bench.store.layout import EXPORT_SCHEMA

TABULAR = True


def render(source: Source) -> bytes:
    """Return the table as one JSON document."""
    table = source.table
    columns = {name: _column(name, table) for name in table.columns}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    document = {
        "schema": EXPORT_SCHEMA,
        "run": source.manifest.run,
        "host": source.manifest.host.name,
        "schema_version": source.manifest.schema_version,
        "bench_version": source.manifest.bench_version,
        "what": source.what,
        "rows": rows,
    }
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _column(name: str, table: pd.DataFrame) -> list[object]:
    values = table[name].astype("object").tolist()
    if name == "value":
        pairs = zip(values, table["metric"].notna(), strict=True)
        return [_recorded(float(value)) if is_sample else None for value, is_sample in pairs]
    return [
        None if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)) else value for value in values
    ]


def _recorded(value: float) -> object:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
