#!/usr/bin/env bash
# hyperfine 2 times `echo $(sleep 0.2)` at a millisecond, and says nothing.
#
# Packages: astral-dev-toolchain-hyperfine==2.0.0 (PyPI, holds hyperfine 2.0.0); hyperfine 1.15.0-2 (Debian 12, unpacked and not
#   installed; another version ends the script)
# Input: a command line that contains another command: 'echo $(sleep 0.2)'.
# One would expect: 200 ms from both; or that 2.0.0, which no longer starts a shell unless asked, refuses it, as it does refuse
#   'true | sleep 0.2': "contains unquoted shell syntax".
# Seen 2026-11-28: 1.15.0 says 200 ms. 2.0.0 runs echo with the words "$(sleep" and "0.2)", says 1 ms, and ends with status 0. Of
#   shell syntax it notices | ; > < && and NAME=value, not $(...), `...`, $NAME or patterns. With -S it says 200 ms.
# What it costs: a series that goes on over the update shows a speed-up of a hundred.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root hyperfine > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f hyperfine_*.deb Version)
[ "$version" = "1.15.0-2" ] || { echo "this is about hyperfine 1.15.0-2; apt has $version" >&2; exit 1; }
dpkg -x hyperfine_*.deb old
python3 -m venv new
new/bin/pip install -q --disable-pip-version-check astral-dev-toolchain-hyperfine==2.0.0

median_ms() { # takes a hyperfine and its arguments
    "$@" --runs 3 --export-json times.json 'echo $(sleep 0.2)' > hyperfine.log 2>&1 || { cat hyperfine.log >&2; exit 1; }
    python3 -c '
import json
[result] = json.load(open("times.json"))["results"]
seconds = result["median"] if "median" in result else result["summary"]["time_wall_clock"]["median"]
print(round(seconds * 1000))'
}

old=$(median_ms old/usr/bin/hyperfine)
new=$(median_ms new/bin/hyperfine)
if grep -q "shell syntax" hyperfine.log; then echo "2.0.0 warns now: the behaviour has changed" >&2; exit 1; fi
shell=$(median_ms new/bin/hyperfine -S)
echo "ms: hyperfine 1.15.0 $old, 2.0.0 $new, 2.0.0 with a shell $shell"
[ "$old" -ge 190 ] && [ "$new" -lt 100 ] && [ "$shell" -ge 190 ] || { echo "the behaviour has changed" >&2; exit 1; }
if new/bin/hyperfine --runs 1 'true | sleep 0.2' > refusal 2>&1; then echo "a pipe is taken now: the behaviour has changed" >&2; exit 1; fi
grep "shell syntax" refusal
