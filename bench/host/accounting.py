"""Host processes and control groups that exist because of an instance: the records that are read of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMemory:
    """One host process's memory now: proportional, unique and resident set, and its own peak."""

    pss_bytes: int
    uss_bytes: int
    rss_bytes: int
    peak_rss_bytes: int


class HostProcess(Protocol):
    """A host process that exists because of an instance. Readings raise Unreadable when it has ended."""

    @property
    def pid(self) -> int:
        """Host process id."""

    def memory(self) -> ProcessMemory:
        """Read memory; takes the process's memory lock for as long as it walks the mappings."""

    def peak_rss_bytes(self) -> int:
        """Peak resident set from the kernel (VmHWM); cheap."""

    def cpu_s(self) -> float:
        """User plus system CPU seconds, of all its threads."""

    def written_bytes(self) -> int:
        """Bytes it has caused to be written to disks, children that it has waited for included."""


class Unreadable(Exception):  # noqa: N818 - reads as what happened; never leaves the meters
    """The process ended before it could be read, or belongs to somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """A cgroup's own books. None: this host's cgroup version does not keep that figure."""

    memory_bytes: int | None = None
    memory_peak_bytes: int | None = None
    anon_bytes: int | None = None
    file_bytes: int | None = None
    shmem_bytes: int | None = None
    cpu_s: float | None = None
    throttled: int | None = None
    oom_kills: int | None = None
    forks_refused: int | None = None
    """How often its limit of processes and threads has refused one."""
    written_bytes: int | None = None
    """Written to disks in its name since it exists, groups below it included."""


class Account(Protocol):
    """A cgroup that holds an instance's processes."""

    def read(self) -> AccountReading:
        """Read everything the cgroup accounts for."""

    def limits(self) -> Mapping[str, str]:
        """Return the limits that hold: ``memory_limit``, ``pids_limit``, ``cpu_set``, as the kernel writes them."""

    def pids(self) -> list[int]:
        """Return every process in the cgroup or below it."""
