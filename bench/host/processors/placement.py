"""The rule by which instances and the harness share out a host's CPUs.

Beyer, Loewe, Wendler, Reliable Benchmarking: Requirements and Solutions, STTT 21 (2019): an instance gets whole cores,
of one NUMA node and one last-level cache where it can, and what else runs is on other cores. In order of weight:

1. The harness is on no core of an instance, if that leaves one; else on none of its CPUs, if that leaves one.
2. An instance's CPUs are of one kind.
3. Each is on a core of its own, whose other threads stay idle; else it has all threads of its cores.
4. No other thread of its cores belongs to somebody outside of this process's own CPUs.
5. They are set aside from the host's own work, where this process was given such; then, of the fastest kind.
6. They are of one NUMA node, then of one last-level cache.

All cores stand in one order, the harness's end first. What an instance of any size leaves to the harness is the
beginning of it, so that of all sizes in a run, the shortest beginning is apart from every instance.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from bench.errors import InputError
from bench.host.processors.topology import Cpu


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where instances of one size may run, and the CPUs that are left to the harness beside every one of them."""

    choices: tuple[tuple[int, ...], ...]
    """All are alike by the rule."""
    spare: tuple[int, ...]
    """None where an instance takes every CPU."""
    shared: tuple[str, ...] = ()
    """What could not be kept apart, each in a sentence."""


class _Traits(NamedTuple):
    """What cores have in common, or not."""

    sort: tuple[bool, int]
    """Set aside or not, and how slow a kind: cores under one instance are of the same sort."""
    node: int
    llc: int
    foreign: bool
    """Whether others may use a thread of it."""


@dataclass(frozen=True, slots=True)
class _Core:
    cpus: tuple[Cpu, ...]
    """Those of its threads that are ours, at least one."""
    traits: _Traits

    @property
    def first(self) -> Cpu:
        return self.cpus[0]

    @property
    def readiness(self) -> tuple[bool, int]:
        """What puts it at the harness's end of the order: it is not set aside; it is slow."""
        aside, slowness = self.traits.sort
        return aside, -slowness


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Neighbouring cores of the order that an instance may get."""

    start: int
    """How many cores stand before it."""
    end: int
    packed: bool
    rank: tuple[int, ...]
    """What the rule holds against it, heaviest first."""


@lru_cache(maxsize=64)
def place(host: tuple[Cpu, ...], allowed: tuple[int, ...], count: int) -> Placement:
    """Return where an instance of ``count`` CPUs may run, of those ``allowed``, on a host of these CPUs.

    Raises InputError when there are fewer than ``count``.
    """
    if count > len(allowed):
        raise InputError(
            f"the envelope asks for {count} CPUs, this host gives us {len(allowed)}",
            remedy="Lower envelope.cpus in the scenario",
        )
    cores = _in_order(host, allowed)
    threads = max(len(core.cpus) for core in cores)
    windows = [window for packed in range(min(threads, 2)) for window in _windows(cores, count, packed=bool(packed))]
    if not windows:
        return _squeezed(cores, allowed, count)
    best = min(window.rank for window in windows)
    alike = [window for window in windows if window.rank == best]
    kept = _kept_back(cores, alike)
    choices = [window for window in alike if window.start >= kept]
    return Placement(
        choices=tuple(_cpus(cores, window, count) for window in choices),
        spare=tuple(cpu.number for core in cores[:kept] for cpu in core.cpus),
        shared=tuple(_told(cores, choices[0], count)),
    )


def unshared(host: tuple[Cpu, ...], allowed: tuple[int, ...], counts: Collection[int]) -> tuple[int, ...]:
    """Return the CPUs that no instance of these sizes gets, of which there are any; all where there is no such CPU.

    An instance that takes every CPU shares them with the harness wherever that is, and so has no say: the others
    stay undisturbed beside it. Raises InputError, as ``place`` does, where this host can run none of them.
    """
    place(host, allowed, min(counts))
    spares = [place(host, allowed, count).spare for count in set(counts) if count < len(allowed)]
    shortest = min(map(len, spares), default=0)
    return next((tuple(sorted(spare)) for spare in spares if len(spare) == shortest), allowed)


def apart(host: tuple[Cpu, ...], allowed: tuple[int, ...], taken: Collection[int]) -> tuple[int, ...]:
    """Return the CPUs for what works beside an instance that has ``taken`` some.

    They are on other cores, of those that nothing is set aside from where there are any; else the other threads of its
    cores; all where it has every one.
    """
    cores = _in_order(host, allowed)
    others = [core for core in cores if not any(cpu.number in taken for cpu in core.cpus)]
    common = [core for core in others if not core.readiness[0]]
    beside = {cpu.number for core in common or others for cpu in core.cpus} or set(allowed) - set(taken)
    return tuple(sorted(beside)) or allowed


@lru_cache(maxsize=4)
def _in_order(host: tuple[Cpu, ...], allowed: tuple[int, ...]) -> tuple[_Core, ...]:
    """Return the cores, the harness's end first: what serves instances best stands last.

    What shares a cache or a node stands together, the largest of them last, where they stay whole longest. The core
    with the fewest threads comes first of all: a harness that is given that one leaves room for the largest instance.
    """
    cores = _cores(host, allowed)
    caches = Counter(core.traits[:3] for core in cores)
    nodes = Counter(core.traits[:2] for core in cores)
    largest: dict[tuple[tuple[bool, int], int], int] = {}
    for (sort, node, _), size in caches.items():
        largest[sort, node] = max(size, largest.get((sort, node), 0))

    def place_of(core: _Core) -> tuple[object, ...]:
        sort, node, llc, foreign = core.traits
        of_node = largest[sort, node], nodes[sort, node], node
        return (core.readiness, *of_node, caches[sort, node, llc], llc, not foreign, core.first.number)

    order = sorted(cores, key=place_of)
    first = min(order, key=lambda core: len(core.cpus))
    return (first, *(core for core in order if core is not first))


def _cores(host: tuple[Cpu, ...], allowed: tuple[int, ...]) -> list[_Core]:
    """Return the cores that have a thread of ours; a CPU of which the kernel tells nothing is a core of its own."""
    known = {cpu.number: cpu for cpu in host}
    ours: dict[int, list[Cpu]] = {}
    for number in sorted(allowed):
        cpu = known.get(number) or Cpu(number=number, core=number)
        ours.setdefault(cpu.core, []).append(cpu)
    online = Counter(cpu.core for cpu in host)
    return [_core(tuple(cpus), foreign=online[core] > len(cpus)) for core, cpus in ours.items()]


def _core(cpus: tuple[Cpu, ...], *, foreign: bool) -> _Core:
    first = cpus[0]
    # Of a core that is set aside in part, the rest is the kernel's: it is not kept for an instance.
    sort = all(cpu.set_aside for cpu in cpus), first.slowness
    return _Core(cpus, _Traits(sort, first.node, first.llc, foreign))


def _windows(cores: tuple[_Core, ...], count: int, *, packed: bool) -> Iterator[_Stretch]:
    """Yield the runs of neighbouring cores that hold ``count`` CPUs, the first core left out: it is the harness's."""
    held = list(accumulate((len(core.cpus) if packed else 1 for core in cores), initial=0))
    alike = list(
        accumulate((cores[place].traits != cores[place - 1].traits for place in range(1, len(cores))), initial=0)
    )
    ranks: dict[tuple[int, int], tuple[int, ...]] = {}
    for start in range(1, len(cores)):
        end = bisect_left(held, held[start] + count)
        if end > len(cores):
            return
        over = alike[start], alike[end - 1]  # windows over the same cores' traits rank alike
        if over not in ranks:
            ranks[over] = _rank({core.traits for core in cores[start:end]}, packed=packed)
        yield _Stretch(start, end, packed, ranks[over])


