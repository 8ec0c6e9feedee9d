#!/usr/bin/env bash
# Nothing got slower, one benchmark is new, and "overall" is 70 times slower.
#
# Packages: libbenchmark-tools 1.7.1-1 (Debian 12, unpacked and not installed; another version ends the script), which is Google
#   Benchmark's compare.py; numpy==2.4.6, scipy==1.17.1 (PyPI)
# Input: results before and after, in the library's JSON. BM_a and BM_b take the same 100 and 200 ns in both; after has one more,
#   BM_new of 50 ms. Then a pair in which BM_b goes from 200 ns to 200 us, written as such, as its source now says Unit(kMicrosecond).
# One would expect: OVERALL_GEOMEAN is about the rows above it: +0.0000; then a row for BM_b, which is 1000 times slower, or a word
#   that it cannot be compared.
# Seen 2026-11-30: +69.7107, by BM_new, which has no row: the means are taken over all of either file. In the second pair BM_b has no
#   row, for rows are matched by name and unit of time, and OVERALL_GEOMEAN is +30.6228 below the one row of BM_a, +0.0000. No warning.
# What it costs: who adds or removes a benchmark changes the one number that is quoted; who changes a unit loses the row. Compare only
#   files of the same benchmarks in the same units.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root libbenchmark-tools > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f libbenchmark-tools_*.deb Version)
case $version in 1.7.1-1*) ;; *) echo "this is about libbenchmark-tools 1.7.1-1; apt has $version" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
python3 - <<'PYTHON'
import json

def results(name, *rows):
    json.dump({"context": {}, "benchmarks": [
        {"name": who, "run_name": who, "run_type": "iteration", "repetitions": 1, "repetition_index": 0, "threads": 1,
         "iterations": 1000, "real_time": time, "cpu_time": time, "time_unit": unit} for who, time, unit in rows
    ]}, open(name, "w"))

a = ("BM_a", 100.0, "ns")
results("before.json", a, ("BM_b", 200.0, "ns"))
results("more.json", a, ("BM_b", 200.0, "ns"), ("BM_new", 50.0, "ms"))
results("unit.json", a, ("BM_b", 200.0, "us"))
PYTHON
seen=
for after in more unit; do
    venv/bin/python root/usr/share/benchmark/compare.py --no-color benchmarks before.json "$after.json" | tee table
    seen+=$(awk -v file="$after" 'BEGIN {printf "%s:", file} $1 ~ /^(BM_|OVERALL)/ {printf " %s %s", $1, $2}' table)$'\n'
done
[ "$seen" = "more: BM_a +0.0000 BM_b +0.0000 OVERALL_GEOMEAN +69.7107
unit: BM_a +0.0000 OVERALL_GEOMEAN +30.6228
" ] || { echo "the behaviour has changed" >&2; exit 1; }
