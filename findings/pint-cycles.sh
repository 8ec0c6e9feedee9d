#!/usr/bin/env bash
# Three thousand million cycles at 3 GHz take 6.28 seconds, and 1000 rps are 6283 Hz.
#
# Package: pint==0.25.3 (PyPI), which calculates with units
# Input: what perf stat and load generators say: 3e9 cycles on a clock of 3 GHz; 3e9 cycles in a second; 1000 rps; 10 Mb/s.
# One would expect: 1 s; 3 GHz; an error for rps, or 1000 Hz; 10 megabits a second, or an error.
# Seen 2026-11-30: a cycle is a turn here, 2 pi radians, and a radian is 1, so that the clock runs 6.28 times slower than it does:
#   6.283 s, and 3e9 cycles a second are 18.85 GHz. rps are revolutions: 6283 Hz. 10 Mb/s are ten megabarns (1e-21 square metres) a
#   second; "Mbps" and "Mbit/s" are right. Nothing is raised or warned.
# What it costs: times, clocks and rates that are wrong by 6.28 wherever a count of cycles meets a frequency or a time. "count" in
#   the place of "cycles" gives 1 s.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pint==0.25.3
seen=$("$work/venv/bin/python" -W error - <<'PYTHON'
import pint

units = pint.UnitRegistry()
clock = units("3 GHz")
print(f"3e9 cycles / 3 GHz: {(units('3e9 cycles') / clock).to('s'):.4g}")
print(f"3e9 cycles/s: {units('3e9 cycles/s').to('GHz'):.4g}")
print(f"1000 rps: {units('1000 rps').to('Hz'):.4g}")
print(f"10 Mb/s: {units('10 Mb/s')}, {units('10 Mb/s').to('m^2/s'):.4g}")
print(f"10 Mbps: {units('10 Mbps').to('bit/s'):.4g}")
PYTHON
)
echo "$seen"
[ "$seen" = "3e9 cycles / 3 GHz: 6.283 second
3e9 cycles/s: 18.85 gigahertz
1000 rps: 6283 hertz
10 Mb/s: 10.0 megabarn / second, 1e-21 meter ** 2 / second
10 Mbps: 1e+07 bit / second" ] || { echo "the behaviour has changed" >&2; exit 1; }
