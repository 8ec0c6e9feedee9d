"""Parquet: the samples or the summary, with their types; nothing is quoted or rounded."""

from __future__ import annotations

import io

from bench.sharing.formats.source import Source

TABULAR = True


def render(source: Source) -> bytes:
    """Return the table as Parquet."""
    made = io.BytesIO()
    source.table.to_parquet(made, engine="pyarrow", index=False)
    return made.getvalue()
