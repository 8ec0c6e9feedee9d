#!/usr/bin/env bash
# Eight cores are 0.08, five minutes are 0.005, and "512 MiB" is 512,000,000 that is still printed as 512 MiB.
#
# Package: quantiphy==2.23 (PyPI), which reads and writes numbers with units
# Input: amounts as one writes them in a report: "64 threads", "3 days", "8 cores", "5 min", "7 nodes", "2 runs", "100 requests",
#   "512 MiB", "20 ms".
# One would expect: the number that is written, in a unit that is the word; for 20 ms 0.02 s; for 512 MiB 536870912 B, or an error.
# Seen 2026-11-30: 64 and 3, for t and d are no prefixes here. Else the first letter is taken for one, though a space stands before
#   the word: c is centi (0.08 "ores"), m milli (0.005 "in", inches to whoever reads on), n nano, r ronto (2e-27 "uns"; 100
#   requests are 1e-25). 512 MiB are 512000000 "iB", unless binary=True is said. Nothing is raised; and where the prefix is one that
#   is also written, the text that comes out is the one that went in ("5 min", "7 nodes", "512 MiB"), so that looking at it shows
#   nothing.
# What it costs: a throughput per core that is a hundred times too high, where one per thread is right; a limit 5 % too low.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check quantiphy==2.23
seen=$("$work/venv/bin/python" - <<'PYTHON'
from quantiphy import Quantity

for text in ("20 ms", "64 threads", "3 days", "8 cores", "5 min", "7 nodes", "2 runs", "100 requests", "512 MiB"):
    amount = Quantity(text)
    print(f"{text}: {amount.real:g} {amount.units}, printed as {amount}")
print("binary:", Quantity("512 MiB", binary=True).real)
PYTHON
)
echo "$seen"
[ "$seen" = "20 ms: 0.02 s, printed as 20 ms
64 threads: 64 threads, printed as 64 threads
3 days: 3 days, printed as 3 days
8 cores: 0.08 ores, printed as 80 mores
5 min: 0.005 in, printed as 5 min
7 nodes: 7e-09 odes, printed as 7 nodes
2 runs: 2e-27 uns, printed as 2e-27 uns
100 requests: 1e-25 equests, printed as 100e-27 equests
512 MiB: 5.12e+08 iB, printed as 512 MiB
binary: 536870912.0" ] || { echo "the behaviour has changed" >&2; exit 1; }
