#!/usr/bin/env bash
# 9,75 ms are 975, and slower than 120.
#
# Packages: csvkit==2.2.0, agate==1.14.2 (PyPI)
# Input: a table with semicolons and the decimal comma, as programs write it in much of Europe: 9,75 and 31,5 and 120 ms.
# One would expect: 9.75, 31.5 and 120, as the semicolons suggest; or text, or an error.
# Seen 2026-11-30: csvstat says "Number", from 120 to 975, with a median of 315 and a mean of 470; csvsort has 120 first; csvjson
#   writes 975.0. Nothing is said. Commas are taken for marks of thousands wherever they stand. With `-L de_DE` all is right.
# What it costs: a number is multiplied by ten for each digit behind its comma, so those that happen to be whole stay as they are:
#   it is not even the order that is kept.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check csvkit==2.2.0 agate==1.14.2
cat > "$work/runs.csv" <<'CSV'
run;ms
first;9,75
second;31,5
third;120
CSV
export LC_ALL=C.UTF-8  # of which csvstat writes its figures
read_table() {  # with these options
    local given=(-d ";" "$@" -c ms "$work/runs.csv")
    for figure in type min max median mean; do "$work/venv/bin/csvstat" "--$figure" "${given[@]}"; done
    "$work/venv/bin/csvsort" "${given[@]}" | tail -n +2
    "$work/venv/bin/csvjson" -d ";" "$@" "$work/runs.csv"
}
seen="$(read_table 2>&1 | paste -sd " "); $(read_table -L de_DE 2>&1 | paste -sd " ")"
echo "$seen"
wrong='Number 120 975 315 470 third,120 second,315 first,975'
wrong+=' [{"run": "first", "ms": 975.0}, {"run": "second", "ms": 315.0}, {"run": "third", "ms": 120.0}]'
right='Number 9.75 120 31.5 53.75 first,9.75 second,31.5 third,120'
right+=' [{"run": "first", "ms": 9.75}, {"run": "second", "ms": 31.5}, {"run": "third", "ms": 120.0}]'
[ "$seen" = "$wrong; $right" ] || { echo "the behaviour has changed" >&2; exit 1; }
