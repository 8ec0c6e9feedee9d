#!/usr/bin/env bash
# A duration of 1.5 s in Parquet is read as 1500, as 1500000000, or as a time shortly after midnight.
#
# Packages: pandas==3.1.1, pyarrow==26.0.1, polars==2.1.0, fastparquet==2026.9.0 (PyPI), hyparquet@1.33.0 (npm)
# Input: columns of durations, the most natural type for a benchmark's times.
# One would expect: 1.5 s stays 1.5 s, whoever writes and whoever reads; where a reader knows no durations, an error.
# Seen 2026-11-28: Parquet has no durations. pyarrow writes a bare integer and puts the unit into a note of its own (the key
#   ARROW:schema), which fastparquet and hyparquet do not read: 1.5 s is 1500 or 1500000000 there, by the unit that the writer
#   had. fastparquet writes a *time of day* instead, so pyarrow and polars read 00:00:01.500; a duration of 25 hours is null in
#   polars, and an error in pandas.
# What it costs: factors of a thousand or a million without a word. Store seconds as floating point, with the unit in the name.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 fastparquet==2026.9.0
npm install --silent --no-audit --no-fund --prefix "$work" hyparquet@1.33.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import datetime

import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

pq.write_table(pa.table({"ms": pa.array([1_500], pa.duration("ms")), "ns": pa.array([1_500_000_000], pa.duration("ns"))}), "arrow.parquet")
by_arrow = pl.read_parquet("arrow.parquet").rows()
by_fastparquet = fastparquet.ParquetFile("arrow.parquet").to_pandas().iloc[0].tolist()
print("pyarrow wrote; polars:", by_arrow, "fastparquet:", by_fastparquet)
assert by_arrow == [(datetime.timedelta(seconds=1.5),) * 2], "the behaviour has changed"
assert by_fastparquet == [1_500, 1_500_000_000], "the behaviour has changed"

fastparquet.write("fast.parquet", pd.DataFrame({"took": pd.to_timedelta([1.5, 25 * 3600], unit="s")}))
types = str(pq.read_schema("fast.parquet").field("took").type), str(pl.read_parquet("fast.parquet")["took"].dtype)
read = pl.read_parquet("fast.parquet")["took"].to_list()
print("fastparquet wrote; types:", types, "polars:", read)
assert types == ("time64[us]", "Time"), "the behaviour has changed"
assert read == [datetime.time(0, 0, 1, 500_000), None], "the behaviour has changed"
PYTHON
cat > read.mjs <<'NODE'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
const [row] = await parquetReadObjects({ file: await asyncBufferFromFile("arrow.parquet") });
console.log(String(row.ms), String(row.ns));
NODE
node=$(node read.mjs)
echo "hyparquet: $node"
[ "$node" = "1500 1500000000" ] || { echo "the behaviour has changed" >&2; exit 1; }
