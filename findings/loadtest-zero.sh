#!/usr/bin/env bash
# One request of a thousand takes 300 ms, and so does the median.
#
# Package: loadtest@8.2.1 (npm)
# Input: 1000 requests, one after the other, over HTTP to a server on this machine. By a clock that the benchmark is given each
#   takes 0.4 ms, but the 500th 300 ms. And the same with 1.4 ms for 0.4.
# One would expect: 0 or 1 ms for the 50th, 90th, 95th and 99th percentile, as times are cut to whole milliseconds. The second
#   server has 1 ms in all four.
# Seen 2026-11-29: 300 ms in all four, for the faster of the two; the maximum is 300 ms, the mean 0.3 ms. A percentile that has been
#   found to be 0 is taken for one that has not been found yet, and is replaced by the next longer time that was counted.
# What it costs: where most answers take less than 1 ms, the median is the shortest of the others, and the fewer those are, the
#   worse it looks: the faster server seems to be the slower one. Only if not one answer takes a millisecond is it 0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" loadtest@8.2.1
cat > "$work/run.mjs" <<'NODE'
import { createServer } from "http";
import { loadTest } from "loadtest";

let now = 0n;  // ns
process.hrtime.bigint = () => now;

async function percentiles(fast) {
  let calls = 0;
  const server = createServer((request, response) => {
    now += ++calls === 500 ? 300_000_000n : fast;
    response.end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const result = await loadTest({ url, maxRequests: 1000, concurrency: 1, cores: 1, agentKeepAlive: true, quiet: true });
  server.closeAllConnections();
  server.close();
  const times = Object.entries(result.histogramMs).map(([ms, count]) => `${count} of ${ms} ms`);
  return [...times, "mean", result.meanLatencyMs, "percentiles", ...Object.values(result.percentiles)].join(" ");
}

console.log(`${await percentiles(400_000n)}; ${await percentiles(1_400_000n)}`);
process.exit();
NODE
seen=$(node "$work/run.mjs")
echo "$seen"
slow="999 of 0 ms 1 of 300 ms mean 0.3 percentiles 300 300 300 300"
even="999 of 1 ms 1 of 300 ms mean 1.3 percentiles 1 1 1 1"
[ "$seen" = "$slow; $even" ] || { echo "the behaviour has changed" >&2; exit 1; }
