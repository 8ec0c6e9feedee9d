#!/usr/bin/env bash
# The peak memory of a small program is that of the harness that started it.
#
# Packages: pyperf==2.10.0, astral-dev-toolchain-hyperfine==2.0.0 (PyPI, holds hyperfine 2.0.0)
# Input: cat /proc/self/status, which prints its own peak, VmHWM.
# One would expect: both harnesses say about that: command_max_rss, and memory_peak_resident, which hyperfine 2 shows unasked.
# Seen 2026-11-29: cat 1.4 to 1.7 MB, hyperfine 3 MB, pyperf 13 MB; the same for `true`. Both take ru_maxrss, and Linux counts for a
#   program what its process had before exec, which is the harness's memory. A program that needs more than its harness is well.
# What it costs: two small programs, or one with and without a change, have the same peak to the page; and an isolation's runtime,
#   started by the one harness and by the other, differs by 10 MB.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyperf==2.10.0 astral-dev-toolchain-hyperfine==2.0.0
venv/bin/python -m pyperf command -q -p 1 -n 1 -w 0 -l 1 -o pyperf.json -- cat /proc/self/status > pyperf.log 2>&1 ||
    { cat pyperf.log >&2; exit 1; }
venv/bin/hyperfine --runs 1 --export-json hyperfine.json "cat /proc/self/status" > hyperfine.log 2>&1 || { cat hyperfine.log >&2; exit 1; }
cat /proc/self/status > own
python3 - <<'PYTHON'
import json

own = next(1024 * int(line.split()[1]) for line in open("own") if line.startswith("VmHWM:"))
[result] = json.load(open("hyperfine.json"))["results"]
hyperfine = result["measurements"][0]["memory_peak_resident"]["value"]
pyperf = json.load(open("pyperf.json"))["metadata"]["command_max_rss"]
print(f"peak of cat, MB: by the kernel {own / 1e6:.1f}, by hyperfine {hyperfine / 1e6:.1f}, by pyperf {pyperf / 1e6:.1f}")
assert own * 1.3 < hyperfine and own * 4 < pyperf, "the behaviour has changed"
PYTHON
