#!/usr/bin/env bash
# The 50 % row of a summary is not the median.
#
# Packages: polars==2.1.0, pandas==3.1.1 (PyPI)
# Input: four run times: 1, 2, 3 and 10 s.
# One would expect: median(), quantile(0.5) and the 50 % row of describe() are the same number, 2.5, in either library.
# Seen 2026-11-28: polars says 2.5, 3 and 3: quantile and describe take the nearest of the values, median the middle of two.
#   pandas says 2.5 three times. The 25 % row is 2 in polars, 1.75 in pandas.
# What it costs: with the few rounds that benchmarks have (4, 6, 10), a table's median and its 50 % row contradict each other,
#   and a switch of libraries changes all quartiles.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check polars==2.1.0 pandas==3.1.1
"$work/venv/bin/python" - <<'PYTHON'
import pandas as pd
import polars as pl

times = [1.0, 2.0, 3.0, 10.0]
by_polars, by_pandas = pl.Series(times), pd.Series(times)
rows = dict(by_polars.describe().rows())
seen = {
    "polars": (by_polars.median(), by_polars.quantile(0.5), float(rows["50%"]), float(rows["25%"])),
    "pandas": (by_pandas.median(), by_pandas.quantile(0.5), by_pandas.describe()["50%"], by_pandas.describe()["25%"]),
}
print("median(), quantile(0.5), rows 50% and 25% of describe():", seen)
assert seen == {"polars": (2.5, 3.0, 3.0, 2.0), "pandas": (2.5, 2.5, 2.5, 1.75)}, "the behaviour has changed"
PYTHON
