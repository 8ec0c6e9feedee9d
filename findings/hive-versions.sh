#!/usr/bin/env bash
# A table of results partitioned by version: two of three readers merge 1.1 with 1.10.
#
# Packages: pandas==3.1.1, pyarrow==26.0.1, polars==2.1.0, fastparquet==2026.9.0 (PyPI)
# Input: run times of two releases of a runtime, 1.1 and 1.10, written by pandas in folders version=1.1 and version=1.10.
# One would expect: what was written as text is read as text, and a mean for each of the two releases, by every reader.
# Seen 2026-11-28: pandas with pyarrow gives the text 1.1 and 1.10, means 2 and 3. polars takes the folders' names for numbers,
#   so that both are 1.1, with one mean of 2.5; fastparquet does the same. No one warns.
# What it costs: a comparison of releases that compares nothing. Keep versions in a column of the file, not in a folder's name,
#   or give the reader a schema.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 fastparquet==2026.9.0
"$work/venv/bin/python" - "$work/results" <<'PYTHON'
import sys

import fastparquet
import pandas as pd
import polars as pl

folder = sys.argv[1]
written = pd.DataFrame({"version": ["1.1", "1.10", "1.1", "1.10"], "seconds": [1.0, 2.0, 3.0, 4.0]})
written.to_parquet(folder, partition_cols=["version"])
tables = {
    "pandas": pd.read_parquet(folder),
    "polars": pd.DataFrame(pl.read_parquet(folder).to_dict(as_series=False)),
    "fastparquet": fastparquet.ParquetFile(folder).to_pandas(),
}
means = {reader: table.groupby("version", observed=True).seconds.mean().to_dict() for reader, table in tables.items()}
print(means)
assert means == {"pandas": {"1.1": 2.0, "1.10": 3.0}, "polars": {1.1: 2.5}, "fastparquet": {1.1: 2.5}}, "the behaviour has changed"
PYTHON
