#!/usr/bin/env bash
# The same results exported twice: one file is replaced, a partitioned folder holds every trial twice.
#
# Packages: pandas==3.1.1, pyarrow==26.0.1 (PyPI)
# Input: ten trials of two isolations, written twice to the same place.
# One would expect: to_parquet replaces what it wrote before, with partition_cols as without; or refuses, as
#   pyarrow.dataset.write_dataset does.
# Seen 2026-11-28: with partition_cols the second export stands beside the first, under another random name: 20 rows.
# What it costs: the mean stays as it was, so nothing looks wrong, but the standard error shrinks by 1.45, and intervals with it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import pandas as pd
import pyarrow as pa
import pyarrow.dataset

trials = pd.DataFrame({"isolation": ["bare", "docker"] * 5, "seconds": [float(n) for n in range(10)]})
for _ in range(2):
    trials.to_parquet("one.parquet")
    trials.to_parquet("folder", partition_cols=["isolation"])
one, folder = pd.read_parquet("one.parquet"), pd.read_parquet("folder")
print("rows:", len(one), len(folder), "standard errors:", one.seconds.sem(), folder.seconds.sem())
assert (len(one), len(folder)) == (10, 20), "the behaviour has changed"
assert round(one.seconds.sem() / folder.seconds.sem(), 2) == 1.45, "the behaviour has changed"
try:
    pyarrow.dataset.write_dataset(pa.Table.from_pandas(trials), "folder", format="parquet")
except pa.ArrowInvalid as refusal:
    print("write_dataset:", str(refusal)[:60])
else:
    raise AssertionError("the behaviour has changed")
PYTHON
