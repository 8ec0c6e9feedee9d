#!/usr/bin/env bash
# A change point that is not at a multiple of five becomes two change points.
#
# Packages: ruptures==1.1.10 (PyPI), numpy==2.4.0
# Input: forty readings without any noise, the first seven of them at twice the level: a plain warm-up.
# One would expect: PELT is exact, so the answer is [7, 40] for every method that is called with its defaults.
# Seen 2026-11-28: [5, 10, 40]. Pelt looks at every fifth index only (jump=5), and since neither 5 nor 10 fits, it takes
#   both, as if the speed had changed twice. With jump=1 the answer is [7, 40]. A warm-up that ends at 10 is found.
# What it costs: the end of a warm-up is placed up to four readings away, and one change is counted as two.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ruptures==1.1.10 numpy==2.4.0
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import ruptures

def found(settled_after, **options):
    readings = np.r_[np.full(settled_after, 2.0), np.full(40 - settled_after, 1.0)]
    return ruptures.Pelt(model="l2", **options).fit(readings).predict(pen=0.1)

seen = {end: found(end) for end in (3, 7, 10, 13)}
print("defaults:", seen, "jump=1:", found(7, jump=1))
assert seen == {3: [5, 40], 7: [5, 10, 40], 10: [10, 40], 13: [10, 15, 40]}, "the behaviour has changed"
assert found(7, jump=1) == [7, 40], "the behaviour has changed"
PYTHON
