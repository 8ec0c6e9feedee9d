#!/usr/bin/env bash
# Two HdrHistograms of the same range: one drops the slow tenth of the requests, the other keeps it.
#
# Packages: hdrhistogram==0.10.8 (PyPI), hdr-histogram-js@3.0.1 (npm)
# Input: 90 latencies of 10 ms and 10 of 90 s, into a histogram declared for 1 to 60000 ms, three digits.
# One would expect: the same answer from both; and that a value which does not fit is an error.
# Seen 2026-11-28: Python's record_value returns False and counts nothing: 90 values, 99th percentile 10 ms. JavaScript's grows
#   the histogram in silence (autoResize is on): 100 values, 99th percentile 90047 ms.
# What it costs: a declared maximum that was meant as a guess cuts off the tail that the percentile was asked for.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check hdrhistogram==0.10.8
npm install --silent --no-audit --no-fund --prefix "$work" hdr-histogram-js@3.0.1
cat > "$work/record.py" <<'PYTHON'
from hdrh.histogram import HdrHistogram

histogram = HdrHistogram(1, 60_000, 3)
for latency in [10] * 90 + [90_000] * 10:
    histogram.record_value(latency)
print(histogram.get_total_count(), histogram.get_value_at_percentile(99))
PYTHON
cat > "$work/record.cjs" <<'NODE'
const { build } = require("hdr-histogram-js");
const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60000, numberOfSignificantValueDigits: 3 });
for (let i = 0; i < 100; i++) histogram.recordValue(i < 90 ? 10 : 90000);
console.log(histogram.totalCount, histogram.getValueAtPercentile(99));
NODE
python=$("$work/venv/bin/python" "$work/record.py")
node=$(node "$work/record.cjs")
echo "count and 99th percentile: Python $python, JavaScript $node"
[ "$python" = "90 10" ] && [ "$node" = "100 90047" ] || { echo "the behaviour has changed" >&2; exit 1; }
