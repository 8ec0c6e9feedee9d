"""Which CPUs of this host an instance gets and the harness keeps to; the rule is in ``processors.placement``."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from bench.errors import IsolationError
from bench.host.processors.placement import apart, place, unshared
from bench.host.processors.topology import Cpu, described, read

_PORTS = (20_000, 32_000)
_PORT_TRIES = 100


def placements(count: int) -> tuple[tuple[int, ...], ...]:
    """Return every set of ``count`` CPUs that an instance may get, of those this process may use; all are alike.

    Raises InputError when there are fewer than ``count``.
    """
    return place(_host(), _allowed(), count).choices


def instance_cpus(count: int) -> tuple[int, ...]:
    """Return the CPUs for an instance where none are drawn: the last that it may get.

    Raises InputError as ``placements`` does.
    """
    return placements(count)[-1]


def cpu_count() -> int:
    """Return how many CPUs this host gives us."""
    return len(_allowed())


def harness_cpus(counts: Collection[int]) -> tuple[int, ...]:
    """Return the CPUs that none of these instances, by their numbers of CPUs, gets; all where there are no others.

    Raises InputError, as ``placements`` does, where this host can run none of them.
    """
    return unshared(_host(), _allowed(), counts)


def helper_cpus(counts: Collection[int]) -> tuple[int, ...]:
    """Return the CPUs for what serves all of these instances; all of them where one of these takes every CPU.

    Else the harness's: but who is kept to some of an instance's CPUs may hand that on to the instance that it starts.
    """
    return _allowed() if max(counts) >= cpu_count() else harness_cpus(counts)


def cpus_beside(cpu_set: tuple[int, ...]) -> tuple[int, ...]:
    """Return the CPUs for what works beside an instance: of all other cores; all where it has every CPU."""
    return apart(_host(), _allowed(), cpu_set)


def cpus_near(cpu_set: tuple[int, ...]) -> tuple[int, ...]:
    """Return as many CPUs of other cores, those that share a last cache first; fewer where there are none."""
    caches = {cpu.number: cpu.llc for cpu in _host()}
    shared = {caches.get(number) for number in cpu_set}
    beside = sorted(set(cpus_beside(cpu_set)) - set(cpu_set), key=lambda number: caches.get(number) not in shared)
    return tuple(sorted(beside[: len(cpu_set)]))


def every_cpu() -> tuple[int, ...]:
    """Return all CPUs that this process may use, wherever it is kept now."""
    return _allowed()


def not_apart(counts: Collection[int]) -> tuple[str, ...]:
    """Return what cannot be kept apart on this host, of instances of these sizes, each in a sentence."""
    runnable = sorted({count for count in counts if count <= cpu_count()})
    return tuple(sentence for count in runnable for sentence in place(_host(), _allowed(), count).shared)


def topology() -> str:
    """Return the CPUs that this process may use in a phrase; empty where the kernel does not tell."""
    return described(cpu for cpu in _host() if cpu.number in _at_start)


def free_port() -> int:
    """Return a TCP port that nobody listens on, at no address of this host.

    Below the ephemeral ports, which a client's own connections use. Raises IsolationError when none is found.
    """
    for _ in range(_PORT_TRIES):
        port = random.randint(*_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("", port))
            return port
    raise IsolationError(f"no free port among {_PORT_TRIES} tried between {_PORTS[0]} and {_PORTS[1]}")


@contextmanager
def kept_to(cpus: tuple[int, ...]) -> Iterator[None]:
    """Keep this process, and the threads it starts from here on, to these CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def wholly_kept_to(cpus: tuple[int, ...]) -> Iterator[None]:
    """Keep this process to these CPUs, with every thread that it has by now (libvirt's, for one)."""
    before = os.sched_getaffinity(0)
    _place_threads(cpus)
    try:
        yield
    finally:
        _place_threads(before)


def _place_threads(cpus: Collection[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), cpus)


_at_start = frozenset(os.sched_getaffinity(0))


@cache
def _host() -> tuple[Cpu, ...]:
    return read()


def _allowed() -> tuple[int, ...]:
    """CPUs this process had when it started; ``kept_to`` narrows them later.

    The kernel has left out those that are offline, isolated or beyond the cpuset of its control group.
    """
    return tuple(sorted(_at_start))
