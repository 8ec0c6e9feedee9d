#!/usr/bin/env bash
# The base image of a Dockerfile is a table of a database.
#
# Packages: dockerfile-parse==2.0.1 (PyPI), docker-file-parser@1.0.7, dockerfile-ast@0.7.1 (npm)
# Input: a Dockerfile from debian:12 that writes two files as here-documents, which BuildKit takes: a query, SELECT over two lines,
#   and a configuration with the lines "USER guest" and "PORT 80".
# One would expect: one base image, debian:12, and the four instructions FROM, COPY, COPY, CMD; or an error.
# Seen 2026-11-29: dockerfile-parse says that the base image is "people", from the query's "FROM people", and lists ten
#   instructions, SELECT and SQL among them. A base image with a digest that is put in its place goes into the query.
#   docker-file-parser lists the same ten. Neither raises or warns. dockerfile-ast has it right.
# What it costs: a record of which image was measured that names none; and who pins the base through it has pinned nothing, and
#   changed what the image does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check dockerfile-parse==2.0.1
npm install --silent --no-audit --no-fund --prefix "$work" docker-file-parser@1.0.7 dockerfile-ast@0.7.1
cat > "$work/Dockerfile" <<'DOCKERFILE'
FROM debian:12
COPY <<SQL /query.sql
SELECT name
FROM people
SQL
COPY <<CONFIGURATION /etc/service.conf
USER guest
PORT 80
CONFIGURATION
CMD ["service"]
DOCKERFILE
cat > "$work/parse.py" <<'PYTHON'
import sys

from dockerfile_parse import DockerfileParser

dockerfile = DockerfileParser(sys.argv[1])
print(dockerfile.baseimage, dockerfile.parent_images, *(one["instruction"] for one in dockerfile.structure), end="; ")
dockerfile.baseimage = "debian@sha256:0"
print(*(line.strip() for line in dockerfile.lines if "FROM" in line), sep=", ")
PYTHON
cat > "$work/parse.cjs" <<'NODE'
const text = require("fs").readFileSync(process.argv[2], "utf8");
const { DockerfileParser } = require("dockerfile-ast");
console.log(...require("docker-file-parser").parse(text).map((command) => command.name));
const ast = DockerfileParser.parse(text);
console.log(...ast.getFROMs().map((from) => from.getImage()), ...ast.getInstructions().map((one) => one.getInstruction()));
NODE
node=$(node "$work/parse.cjs" "$work/Dockerfile" | tr '\n' ';')
python=$("$work/venv/bin/python" "$work/parse.py" "$work/Dockerfile")  # last: it changes the file
echo "dockerfile-parse: $python; docker-file-parser, dockerfile-ast: $node"
ten="FROM COPY SELECT FROM SQL COPY USER PORT CONFIGURATION CMD"
parsed="people ['debian:12', 'people'] $ten; FROM debian:12, FROM debian@sha256:0"
[ "$python; $node" = "$parsed; $ten;debian:12 FROM COPY COPY CMD;" ] || { echo "the behaviour has changed" >&2; exit 1; }
