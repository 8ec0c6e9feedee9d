"""The envelope as the instance saw it from inside and the host holds it from outside, against what it was to be."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bench.host.processors.topology import cpu_list
from bench.model import Envelope, StorageKind

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_REPORTED_AGO_S = 60.0
"""How long ago an instance may have reported its uptime: it leaves within half a minute of that."""

_GUEST_KEEPS_BYTES = 48 << 20
_GUEST_KEEPS_SHARE = 0.03
"""What a guest kernel may keep for itself: its own text and tables, and a descriptor of 64 bytes for each page.

Measured: 35 MiB of 128, with Linux 6.1.
"""


LIMITS: Mapping[str, int] = {
    "open_files_limit": 16384,
    "user_processes_limit": 32768,
    "locked_memory_limit": 8 << 20,
    "stack_limit": 8 << 20,
    "core_limit": 0,
    "file_size_limit": resource.RLIM_INFINITY,
}
"""What a process may have, in every isolation; the entry (``images/entry.sh``) sets them, all but the last.

Counts and bytes. 16384 files are within what Linux distributions allow; podman 4.3 fails on more than 32768 processes.
"""

_OWN_LIMITS = {
    "open_files_limit": resource.RLIMIT_NOFILE,
    "user_processes_limit": resource.RLIMIT_NPROC,
    "locked_memory_limit": resource.RLIMIT_MEMLOCK,
}
"""Those that a host may hold lower, so that only what has a kernel of its own can raise them."""


def own_kernel(seen: Mapping[str, str]) -> bool:
    """Whether the instance, which has just reported, ran on another kernel than the host's.

    Another boot id is another kernel, unless it is the same release that has been up as long: systemd-nspawn lays an
    id of its own over the kernel's. A kernel that names none (gVisor) is another, too.
    """
    if seen.get("boot_id") == boot_id():
        return False
    up_s = seen.get("uptime", "0").split(".")[0]
    as_long = up_s.isdigit() and time.clock_gettime(time.CLOCK_BOOTTIME) - int(up_s) < _REPORTED_AGO_S
    return seen.get("osrelease") != os.uname().release or not as_long


def boot_id() -> str:
    """Return the identity of the kernel that runs here, new at every boot."""
    return _BOOT_ID.read_text().strip()


def mismatches(
    seen: Mapping[str, str],
    envelope: Envelope,
    *,
    held: Mapping[str, str] | None = None,
    storage: StorageKind | None = None,
) -> list[str]:
    """Return one sentence for each part of the envelope that did not arrive; empty when all of it did.

    ``seen`` comes from inside. What does not show there must show in ``held``: the limits of the control group that
    the host keeps the instance in. On a kernel of its own the memory is bounded by the guest's total, and its CPUs bear
    the guest's own numbers.
    """
    apart = own_kernel(seen)
    held = held or {}

    def arrived(limit: str, wanted: int) -> bool:
        views = (seen, held) if apart or seen.get(limit, "unknown") == "unknown" else (seen,)
        return any(view.get(limit) == str(wanted) for view in views)

    wrong = []
    if seen.get("cpus") != str(envelope.cpus):
        wrong.append(f"{seen.get('cpus', 'an unknown number of')} CPUs instead of {envelope.cpus}")
    cpu_set = held.get("cpu_set") if apart else seen.get("cpu_set", "unknown")
    if cpu_set is not None and cpu_list(cpu_set) != set(envelope.cpu_set):
        wrong.append(f"CPU set {cpu_set!r} instead of {list(envelope.cpu_set)}")
    if not arrived("memory_limit", envelope.memory_bytes) and not (apart and _total_fits(seen, envelope.memory_bytes)):
        got = f"{seen.get('memory_total_kib')} KiB in total" if apart else seen.get("memory_limit", "unknown")
        wrong.append(f"memory limit {got} instead of {envelope.memory_bytes} bytes")
    if not arrived("pids_limit", envelope.pids):
        wrong.append(f"pids limit {seen.get('pids_limit', 'unknown')} instead of {envelope.pids}")
    wrong += _limits_missed(seen, apart=apart)
    # The host's own stack is whatever the host has; the other modes are ours to set.
    wanted = {"none": "none", "published": "routed"}.get(envelope.network)
    if wanted and seen.get("network") != wanted:
        wrong.append(f"network {seen.get('network', 'unknown')!r} instead of {envelope.network!r}")
    if storage is not None and seen.get("storage") != storage:
        wrong.append(f"data on {seen.get('storage', 'unknown')!r} instead of {storage!r}")
    return wrong


def _limits_missed(seen: Mapping[str, str], *, apart: bool) -> list[str]:
    wrong = []
    for name, wanted in LIMITS.items():
        value = seen.get(name, "unknown")
        if value == "unknown" and apart:
            continue  # a kernel that tells no limits (gVisor) has none of its own
        if value not in {_said(wanted), limits_here()[name]}:
            wrong.append(f"{name.replace('_', ' ')} {value} instead of {_said(wanted)}")
    return wrong


def raise_own_limits() -> None:
    """Let this process, and what it starts, have what an instance may have: as root, where the host gives less.

    Else those that keep the right to raise their limits would have more than those that do not.
    """
    for name, number in _OWN_LIMITS.items():
        soft, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY and hard < LIMITS[name]:
            with suppress(ValueError):  # a user without root keeps what the host gives
                resource.setrlimit(number, (soft, LIMITS[name]))


def limits_here() -> dict[str, str]:
    """Return a process's limits as the kernel writes them, lower where this host itself is held lower."""
    raise_own_limits()
    hard = {name: resource.getrlimit(number)[1] for name, number in _OWN_LIMITS.items()}
    lowered = {name: most for name, most in hard.items() if most != resource.RLIM_INFINITY}
    return {name: _said(min(limit, lowered.get(name, limit))) for name, limit in LIMITS.items()}


def _said(limit: int) -> str:
    return "unlimited" if limit == resource.RLIM_INFINITY else str(limit)


def _total_fits(seen: Mapping[str, str], memory_bytes: int) -> bool:
    total_kib = seen.get("memory_total_kib", "")
    least_bytes = memory_bytes * (1 - _GUEST_KEEPS_SHARE) - _GUEST_KEEPS_BYTES
    return total_kib.isdigit() and least_bytes <= int(total_kib) * 1024 <= memory_bytes
