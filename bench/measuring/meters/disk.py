"""What an instance has written to disks, by two vantages that know nothing of each other.

The control group counts what is sent to a disk in its name; the kernel counts for each process what it has made
dirty or sent past the page cache, and for a parent what its children had when it waited for them. Neither sees a file
system in memory. A machine's disks are files of the host: what its QEMU writes is what it has written.
"""

from __future__ import annotations

from collections.abc import Iterable

from bench.host.accounting import AccountReading, HostProcess, Unreadable
from bench.isolations.base import Instance
from bench.model import Sample


def disk_samples(instance: Instance, books: AccountReading, *, at_s: float) -> list[Sample]:
    """Return the bytes written since the instance exists; to be read, as its ``books``, while its entry still waits."""
    samples = []
    if books.written_bytes is not None:
        samples.append(_written(books.written_bytes, "cgroup", at_s))
    for role, processes in instance.processes().items():
        read = [] if role.startswith("shared:") else list(_read(processes))
        if read:
            samples.append(_written(sum(read), f"processes:{role}", at_s))
    return samples


def _read(processes: Iterable[HostProcess]) -> Iterable[int]:
    for process in processes:
        try:
            yield process.written_bytes()
        except Unreadable:
            continue


def _written(value: int, vantage: str, at_s: float) -> Sample:
    return Sample(metric="disk.written", value=float(value), unit="B", vantage=vantage, better="lower", at_s=at_s)
