#!/usr/bin/env bash
# google-benchmark's JSON through pandas: a slow benchmark's time is a date in 1971, a fast one's is a number.
#
# Packages: google-benchmark==1.9.5, pandas==3.1.1 (PyPI)
# Input: what google-benchmark itself writes for a benchmark that takes about 60 ms, in nanoseconds, its default unit.
# One would expect: pandas.read_json gives real_time and cpu_time as numbers, as they stand in the file.
# Seen 2026-11-28: columns whose names end in _time (or _at, or begin with timestamp, modified, date) are turned into dates
#   unless a value is below 31536000. So a real_time of 60 ms lies in late 1971; one of 1 ms stays a number; and cpu_time of the
#   same file, which is small here, stays a number as well. convert_dates=False reads all plainly, and is itself on its way out.
# What it costs: a script that has worked for months breaks, or silently means something else, on the day when the fastest
#   benchmark takes more than 31.5 ms.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check google-benchmark==1.9.5 pandas==3.1.1
cat > "$work/pull.py" <<'PYTHON'
import sys
import time

import google_benchmark

seconds = float(sys.argv.pop())

@google_benchmark.register
@google_benchmark.option.iterations(3)
def pull(state):
    while state:
        time.sleep(seconds)

google_benchmark.main()
PYTHON
for seconds in 0.06 0.001; do
    "$work/venv/bin/python" "$work/pull.py" --benchmark_format=json "$seconds" > "$work/$seconds.json" 2> /dev/null
done
"$work/venv/bin/python" - "$work" <<'PYTHON'
import io
import json
import pathlib
import sys

import pandas as pd

def kinds(name, **options):
    benchmarks = json.loads(pathlib.Path(sys.argv[1], name).read_text())["benchmarks"]
    table = pd.read_json(io.StringIO(json.dumps(benchmarks)), **options)
    print(name, options, table[["real_time", "cpu_time"]].to_dict("records"))
    return [table[column].dtype.kind for column in ("real_time", "cpu_time")]

assert kinds("0.06.json") == ["M", "f"], "the behaviour has changed"
assert kinds("0.001.json") == ["f", "f"], "the behaviour has changed"
assert kinds("0.06.json", convert_dates=False) == ["f", "f"], "the behaviour has changed"
PYTHON
