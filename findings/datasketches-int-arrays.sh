#!/usr/bin/env bash
# Latencies of 3 s and 5 s are -1.3 s and 0.7 s, if they come as an array.
#
# Packages: datasketches==5.2.0, numpy==2.4.6 (PyPI)
# Input: 90 latencies of 1 ms, 5 of 3 s and 5 of 5 s, in nanoseconds, as NumPy has them (int64), put in each of the three kinds of
#   sketches for integers, all at once and one by one; and in kll_doubles_sketch.
# One would expect: the 99th percentile is 5 s and the minimum 1 ms; or an error, as there is one where 3000000000 comes alone.
# Seen 2026-11-30: one by one it is a TypeError. As an array all 100 are taken, the minimum is -1294967296 and the 99th percentile
#   705032704: the sketches hold 32 bits, and an array is made to fit them. An array of 0.9 s is taken as 0. The sketch of doubles is
#   right.
# What it costs: from 2.147 s on, latencies in nanoseconds turn over: the slowest requests lower every percentile. Nothing in the names
#   says 32; use kll_doubles_sketch.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check datasketches==5.2.0 numpy==2.4.6
seen=$("$work/venv/bin/python" -W error - <<'PYTHON'
import datasketches
import numpy as np

latencies = np.array([1_000_000] * 90 + [3_000_000_000] * 5 + [5_000_000_000] * 5)
for name, k in ("kll_ints_sketch", 200), ("req_ints_sketch", 12), ("quantiles_ints_sketch", 128), ("kll_doubles_sketch", 200):
    sketch = getattr(datasketches, name)(k)
    sketch.update(latencies)
    alone = "taken"
    try:
        getattr(datasketches, name)(k).update(3_000_000_000)
    except TypeError:
        alone = "TypeError"
    tenths = getattr(datasketches, name)(k)
    tenths.update(np.array([0.9]))
    print(f"{name}: {sketch.n} from {sketch.get_min_value():.0f}, 99th percentile {sketch.get_quantile(0.99):.0f}; alone: {alone}; 0.9: {tenths.get_max_value():g}")
PYTHON
)
echo "$seen"
turned="100 from -1294967296, 99th percentile 705032704; alone: TypeError; 0.9: 0"
[ "$seen" = "kll_ints_sketch: $turned
req_ints_sketch: $turned
quantiles_ints_sketch: $turned
kll_doubles_sketch: 100 from 1000000, 99th percentile 5000000000; alone: taken; 0.9: 0.9" ] || { echo "the behaviour has changed" >&2; exit 1; }
