#!/usr/bin/env bash
# Two halves of one measurement are merged: the median stays, the mean is half of what it was.
#
# Packages: ddsketch==3.0.1, protobuf==7.36.2 (PyPI); @datadog/sketches-js@2.1.1, protobufjs@7.6.6 (npm)
# Input: a sketch of 90 latencies of 10 ms and 10 of 1000 ms, written by JavaScript in the format that both have for it (protocol
#   buffers), read by Python and by JavaScript, and merged there into one of the same 100 latencies.
# One would expect: mean 109, minimum 10 and maximum 1000 in all of them; or an error where a value is not known.
# Seen 2026-11-29: what is read has the count and the percentiles, but a sum and a mean of 0, a minimum of inf and a maximum of
#   -inf: the format has no place for them, and nothing says so. Merged: 200 latencies, mean 54.5, minimum 10, maximum 1000.
# What it costs: each worker, host or container that sends its sketch draws the mean towards 0, and nothing about the result looks
#   wrong. Send the sum and the count beside the sketch.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @datadog/sketches-js@2.1.1 protobufjs@7.6.6
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ddsketch==3.0.1 protobuf==7.36.2
cat > sketch.cjs <<'NODE'
const { DDSketch } = require("@datadog/sketches-js");
const measured = new DDSketch({ relativeAccuracy: 0.01 });
for (let i = 0; i < 100; i++) measured.accept(i < 90 ? 10 : 1000);
const bytes = measured.toProto();
require("fs").writeFileSync("sketch.pb", bytes);
const show = ({ count, sum, min, max }) => console.log(count, sum / count, min, max);
const read = DDSketch.fromProto(bytes);
show(read);
measured.merge(read);
show(measured);
NODE
cat > sketch.py <<'PYTHON'
from ddsketch import DDSketch
from ddsketch.pb import ddsketch_pb2
from ddsketch.pb.proto import DDSketchProto

message = ddsketch_pb2.DDSketch()
message.ParseFromString(open("sketch.pb", "rb").read())
read = DDSketchProto.from_proto(message)
measured = DDSketch(0.01)
for latency in [10] * 90 + [1000] * 10:
    measured.add(latency)
for sketch in read, measured:
    if sketch is measured:
        measured.merge(read)
    assert round(sketch.get_quantile_value(0.5)) == 10, "the behaviour has changed"
    print(f"{sketch.count:g} {sketch.avg:g} {sketch._min:g} {sketch._max:g}")
PYTHON
node=$(node sketch.cjs | tr '\n' ';')
python=$(venv/bin/python sketch.py | tr '\n' ';')
echo "count, mean, minimum, maximum, read and then merged: JavaScript $node Python $python"
[ "$node" = "100 0 Infinity -Infinity;200 54.5 10 1000;" ] || { echo "the behaviour has changed" >&2; exit 1; }
[ "$python" = "100 0 inf -inf;200 54.5 10 1000;" ] || { echo "the behaviour has changed" >&2; exit 1; }
