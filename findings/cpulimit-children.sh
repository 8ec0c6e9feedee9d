#!/usr/bin/env bash
# cpulimit -l 20 leaves what a script starts unlimited, and turns a failure into status 0.
#
# Package of Debian 12, unpacked and not installed; another version ends the script: cpulimit 2.8-1
# Input: a shell script, held to 20 % of a CPU, whose child computes; the script's own status is 3.
# One would expect: "percentage of cpu allowed" holds for the command that is launched, children included, as a quota does; and
#   with --foreground, "launch target process in foreground and wait for it to exit", the script's status comes back.
# Seen 2026-11-28: cpulimit works by stopping processes, and the child is never stopped. The same program without a script around
#   it is stopped for half of its time and more. The status is 0 for a script that left with 3. The help mentions --monitor-forks.
# What it costs: a quota that was part of an experiment and never applied; failures that count as successes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root cpulimit > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f cpulimit_*.deb Version)
[ "$version" = "2.8-1" ] || { echo "this is about cpulimit 2.8-1; apt has $version" >&2; exit 1; }
dpkg -x cpulimit_*.deb root
cat > compute.py <<'PYTHON'
import os
import pathlib
import time

pathlib.Path("pid.new").write_text(str(os.getpid()))
pathlib.Path("pid.new").rename("pid")
while time.process_time() < 0.8:
    pass
PYTHON
cat > script.sh <<'SCRIPT'
#!/bin/sh
python3 compute.py
exit 3
SCRIPT
chmod +x script.sh
cat > stopped.py <<'PYTHON'
"""Run a command and print the share of looks at which compute.py was stopped, and the command's status."""
import pathlib
import subprocess
import sys
import time

command = subprocess.Popen(sys.argv[1:])
while not pathlib.Path("pid").exists():
    time.sleep(0.01)
status = pathlib.Path("/proc", pathlib.Path("pid").read_text(), "stat")
looks = []
try:
    while (state := status.read_text().rsplit(")", 1)[1].split()[0]) not in "ZX":
        looks.append(state == "T")
        time.sleep(0.01)
except (FileNotFoundError, ProcessLookupError):
    pass
pathlib.Path("pid").unlink()
print(f"{sum(looks) / len(looks):.2f}", command.wait())
PYTHON
read -r child status < <(python3 stopped.py root/usr/bin/cpulimit -q -f -l 20 -- "$work/script.sh")
read -r direct _ < <(python3 stopped.py root/usr/bin/cpulimit -q -f -l 20 -- "$(command -v python3)" compute.py)
echo "share of its time that it was stopped: child of a script $child, without a script $direct; status for exit 3: $status"
python3 -c "import sys; sys.exit(not ($child == 0 and $direct > 0.2 and $status == 0))" || { echo "the behaviour has changed" >&2; exit 1; }
