"""The envelope as the instance saw it from inside and the host holds it from outside, against what it was to be."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from bench.model import Envelope, StorageKind

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_REPORTED_AGO_S = 60.0
"""How long ago an instance may have reported its uptime: it leaves within half a minute of that."""

_GUEST_KEEPS_BYTES = 48 << 20
_GUEST_KEEPS_SHARE = 0.03
"""What a guest kernel may keep for itself: its own text and tables, and a descriptor of 64 bytes for each page.

Measured: 35 MiB of 128, with Linux 6.1.
"""


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

    ``seen`` comes from inside. On a kernel of its own the memory is bounded by the guest's total, its CPUs bear the
    guest's own numbers, and what does not show inside must show in ``held``: the limits of the control group that
    the host keeps the instance in.
    """
    apart = own_kernel(seen)
    held = held or {}
    views = (seen, held) if apart else (seen,)
    wrong = []
    if seen.get("cpus") != str(envelope.cpus):
        wrong.append(f"{seen.get('cpus', 'an unknown number of')} CPUs instead of {envelope.cpus}")
    cpu_set = held.get("cpu_set") if apart else seen.get("cpu_set", "unknown")
    if cpu_set is not None and _cpu_list(cpu_set) != set(envelope.cpu_set):
        wrong.append(f"CPU set {cpu_set!r} instead of {list(envelope.cpu_set)}")
    if not any(view.get("memory_limit") == str(envelope.memory_bytes) for view in views) and not (
        apart and _total_fits(seen, envelope.memory_bytes)
    ):
        got = f"{seen.get('memory_total_kib')} KiB in total" if apart else seen.get("memory_limit", "unknown")
        wrong.append(f"memory limit {got} instead of {envelope.memory_bytes} bytes")
    if not any(view.get("pids_limit") == str(envelope.pids) for view in views):
        wrong.append(f"pids limit {seen.get('pids_limit', 'unknown')} instead of {envelope.pids}")
    # The host's own stack is whatever the host has; the other modes are ours to set.
    wanted = {"none": "none", "published": "routed"}.get(envelope.network)
    if wanted and seen.get("network") != wanted:
        wrong.append(f"network {seen.get('network', 'unknown')!r} instead of {envelope.network!r}")
    if storage is not None and seen.get("storage") != storage:
        wrong.append(f"data on {seen.get('storage', 'unknown')!r} instead of {storage!r}")
    return wrong


def _total_fits(seen: Mapping[str, str], memory_bytes: int) -> bool:
    total_kib = seen.get("memory_total_kib", "")
    least_bytes = memory_bytes * (1 - _GUEST_KEEPS_SHARE) - _GUEST_KEEPS_BYTES
    return total_kib.isdigit() and least_bytes <= int(total_kib) * 1024 <= memory_bytes


def _cpu_list(text: str) -> set[int]:
    """Parse the kernel's list format: ``0-2,4``."""
    cpus: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            cpus.update(range(int(first), int(last or first) + 1))
    return cpus
