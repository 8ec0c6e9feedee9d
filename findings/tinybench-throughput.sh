#!/usr/bin/env bash
# Operations per second that never were: a hundred calls in half a second are 556 a second.
#
# Package: tinybench@6.2.5 (npm)
# Input: a function that takes 9 ms and 1 ms in turn, by a clock that the benchmark is given: 100 calls, 500 ms.
# One would expect: 100 calls / 0.5 s = 200 operations a second, which is 1 / the mean latency of 5 ms; or at most the inverse
#   of the median.
# Seen 2026-11-28: total time 500 ms, mean latency 5 ms, mean throughput 555.6. It is the mean of the inverses of the single
#   times, (1000 + 111) / 2, and so is what the table shows as "Throughput avg (ops/s)".
# What it costs: the more a time varies, the faster the code seems: of two functions of the same mean the unsteady one wins.
#   Take 1000 / latency.mean. (pytest-benchmark's OPS is 1 / mean.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" tinybench@6.2.5
cat > "$work/run.mjs" <<'NODE'
import { Bench } from "tinybench";

async function measure(...times) {
  let now = 0, calls = 0;
  const bench = new Bench({ now: () => now, iterations: 100, time: 0, warmup: false });
  bench.add("work", () => { now += times[calls++ % times.length]; });
  await bench.run();
  const { totalTime, latency, throughput } = bench.tasks[0].result;
  return [latency.samplesCount, totalTime, latency.mean, Math.round(throughput.mean)].join(" ");
}

console.log(await measure(9, 1));
console.log(await measure(5));
NODE
seen=$(node "$work/run.mjs" | tr '\n' ';')
echo "calls, total ms, mean ms, 'operations a second': $seen"
[ "$seen" = "100 500 5 556;100 500 5 200;" ] || { echo "the behaviour has changed" >&2; exit 1; }
