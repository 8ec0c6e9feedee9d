#!/usr/bin/env bash
# The median of 900 tens and 100 hundreds is 19, says a t-digest.
#
# Package: tdigest==0.5.2.2 (PyPI)
# Input: 1000 latencies as a clock of coarse resolution gives them: 900 of 10 ms, 100 of 100 ms.
# One would expect: a sketch that is exact at its ends and within a per cent between: median 10, 80th percentile 10.
# Seen 2026-11-28: median 19, 80th percentile 73. Equal values become one centroid, and what is asked for is interpolated between
#   the two centroids there are, as if times between 10 and 100 ms had been seen. For 99 times 5 and one 500 the 90th
#   percentile is 405.95. Values that all differ a little are well: median 10.006.
# What it costs: percentiles of rounded times (whole milliseconds, timer ticks, batches) are invented.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check tdigest==0.5.2.2
"$work/venv/bin/python" - <<'PYTHON'
from tdigest import TDigest

def percentiles(values, *wanted):
    digest = TDigest()
    digest.batch_update(values)
    return [round(digest.percentile(p), 2) for p in wanted]

coarse = percentiles([10] * 900 + [100] * 100, 50, 80)
outlier = percentiles([5] * 99 + [500], 50, 90)
fine = percentiles([10 + i / 1e5 for i in range(900)] + [100 + i / 1e5 for i in range(100)], 50)
print("coarse clock, p50 and p80:", coarse, "one outlier, p50 and p90:", outlier, "fine clock, p50:", fine)
assert coarse == [19, 73], "the behaviour has changed"
assert outlier == [9.95, 405.95], "the behaviour has changed"
assert 10 <= fine[0] < 10.01, "the behaviour has changed"
PYTHON
