#!/usr/bin/env bash
# Two runs of the same server differ with three stars, p = 1e-27, says one line; they do not, says the next.
#
# Package: autocannon-compare@0.4.0 (npm), which compares two results of autocannon
# Input: two results in autocannon's form, of 10 s each, with requests counted every second: 900 to 1100 in the one run, a mean of
#   1000 and a standard deviation of 65; ten less in each second of the other. The throughput is 100 bytes a request.
# One would expect: a t-test of ten seconds against ten, p = 0.73, for the requests as for the throughput.
# Seen 2026-11-30: p = 1e-27 for the requests, three stars. The mean and the deviation are those of ten readings, but the size of the
#   sample is set to the number of requests, 10,000. The throughput, whose size is the duration, has p = 0.73 of the same numbers.
# What it costs: any difference in requests a second is significant, the more so the faster the server. Only aWins, bWins and equal
#   go by the throughput.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . autocannon-compare@0.4.0
seen=$(node - <<'NODE'
const compare = require("autocannon-compare");
const counts = [900, 925, 950, 975, 1000, 1000, 1025, 1050, 1075, 1100];
const result = (perSecond) => {
  const summary = (values) => {
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const stddev = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    return { mean, stddev, total: mean * values.length };
  };
  return { duration: 10, requests: summary(perSecond), throughput: summary(perSecond.map((n) => n * 100)), latency: { mean: 1, stddev: 1 } };
};
const [a, b] = [counts, counts.map((n) => n - 10)].map(result);
const { requests, throughput, equal } = compare(a, b);
for (const [name, { difference, pValue, significant }] of Object.entries({ requests, throughput })) {
  console.log(name, difference, pValue.toPrecision(2), significant);
}
console.log("equal", equal);
NODE
)
echo "$seen"
[ "$seen" = "requests 1.01% 1.0e-27 ***
throughput 1.01% 0.73 
equal true" ] || { echo "the behaviour has changed" >&2; exit 1; }
