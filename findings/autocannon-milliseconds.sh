#!/usr/bin/env bash
# The fastest answer took 1 ms, the median one 0 ms, says a load generator of the same run.
#
# Package: autocannon@9.0.0 (npm)
# Input: 2000 requests over one connection to a server in another process on the loopback, which answers in a fraction of a ms.
# One would expect: minimum <= median <= mean, in fractions of a millisecond, since the tool is made for fast servers.
# Seen 2026-11-28: minimum 1, median 0, mean 0.1 to 0.4. Latencies are cut down to whole milliseconds, so nearly all are 0; the
#   minimum leaves zeros out; the mean is one of the integers.
# What it costs: two servers of 0.2 and 0.9 ms have the same median, 0; and the mean is too small by up to a millisecond.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0
cat > "$work/run.mjs" <<'NODE'
import autocannon from "autocannon";
import http from "node:http";
import { fork } from "node:child_process";

if (process.argv[2] === "serve") {
  const server = http.createServer((request, response) => response.end("x"));
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
} else {
  const server = fork(process.argv[1], ["serve"]);
  const port = await new Promise((resolve) => server.once("message", resolve));
  const url = `http://127.0.0.1:${port}`;
  const { latency } = await autocannon({ url, connections: 1, amount: 2000 });
  const raw = [];
  for (let i = 0; i < 500; i++) {
    const begin = performance.now();
    await (await fetch(url)).text();
    raw.push(performance.now() - begin);
  }
  server.kill();
  raw.sort((a, b) => a - b);
  console.log(`autocannon: minimum ${latency.min}, median ${latency.p50}, mean ${latency.mean}, maximum ${latency.max}`);
  console.log(`by hand: minimum ${raw[0].toFixed(3)}, median ${raw[250].toFixed(3)}`);
  if (!(latency.min === 1 && latency.p50 === 0 && raw[0] < 1)) {
    console.error("the behaviour has changed, or this machine is too slow for answers below a millisecond");
    process.exitCode = 1;
  }
}
NODE
node "$work/run.mjs"
