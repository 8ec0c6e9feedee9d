"""CPU time of the daemons that start instances for us: on the instance's CPUs it is no stranger's."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cache

from bench.host.accounting import HostProcess, Unreadable
from bench.host.cgroup import Cgroup


def cpu_s(daemons: Iterable[HostProcess], cpus: Collection[int]) -> float:
    """Return the CPU-seconds of those that may run on one of these CPUs; a resolution of 10 ms, or better.

    What a daemon has started and no longer has (shims, runtimes that have ended) counts where the service manager keeps
    books of it as a service of its own; where it does not, the daemon alone counts.
    """
    used_s: dict[str, float] = {}
    for daemon in daemons:
        with suppress(Unreadable, OSError):
            if os.sched_getaffinity(daemon.pid) & set(cpus):
                service, service_s = _service(daemon.pid)
                used_s[service] = daemon.cpu_s() if service_s is None else service_s
    return sum(used_s.values())


def _service(pid: int) -> tuple[str, float | None]:
    """Return the service that a process is of and its CPU time; None where it is of a session, or of the same as we."""
    group = _apart(pid)
    return (str(group.cpu_books), group.read().cpu_s) if group else (str(pid), None)


@cache
def _apart(pid: int) -> Cgroup | None:
    """Return the group of the service that a daemon is of; it stays in it for as long as it lives."""
    group, ours = Cgroup.of(pid), Cgroup.of(os.getpid()).cpu_books
    books = group.cpu_books
    apart = books is not None and books.suffix == ".service" and not (ours and ours.is_relative_to(books))
    return group if apart else None
