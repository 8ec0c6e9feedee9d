#!/usr/bin/env bash
# Of 1000 times 999 are 10 ms, and the median is a second.
#
# Package: nano-benchmark@1.2.0 (npm), its functions median and streamMedian
# Input: 1000 times, the last of which is 1000 and all others 10; the same with that one first; 1, 2, 3 and 10; 9 times 10 and
#   3 times 50; and 1 to 9.
# One would expect: 10, 10, 2.5, 10 and 5. The package calls the streaming median "approximate"; of median it says nothing.
# Seen 2026-11-30: 1000, 10, 10, 50 and 5. It takes medians of three, of those again, and of two that are left over the larger, whatever
#   number of values is behind each: the last few may decide. Where the number is a power of three that cannot be. streamMedian has
#   10, 10, 2, 10 and 5 here.
# What it costs: a median that depends on the order of the readings, and is their largest by one late outlier.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . nano-benchmark@1.2.0
cat > median.mjs <<'NODE'
import { median, streamMedian } from "nano-benchmark";
const steady = Array(999).fill(10);
const inputs = [[...steady, 1000], [1000, ...steady], [1, 2, 3, 10], [...Array(9).fill(10), 50, 50, 50], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
for (const of of [median, streamMedian]) console.log(`${of.name}:`, ...inputs.map((values) => of([...values])));
NODE
seen=$(node median.mjs)
echo "$seen"
[ "$seen" = "median: 1000 10 10 50 5
streamMedian: 10 10 2 10 5" ] || { echo "the behaviour has changed" >&2; exit 1; }
