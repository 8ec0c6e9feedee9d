#!/usr/bin/env bash
# No benchmark has changed, says pyperf, and in the line above it that all together are 1.41 times slower.
#
# Package: pyperf==2.10.0 (PyPI)
# Input: two files of two benchmarks, 20 values each, made by pyperf. "start" takes 1 s, and in the second file one of its values is
#   21 s; "stop" takes 1 s in both.
# One would expect: what is hidden as "not significant" is left out of the mean of all, or counts as no change: 1.00x.
# Seen 2026-11-30: compare_to hides both benchmarks, "because not significant", and prints "Geometric mean: 1.41x slower", that is
#   the root of 2.00 times 1.00. With --table nothing but the names of the hidden ones is printed. The medians, which are not
#   compared, are 1.0 in both files.
# What it costs: a single value that was disturbed makes a headline of a comparison in which nothing was found.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyperf==2.10.0
venv/bin/python - <<'PYTHON'
import pyperf

def benchmark(name, values):
    return pyperf.Benchmark([pyperf.Run([value], metadata={"name": name}, collect_metadata=False) for value in values])

stop = [0.99, 1.01] * 10
pyperf.BenchmarkSuite([benchmark("start", [0.99, 1.01] * 10), benchmark("stop", stop)]).dump("before.json")
pyperf.BenchmarkSuite([benchmark("start", [0.99, 1.01] * 9 + [0.99, 21.01]), benchmark("stop", stop)]).dump("after.json")
PYTHON
lines=$(venv/bin/python -m pyperf compare_to before.json after.json)
table=$(venv/bin/python -m pyperf compare_to --table before.json after.json)
medians=$(venv/bin/python - <<'PYTHON'
import pyperf

for name in ("before.json", "after.json"):
    print(*(benchmark.median() for benchmark in pyperf.BenchmarkSuite.load(name)), end="; ")
PYTHON
)
echo "$lines"
echo "--table: $table"
echo "medians: $medians"
hidden="Benchmark hidden because not significant (2): start, stop"
[ "$lines; $table; $medians" = "$hidden

Geometric mean: 1.41x slower; $hidden; 1.0 1.0; 1.0 1.0; " ] || { echo "the behaviour has changed" >&2; exit 1; }
