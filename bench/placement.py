"""Which CPUs the instance gets, and which the harness keeps to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import InputError


def instance_cpus(count: int) -> tuple[int, ...]:
    """Return the CPUs for an instance: the last ``count`` of those this process may use.

    The first CPUs are left to the harness and to the daemons, which take interrupts there more often than not.
    Raises InputError when there are fewer than ``count``.
    """
    allowed = _allowed()
    if count > len(allowed):
        raise InputError(
            f"the envelope asks for {count} CPUs, this host gives us {len(allowed)}",
            remedy="Lower envelope.cpus in the scenario",
        )
    return tuple(allowed[-count:])


def harness_cpus(count: int) -> tuple[int, ...]:
    """Return the CPUs left to the harness; all of them where the instance takes every one.

    Raises InputError as ``instance_cpus`` does.
    """
    taken = instance_cpus(count)
    return tuple(cpu for cpu in _allowed() if cpu not in taken) or taken


@contextmanager
def kept_to(cpus: tuple[int, ...]) -> Iterator[None]:
    """Keep this process, and the threads it starts from here on, to these CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


_at_start = frozenset(os.sched_getaffinity(0))


def _allowed() -> list[int]:
    """CPUs this process had when it started; ``kept_to`` narrows them later."""
    return sorted(_at_start)
