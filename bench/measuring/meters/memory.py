"""Memory from several vantages side by side, never one number.

PSS, USS and RSS are summed over the instance's host processes of one role; the control group keeps its own
books; the host sees its available memory change; the guest has its own view. What the views cannot explain is
left to analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psutil

from bench.host.accounting import AccountReading, HostProcess, ProcessMemory, Unreadable
from bench.isolations.base import Instance
from bench.model import Sample

_ACCOUNT = {
    "cgroup": "memory_bytes",
    "cgroup_anon": "anon_bytes",
    "cgroup_file": "file_bytes",
    "cgroup_shmem": "shmem_bytes",
}


def available_bytes() -> int:
    """Return the host's MemAvailable."""
    return int(psutil.virtual_memory().available)


def memory_samples(instance: Instance, when: str, *, available_before_bytes: int, at_s: float) -> list[Sample]:
    """Read every vantage now, the cheap and undisturbing ones first.

    ``when`` names the moment: ``idle`` once ready and settled, ``load`` after the last step, the service still up.
    ``memory.WHEN.available_change`` is what the host had available before the request minus what it has now:
    positive when the instance takes memory.
    """
    change = available_before_bytes - available_bytes()
    samples = [_bytes(f"memory.{when}.available_change", change, "host", at_s)]
    if instance.account is not None:
        books = instance.account.read()
        for name, field in _ACCOUNT.items():
            value: int | None = getattr(books, field)
            if value is not None:
                samples.append(_bytes(f"memory.{when}.{name}", value, "cgroup", at_s))
    for role, processes in instance.processes().items():
        read = list(_read(processes))
        if read:
            for name in ("pss", "uss", "rss"):
                total = sum(int(getattr(memory, f"{name}_bytes")) for memory in read)
                samples.append(_bytes(f"memory.{when}.{name}", total, f"processes:{role}", at_s))
    return samples


def own_and_shared_bytes(instance: Instance) -> tuple[int, int]:
    """Return what the instance's processes have for themselves now, and what of theirs others have too."""
    own = shared = 0
    for role, processes in instance.processes().items():
        for memory in _read(() if role.startswith("shared:") else processes):
            own, shared = own + memory.uss_bytes, shared + memory.rss_bytes - memory.uss_bytes
    return own, shared


def peak_samples(instance: Instance, books: AccountReading, *, at_s: float) -> list[Sample]:
    """Read the peaks that the kernel keeps: the control group's, by its ``books``, and each role's sum of VmHWM.

    The workload's own processes have ended by now; their peak is the control group's.
    """
    samples = []
    if books.memory_peak_bytes is not None:
        samples.append(_bytes("memory.peak.cgroup", books.memory_peak_bytes, "cgroup", at_s))
    for role, processes in instance.processes().items():
        if role != "workload" and not role.startswith("shared:"):
            peaks = list(_peaks(processes))
            if peaks:
                samples.append(_bytes("memory.peak.rss", sum(peaks), f"processes:{role}", at_s))
    return samples


def guest_samples(seen: Mapping[str, str], *, at_s: float) -> list[Sample]:
    """Return what a guest with a kernel of its own says is in use: its total minus its available memory."""
    try:
        used_kib = int(seen["memory_total_kib"]) - int(seen["memory_available_kib"])
    except (KeyError, ValueError):
        return []
    return [_bytes("memory.guest_used", used_kib * 1024, "guest", at_s)]


def _read(processes: Iterable[HostProcess]) -> Iterable[ProcessMemory]:
    for process in processes:
        try:
            yield process.memory()
        except Unreadable:
            continue


def _peaks(processes: Iterable[HostProcess]) -> Iterable[int]:
    for process in processes:
        try:
            yield process.peak_rss_bytes()
        except Unreadable:
            continue


def _bytes(metric: str, value: int, vantage: str, at_s: float) -> Sample:
    return Sample(metric=metric, value=float(value), unit="B", vantage=vantage, better="lower", at_s=at_s)
