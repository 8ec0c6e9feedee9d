#!/usr/bin/env bash
# A limit of 512M is 512 bytes.
#
# Packages: bytes@3.1.2, filesize-parser@1.5.2 (npm), docker==7.2.0 (PyPI)
# Input: amounts of memory as one writes them for Docker (512m), systemd (512M, 1.5G) and Kubernetes (512Mi); 512MiB and 512MB.
# One would expect: the number of bytes, or null, which the package's page promises for an error, for units that are not on its list
#   of kb, mb, gb, tb and pb.
# Seen 2026-11-30: only 512MB is 536870912. 512m, 512M, 512Mi and 512MiB are 512, and 1.5G is 1: a unit that is not known is
#   dropped, and so is all behind the point. "half" is null. Nothing is raised. filesize-parser gives 536870912 and 1610612736, and
#   so does Docker's package for Python, which raises for 512Mi and 512MiB.
# What it costs: a limit that is a millionth of what was written, or less, where a check for null finds nothing wrong.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" bytes@3.1.2 filesize-parser@1.5.2
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check docker==7.2.0
amounts=(512MB 512m 512M 1.5G 512Mi 512MiB)
cat > "$work/read.cjs" <<'NODE'
const bytes = require("bytes");
const filesize = require("filesize-parser");
const amounts = process.argv.slice(2);
console.log("bytes", ...amounts.map((amount) => bytes.parse(amount)), bytes.parse("half"));
console.log("filesize-parser", ...amounts.map((amount) => filesize(amount)));
NODE
cat > "$work/read.py" <<'PYTHON'
import sys

from docker.errors import DockerException
from docker.utils import parse_bytes

def read(amount):
    try:
        return parse_bytes(amount)
    except DockerException:
        return "refused"

print("docker", *map(read, sys.argv[1:]))
PYTHON
seen="$(node "$work/read.cjs" "${amounts[@]}" | paste -sd ';'); $("$work/venv/bin/python" "$work/read.py" "${amounts[@]}")"
echo "${amounts[*]}: $seen"
half=536870912
first="bytes $half 512 512 1 512 512 null"
others="filesize-parser $half $half $half 1610612736 $half $half; docker $half $half $half 1610612736 refused refused"
[ "$seen" = "$first;$others" ] || { echo "the behaviour has changed" >&2; exit 1; }
