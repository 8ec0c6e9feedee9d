"""CSV (RFC 4180, UTF-8): the samples or the summary, one line per row.

A spreadsheet takes text that begins with ``= + - @``, a tab or a carriage return for a formula, and some of this text
comes from workloads. Such cells get an apostrophe before them (OWASP, CSV Injection); numbers are left alone. A figure
that is missing is an empty cell; a sample that is no number or not finite is ``NaN``, ``inf`` or ``-inf``.
"""

from __future__ import annotations

import pandas as pd

from bench.sharing.formats.source import Source

TABULAR = True
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(source: Source) -> bytes:
    """Return the table as CSV."""
    table = source.table
    text = [name for name in table.columns if table[name].dtype == "string"]
    shown = table.assign(**{name: _inert(table[name]) for name in text})
    if "value" in shown:  # a sample without a value is none; one whose value is no number has been measured
        no_number = shown["metric"].notna() & shown["value"].isna()
        shown["value"] = shown["value"].astype("object").mask(no_number, "NaN")
    content: bytes = shown.to_csv(index=False, lineterminator="\r\n").encode()
    return content


def _inert(column: pd.Series[str]) -> pd.Series[str]:
    return column.where(~column.str.startswith(_FORMULA).fillna(value=False), "'" + column)
