#!/usr/bin/env bash
# The same options, half the memory: stress-ng divides what stress gives to each worker.
#
# Packages of Debian 12, unpacked and not installed; other versions end the script: stress 1.0.7-1, stress-ng 0.15.06-2
# Input: --vm 2 --vm-bytes 128M --vm-keep, which both take.
# One would expect: two workers of 128 MiB each from both, as stress-ng's help says, too: "allocate N bytes per vm worker".
# Seen 2026-11-28: stress has two processes of 128 MiB. stress-ng has two of 64 MiB and a little: it takes 128M for the sum.
# What it costs: a memory limit that was to be passed by four times 128 MiB is not reached, and the neighbour that was to disturb
#   a benchmark takes a quarter of what the report says.
set -euo pipefail
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root stress stress-ng libipsec-mb1 libjudydebian1 libsctp1 libkmod2 libxxhash0 > apt.log 2>&1 ||
    { cat apt.log >&2; exit 1; }
versions="$(dpkg-deb -f stress_*.deb Version) $(dpkg-deb -f stress-ng_*.deb Version)"
[ "$versions" = "1.0.7-1 0.15.06-2" ] || { echo "this is about stress 1.0.7-1 and stress-ng 0.15.06-2; apt has $versions" >&2; exit 1; }
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu"
ldd root/usr/bin/stress-ng | grep "not found" && { echo "stress-ng's libraries are missing: apt-get install stress-ng" >&2; exit 1; }

descendants() {
    local child
    for child in $(ps -o pid= --ppid "$1"); do echo "$child"; descendants "$child"; done
}

workers() { # prints the resident MiB of each worker that has filled its memory
    "root/usr/bin/$1" --vm 2 --vm-bytes 128M --vm-keep --timeout 6 > "$1.log" 2>&1 &
    pid=$!
    sleep 3
    for worker in $(descendants "$pid"); do ps -o rss= -p "$worker" || true; done | awk '$1 > 32768 { printf "%d ", ($1 + 512) / 1024 }'
    wait "$pid" || { cat "$1.log" >&2; exit 1; }
    pid=
}

stress=$(workers stress)
ng=$(workers stress-ng)
help=$(root/usr/bin/stress-ng --help | grep -- --vm-bytes)
echo "MiB of each worker: stress $stress; stress-ng $ng; its help:${help%%$'\n'*}"
awk -v stress="$stress" -v ng="$ng" 'BEGIN {
    split(stress, s); split(ng, n)
    exit !(length(s) == 2 && length(n) == 2 && s[1] >= 126 && s[2] >= 126 && n[1] < 100 && n[2] < 100)
}' || { echo "the behaviour has changed" >&2; exit 1; }
[[ $help == *"per vm worker"* ]] || { echo "the help has changed" >&2; exit 1; }