def _rank(traits: Collection[_Traits], *, packed: bool) -> tuple[int, ...]:
    sorts = {one.sort for one in traits}
    aside, slowness = max((not aside, slowness) for aside, slowness in sorts)
    nodes, caches = {one.node for one in traits}, {(one.node, one.llc) for one in traits}
    foreign = any(one.foreign for one in traits)
    return (len(sorts) > 1, packed, foreign, aside, slowness, len(nodes), len(caches))


def _cpus(cores: tuple[_Core, ...], window: _Stretch, count: int) -> tuple[int, ...]:
    threads = [
        cpu.number for core in cores[window.start : window.end] for cpu in core.cpus[: None if window.packed else 1]
    ]
    return tuple(sorted(threads[:count]))


def _kept_back(cores: tuple[_Core, ...], alike: list[_Stretch]) -> int:
    """Return how many cores are the harness's: half of those that an instance leaves, rounded up.

    Fewer where instances would not be as well placed, or where the harness would get what is set aside.
    """
    most = (len(cores) - min(window.end - window.start for window in alike) + 1) // 2
    common = next((place for place, core in enumerate(cores) if core.readiness[0]), len(cores))
    return min(max(1, min(most, common)), max(window.start for window in alike))


def _squeezed(cores: tuple[_Core, ...], allowed: tuple[int, ...], count: int) -> Placement:
    """Place an instance that leaves no core free: the harness gets the threads that are left, of the first core."""
    numbers = [cpu.number for core in cores for cpu in core.cpus]
    spare, taken = numbers[: len(numbers) - count], numbers[len(numbers) - count :]
    what = "a core with the harness and clients" if spare else "every CPU with the harness and clients"
    said = f"an instance of {count} of the {len(allowed)} CPUs shares {what}"
    return Placement(choices=(tuple(sorted(taken)),), spare=tuple(spare), shared=(said,))


def _told(cores: tuple[_Core, ...], window: _Stretch, count: int) -> Iterator[str]:
    """Yield a sentence for each part of the rule that could not be kept."""
    who = f"an instance of {count} CPU{'' if count == 1 else 's'}"
    under = cores[window.start : window.end]
    mixed, packed, foreign, _, _, nodes, caches = window.rank
    if mixed:
        yield f"{who} is on CPUs of different kinds"
    if packed and any(len(core.cpus) > 1 for core in under):
        yield f"{who} is on several threads of a core: there are not enough cores to leave the others idle"
    if foreign:
        yield f"{who} is on a core of which another thread is not ours to keep idle"
    if nodes > 1:
        yield f"{who} is on {nodes} NUMA nodes"
    if caches > 1:
        yield f"{who} is on {caches} last-level caches"
    if count > 1 and any(core.first.isolated for core in under):
        yield f"{who} is on isolated CPUs: the kernel does not spread its threads over them"
