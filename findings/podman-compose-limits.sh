#!/usr/bin/env bash
# A service may have half a processor and no swap; started with podman-compose it has all processors, and swap.
#
# Package: podman-compose==1.6.0 (PyPI). In place of podman stands a script that writes down how it is called.
# Input: a compose file whose service has cpuset, mem_limit 512m, memswap_limit 512m (no swap), cpu_period and cpu_quota (half a
#   processor), blkio_config, oom_score_adj, cgroup_parent, and pids_limit; all of these are in the Compose specification, and each is an
#   option of podman create.
# One would expect: nine options in the call, or a complaint about what is not understood.
# Seen 2026-11-30: three, cpuset, memory and pids. The others are left out, with no word and status 0. Where swap
#   is not limited, podman's manual has it that it is as much again as the memory.
# What it costs: a comparison of a limited service between Docker and Podman in which one is not limited. "cpus" is passed on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check podman-compose==1.6.0
mkdir bin project
cat > bin/podman <<'SCRIPT'
#!/bin/sh
case "$*" in create*) echo "$*" > "$CALLS" ;; *json*) echo "[]" ;; *version*) echo "podman version 4.9.0" ;; esac
SCRIPT
chmod +x bin/podman
cat > project/compose.yaml <<'YAML'
services:
  bench:
    image: debian:12
    command: sleep 1
    cpuset: "0-1"
    cpu_period: 100000
    cpu_quota: 50000
    mem_limit: 512m
    memswap_limit: 512m
    pids_limit: 50
    oom_score_adj: -500
    cgroup_parent: /bench
    blkio_config: {weight: 300}
YAML
CALLS=$work/create PATH=$work/bin:$PATH venv/bin/podman-compose -f project/compose.yaml up -d > said 2>&1 || { cat said >&2; exit 1; }
cat said create
passed=$(for option in cpuset-cpus cpu-period cpu-quota m memory memory-swap pids-limit oom-score-adj cgroup-parent blkio-weight; do
    grep -qE -- " --?$option[ =]" create && echo -n "$option "
done) || true
echo "passed on: $passed"
[ "$passed" = "cpuset-cpus m pids-limit " ] && ! grep -qiE "warn|ignor|support" said || { echo "the behaviour has changed" >&2; exit 1; }
