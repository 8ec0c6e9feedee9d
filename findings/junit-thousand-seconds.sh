#!/usr/bin/env bash
# A test of twenty minutes took a second.
#
# Packages: junitxml-to-javascript@1.1.4, test-results-parser@0.4.6 (npm), junitparser==5.0.3 (PyPI)
# Input: a report as Maven's Surefire wrote them until 3.1.0, by a schema in which times have commas between thousands: a cold start of
#   1,200.5 s and a warm one of 34.067.
# One would expect: 1200.5 and 34.067 s, 1234.567 together, as junitparser reads it; or an error.
# Seen 2026-11-30: the first of the three has 1 s, and 35.067 together, though the report's own sum is 1,234.567; the second has NaN,
#   which is null once it is written as JSON. Neither raises.
# What it costs: what takes longest is shown as the shortest, from a thousand seconds on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . junitxml-to-javascript@1.1.4 test-results-parser@0.4.6
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check junitparser==5.0.3
cat > report.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="StartTest" time="1,234.567" tests="2" errors="0" skipped="0" failures="0">
  <testcase name="cold" classname="StartTest" time="1,200.5"/>
  <testcase name="warm" classname="StartTest" time="34.067"/>
</testsuite>
XML
node=$(node - <<'NODE'
const Parser = require("junitxml-to-javascript");
const { parse } = require("test-results-parser");
const [suite] = parse({ type: "junit", files: ["report.xml"] }).suites;
new Parser().parseXMLFile("report.xml").then(({ testsuites: [one] }) => {
  console.log(...one.testCases.map((test) => test.duration), one.durationSec + ";", ...suite.cases.map((test) => test.duration / 1000), suite.duration / 1000);
});
NODE
)
python=$(venv/bin/python -c 'from junitparser import JUnitXml
report = JUnitXml.fromfile("report.xml")
print(*(test.time for suite in report for test in suite), report.time)')
echo "junitxml-to-javascript, test-results-parser: $node; junitparser: $python"
[ "$node; $python" = "1 34.067 35.067; NaN 34.067 NaN; 1200.5 34.067 1234.567" ] || { echo "the behaviour has changed" >&2; exit 1; }
