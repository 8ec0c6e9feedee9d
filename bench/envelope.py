"""The envelope as the instance saw it from inside, held against what it was to get."""

from __future__ import annotations

from collections.abc import Mapping

from bench.model import Envelope, StorageKind

_GUEST_KEEPS_BYTES = 48 << 20
_GUEST_KEEPS_SHARE = 0.03
"""What a guest kernel may keep for itself: its own text and tables, and a descriptor of 64 bytes for each page.

Measured: 35 MiB of 128, with Linux 6.1.
"""


def mismatches(
    seen: Mapping[str, str], envelope: Envelope, *, own_kernel: bool, storage: StorageKind | None = None
) -> list[str]:
    """Return one sentence for each part of the envelope that did not arrive; empty when all of it did.

    ``own_kernel``: memory is then bounded by the guest's total, and its CPUs bear the guest's own numbers.
    """
    wrong = []
    if seen.get("cpus") != str(envelope.cpus):
        wrong.append(f"{seen.get('cpus', 'an unknown number of')} CPUs instead of {envelope.cpus}")
    if not own_kernel and _cpu_list(seen.get("cpu_set", "")) != set(envelope.cpu_set):
        wrong.append(f"CPU set {seen.get('cpu_set', 'unknown')!r} instead of {list(envelope.cpu_set)}")
    if not _memory_arrived(seen, envelope.memory_bytes, own_kernel=own_kernel):
        got = f"{seen.get('memory_total_kib')} KiB in total" if own_kernel else seen.get("memory_limit", "unknown")
        wrong.append(f"memory limit {got} instead of {envelope.memory_bytes} bytes")
    if seen.get("pids_limit") != str(envelope.pids):
        wrong.append(f"pids limit {seen.get('pids_limit', 'unknown')} instead of {envelope.pids}")
    # The host's own stack is whatever the host has; the other modes are ours to set.
    wanted = {"none": "none", "published": "routed"}.get(envelope.network)
    if wanted and seen.get("network") != wanted:
        wrong.append(f"network {seen.get('network', 'unknown')!r} instead of {envelope.network!r}")
    if storage is not None and seen.get("storage") != storage:
        wrong.append(f"data on {seen.get('storage', 'unknown')!r} instead of {storage!r}")
    return wrong


def _memory_arrived(seen: Mapping[str, str], memory_bytes: int, *, own_kernel: bool) -> bool:
    if own_kernel:
        total_kib = seen.get("memory_total_kib", "")
        least_bytes = memory_bytes * (1 - _GUEST_KEEPS_SHARE) - _GUEST_KEEPS_BYTES
        return total_kib.isdigit() and least_bytes <= int(total_kib) * 1024 <= memory_bytes
    return seen.get("memory_limit") == str(memory_bytes)


def _cpu_list(text: str) -> set[int]:
    """Parse the kernel's list format: ``0-2,4``."""
    cpus: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            cpus.update(range(int(first), int(last or first) + 1))
    return cpus
