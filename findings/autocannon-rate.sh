#!/usr/bin/env bash
# A limit on the rate halves the median latency, and makes thirty answers into a thousand.
#
# Package: autocannon@9.0.0 (npm)
# Input: a server in another process on the loopback that answers after 30 ms; one connection, 10 requests a second, 3 s.
# One would expect: a median of 30 ms. The correction for coordinated omission, which is on when a rate is given, adds what could
#   not be sent in time; at one request every 100 ms nothing was late, so it should add nothing.
# Seen 2026-11-28: median 17 ms, and about 33 latencies for each request. The correction takes 1 ms for the interval between
#   requests, whatever the rate, and fills in 29, 28, ... 1 ms. With ignoreCoordinatedOmission the median is 31 ms.
# What it costs: a service measured at a fixed rate looks twice as fast as it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0
cat > "$work/run.mjs" <<'NODE'
import autocannon from "autocannon";
import http from "node:http";
import { fork } from "node:child_process";

if (process.argv[2] === "serve") {
  const server = http.createServer((request, response) => setTimeout(() => response.end("x"), 30));
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
} else {
  const server = fork(process.argv[1], ["serve"]);
  const port = await new Promise((resolve) => server.once("message", resolve));
  const load = { url: `http://127.0.0.1:${port}`, connections: 1, overallRate: 10, duration: 3 };
  const corrected = await autocannon(load);
  const plain = await autocannon({ ...load, ignoreCoordinatedOmission: true });
  server.kill();
  for (const [name, { requests, latency }] of Object.entries({ corrected, plain }))
    console.log(`${name}: ${requests.total} requests, ${latency.totalCount} latencies, median ${latency.p50}, minimum ${latency.min} ms`);
  const seen = corrected.latency.totalCount > 10 * corrected.requests.total && corrected.latency.p50 < 0.8 * plain.latency.p50;
  if (!(seen && corrected.latency.min === 1 && plain.latency.min >= 29 && plain.latency.totalCount === plain.requests.total)) {
    console.error("the behaviour has changed");
    process.exitCode = 1;
  }
}
NODE
node "$work/run.mjs"
