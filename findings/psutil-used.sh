#!/usr/bin/env bash
# Memory in use rises when psutil is updated, with the same figures of the kernel.
#
# Packages: psutil==7.0.0 and psutil==7.1.0, psutil==7.2.2 (PyPI)
# Input: one and the same /proc/meminfo, given to each by psutil.PROCFS_PATH: 8,000,000 kB in all, 1,000,000 free, 6,000,000
#   available, 100,000 of buffers, 5,000,000 + 200,000 of caches, 300,000 shared.
# One would expect: virtual_memory().used is the same in all releases of one major version; `available` has stayed.
# Seen 2026-11-28: 7.0.0 says 1,700,000 kB, total less free, buffers and caches. 7.1.0 and 7.2.2 say 2,000,000, total less
#   available.
# What it costs: curves of "used" from two machines, or from before and after an update, differ by hundreds of MiB on an idle
#   host. Compare `available`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/proc"
cat > "$work/proc/meminfo" <<'MEMINFO'
MemTotal:        8000000 kB
MemFree:         1000000 kB
MemAvailable:    6000000 kB
Buffers:          100000 kB
Cached:          5000000 kB
SwapCached:            0 kB
Active:          4000000 kB
Inactive:        2000000 kB
SwapTotal:             0 kB
SwapFree:              0 kB
Shmem:            300000 kB
Slab:             300000 kB
SReclaimable:     200000 kB
MEMINFO
seen=""
for version in 7.0.0 7.1.0 7.2.2; do
    python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target "$work/$version" psutil==$version
    used=$(PYTHONPATH="$work/$version" python3 -c "
import psutil
psutil.PROCFS_PATH = '$work/proc'
memory = psutil.virtual_memory()
print(f'{memory.used // 1024} of {memory.available // 1024}')")
    echo "psutil $version: used and available, kB: $used"
    seen+="$used;"
done
[ "$seen" = "1700000 of 6000000;2000000 of 6000000;2000000 of 6000000;" ] || { echo "the behaviour has changed" >&2; exit 1; }
