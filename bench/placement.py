"""Which CPUs the instance gets, and which the harness keeps to."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bench.errors import InputError, IsolationError

_PORTS = (20_000, 32_000)
_PORT_TRIES = 100


def placements(count: int) -> tuple[tuple[int, ...], ...]:
    """Return every set of ``count`` neighbouring CPUs an instance may get, of those this process may use.

    The first CPUs are left to the harness and to the daemons, which take interrupts there more often than not: half
    of those that the instance leaves, rounded up. Raises InputError when there are fewer than ``count``.
    """
    allowed = _allowed()
    if count > len(allowed):
        raise InputError(
            f"the envelope asks for {count} CPUs, this host gives us {len(allowed)}",
            remedy="Lower envelope.cpus in the scenario",
        )
    pool = allowed[_kept_back(count) :]
    return tuple(tuple(pool[first : first + count]) for first in range(len(pool) - count + 1))


def instance_cpus(count: int) -> tuple[int, ...]:
    """Return the CPUs for an instance where none are drawn: the last ``count``.

    Raises InputError as ``placements`` does.
    """
    return placements(count)[-1]


def cpu_count() -> int:
    """Return how many CPUs this host gives us."""
    return len(_allowed())


def harness_cpus(count: int) -> tuple[int, ...]:
    """Return the CPUs that no instance of ``count`` or fewer gets; all of them where the instance takes every one.

    Raises InputError as ``placements`` does.
    """
    placements(count)
    allowed = _allowed()
    return tuple(allowed[: _kept_back(count)] or allowed)


def beside(cpu_set: tuple[int, ...]) -> tuple[int, ...]:
    """Return the CPUs for what works beside an instance: all the others; all where it has every one."""
    return tuple(cpu for cpu in _allowed() if cpu not in cpu_set) or tuple(_allowed())


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


_at_start = frozenset(os.sched_getaffinity(0))


def _kept_back(count: int) -> int:
    return (len(_allowed()) - count + 1) // 2


def _allowed() -> list[int]:
    """CPUs this process had when it started; ``kept_to`` narrows them later."""
    return sorted(_at_start)
