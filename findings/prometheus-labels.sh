#!/usr/bin/env bash
# A histogram for each isolation is written, and one histogram of nobody's is read.
#
# Packages: prom-client@15.1.3, parse-prometheus-text-format@1.1.1 (npm), prometheus-client==0.26.0 (PyPI)
# Input: a histogram of start times with a label, "isolation", as prom-client writes it: 100 starts of containers, 90 of them below
#   half a second and all below a second, and 5 of machines, all between one and five. A summary of the same.
# One would expect: two histograms and two summaries, each with its label, its count and its sum, as Python's client reads them; the
#   package's own example has two series of one summary with labels, counts and sums, though without quantiles.
# Seen 2026-11-30: one of each, with no label, count or sum: the buckets and quantiles of the machines, which come last. The
#   containers are gone. Nothing is raised. A gauge with two labels is read as two. Where only one series is there it loses its
#   label, its count and its sum as well.
# What it costs: a comparison of isolations that has one of them, without its name. The order of the lines decides which.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" prom-client@15.1.3 parse-prometheus-text-format@1.1.1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check prometheus-client==0.26.0
cat > "$work/write.cjs" <<'NODE'
const { Gauge, Histogram, Summary, register } = require("prom-client");
const told = { help: "Time of a start", labelNames: ["isolation"] };
const last = new Gauge({ name: "last_seconds", ...told });
const starts = new Histogram({ name: "start_seconds", buckets: [0.5, 1, 5], ...told });
const brief = new Summary({ name: "brief_seconds", percentiles: [0.5], ...told });
function start(isolation, seconds, times) {
  for (let one = 0; one < times; one++) {
    starts.observe({ isolation }, seconds);
    brief.observe({ isolation }, seconds);
    last.set({ isolation }, seconds);
  }
}
start("container", 0.25, 90);
start("container", 0.75, 10);
start("machine", 3, 5);
register.metrics().then((text) => process.stdout.write(text + "\n"));
NODE
cat > "$work/read.cjs" <<'NODE'
const parse = require("parse-prometheus-text-format");
const text = require("fs").readFileSync(process.argv[2], "utf8");
const lines = text.split("\n").filter((line) => line.startsWith("#") || !line.includes('"container"'));
for (const part of [text, lines.join("\n")]) {
  for (const { name, metrics } of parse(part)) console.log(name, JSON.stringify(metrics));
}
NODE
cat > "$work/read.py" <<'PYTHON'
import sys

from prometheus_client.parser import text_string_to_metric_families

with open(sys.argv[1]) as text:
    for family in text_string_to_metric_families(text.read()):
        for sample in family.samples:
            if sample.name.endswith("_count"):
                print(sample.name, sample.labels["isolation"], int(sample.value))
PYTHON
node "$work/write.cjs" > "$work/metrics"
echo "Python: $("$work/venv/bin/python" "$work/read.py" "$work/metrics" | tee "$work/python" | paste -sd ';')"
echo "JavaScript, both and the machines alone:"
node "$work/read.cjs" "$work/metrics" | tee "$work/javascript"
diff "$work/python" - <<'SEEN' && diff "$work/javascript" - <<'SEEN_TOO' || { echo "the behaviour has changed" >&2; exit 1; }
start_seconds_count container 100
start_seconds_count machine 5
brief_seconds_count container 100
brief_seconds_count machine 5
SEEN
last_seconds [{"value":"0.75","labels":{"isolation":"container"}},{"value":"3","labels":{"isolation":"machine"}}]
start_seconds [{"buckets":{"1":"0","5":"5","0.5":"0","+Inf":"5"}}]
brief_seconds [{"quantiles":{"0.5":"3"}}]
last_seconds [{"value":"3","labels":{"isolation":"machine"}}]
start_seconds [{"buckets":{"1":"0","5":"5","0.5":"0","+Inf":"5"}}]
brief_seconds [{"quantiles":{"0.5":"3"}}]
SEEN_TOO
