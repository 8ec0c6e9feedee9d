"""The rule of placement: over drawn topologies, and on machines that people have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import InputError
from bench.host.processors.placement import Placement, apart, place, unshared
from bench.host.processors.topology import Cpu


def host(
    *, nodes: int = 1, caches: int = 1, cores: int = 1, threads: int = 1, slow: int = 0, packages: int = 1
) -> tuple[Cpu, ...]:
    """Return packages of nodes of caches of cores, the threads of a core beside each other, then slow cores."""
    found: list[Cpu] = []
    for node in range(nodes * packages):
        for _ in range(caches):
            llc = len(found)
            for _ in range(cores):
                core = len(found)
                found += [
                    Cpu(number=core + thread, core=core, package=node // nodes, node=node, llc=llc)
                    for thread in range(threads)
                ]
    for number in range(len(found), len(found) + slow):
        found.append(Cpu(number=number, core=number, llc=0, slowness=1, kind="efficiency"))
    return tuple(found)


def numbers(cpus: Iterable[Cpu]) -> tuple[int, ...]:
    return tuple(cpu.number for cpu in cpus)


@st.composite
def machines(draw: st.DrawFn) -> tuple[tuple[Cpu, ...], tuple[int, ...]]:
    """Draw a host, some of its CPUs offline or set aside, and those of it that are ours."""
    whole = host(
        packages=draw(st.integers(1, 2)),
        nodes=draw(st.integers(1, 2)),
        caches=draw(st.integers(1, 3)),
        cores=draw(st.integers(1, 4)),
        threads=draw(st.sampled_from([1, 2, 2, 4])),
        slow=draw(st.sampled_from([0, 0, 0, 1, 4])),
    )
    bits = (1 << len(whole)) - 1
    offline, ours, aside = draw(st.tuples(*[st.one_of(st.just(0), st.integers(0, bits))] * 3))
    online = [cpu for cpu in whole if not offline >> cpu.number & 1] or list(whole)
    first_of: dict[int, int] = {}
    for cpu in online:
        first_of.setdefault(cpu.core, cpu.number)
    known = tuple(replace(cpu, core=first_of[cpu.core], isolated=bool(aside >> cpu.number & 1)) for cpu in online)
    return known, tuple(number for number in numbers(known) if not ours >> number & 1) or numbers(known)


def cores_of(known: tuple[Cpu, ...], cpus: Iterable[int]) -> set[int]:
    core = {cpu.number: cpu.core for cpu in known}
    return {core[number] for number in cpus}


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(machine=machines(), mix=st.lists(st.integers(1, 40), max_size=3))
def test_harness_and_instances_share_nothing_that_the_host_can_keep_apart(
    machine: tuple[tuple[Cpu, ...], tuple[int, ...]], mix: list[int]
) -> None:
    """Every size on each host, beside others of the same run: more than 10,000 pairs of topology and envelope."""
    known, allowed = machine
    core = {cpu.number: cpu.core for cpu in known}
    smallest = min(Counter(core[number] for number in allowed).values())
    for size in range(1, len(allowed) + 1):
        kept = set(unshared(known, allowed, [size, *mix]))
        placement = place(known, allowed, size)
        assert kept
        assert kept <= set(allowed)
        for choice in placement.choices:
            assert len(set(choice)) == len(choice) == size
            assert set(choice) <= set(allowed)
            others = {*kept, *apart(known, allowed, choice)}
            if size < len(allowed):
                assert not others & set(choice)
            if size <= len(allowed) - smallest:  # a core can be left: nobody else is on one of the instance's
                assert not cores_of(known, others) & cores_of(known, choice)
            else:
                assert placement.shared
            _has_the_best_cores(known, allowed, choice, placement)


@settings(max_examples=50, deadline=None)
@given(machine=machines())
def test_an_instance_that_is_larger_than_what_is_ours_is_refused_with_both_numbers(
    machine: tuple[tuple[Cpu, ...], tuple[int, ...]],
) -> None:
    known, allowed = machine
    with pytest.raises(InputError, match=rf"asks for {len(allowed) + 1} CPUs, this host gives us {len(allowed)}"):
        unshared(known, allowed, [len(allowed) + 1, len(allowed) + 2])


def _has_the_best_cores(
    known: tuple[Cpu, ...], allowed: tuple[int, ...], choice: tuple[int, ...], placement: Placement
) -> None:
    """Hold what an instance got against what the host has: one thread of each core, or a sentence about it."""
    said = " ".join(placement.shared)
    of = {cpu.number: cpu for cpu in known}
    if len(cores_of(known, choice)) < len(choice):
        assert "threads of a core" in said or "with the harness" in said
    if "with the harness" not in said:
        assert (len({of[cpu].slowness for cpu in choice}) > 1) <= ("different kinds" in said)
        assert (len({of[cpu].node for cpu in choice}) > 1) == ("NUMA nodes" in said)
        assert (len({(of[cpu].node, of[cpu].llc) for cpu in choice}) > 1) == ("last-level caches" in said)
        others = {cpu.number for cpu in known} - set(allowed)
        assert bool(cores_of(known, others) & cores_of(known, choice)) == ("not ours" in said)


@settings(max_examples=200, deadline=None)
@given(
    nodes=st.integers(1, 4),
    caches=st.integers(1, 4),
    cores=st.integers(1, 8),
    threads=st.integers(1, 2),
    data=st.data(),
)
def test_of_cores_that_are_all_alike_an_instance_gets_one_cache_one_node_and_idle_siblings(
    nodes: int, caches: int, cores: int, threads: int, data: st.DataObject
) -> None:
    known = host(nodes=nodes, caches=caches, cores=cores, threads=threads)
    total = nodes * caches * cores
    size = data.draw(st.integers(1, max(1, total - 1)))
    placement = place(known, numbers(known), size)
    of = {cpu.number: cpu for cpu in known}
    for choice in placement.choices:
        if size < total:
            assert len({of[cpu].core for cpu in choice}) == size
        if size <= cores and size < total:
            assert len({of[cpu].llc for cpu in choice}) == 1
        if size <= caches * cores and size < total:
            assert len({of[cpu].node for cpu in choice}) == 1


def test_a_core_s_other_thread_stays_idle() -> None:
    known = host(cores=4, threads=2)
    assert place(known, numbers(known), 1) == Placement(choices=((4,), (6,)), spare=(0, 1, 2, 3))
    assert place(known, numbers(known), 2) == Placement(choices=((2, 4), (4, 6)), spare=(0, 1))


def test_where_cores_run_out_an_instance_has_all_threads_of_its_own() -> None:
    known = host(cores=4, threads=2)
    placement = place(known, numbers(known), 4)
    assert placement.choices == ((2, 3, 4, 5), (4, 5, 6, 7))
    assert placement.spare == (0, 1)
    assert "several threads of a core" in placement.shared[0]


def test_one_core_of_two_threads_is_shared_and_said() -> None:
    known = host(cores=1, threads=2)
    placement = place(known, (0, 1), 1)
    assert (placement.choices, placement.spare) == (((1,),), (0,))
    assert placement.shared == ("an instance of 1 of the 2 CPUs shares a core with the harness and clients",)


def test_the_harness_is_on_slow_cores_and_an_instance_on_fast_ones() -> None:
    known = host(cores=4, threads=2, slow=4)  # CPUs 0 to 7 are fast, two to a core
    assert unshared(known, numbers(known), [1, 2]) == (8, 9, 10)
    assert place(known, numbers(known), 2).choices == ((0, 2), (2, 4), (4, 6))
    assert place(known, numbers(known), 4).choices == ((0, 2, 4, 6),)


def test_an_instance_that_fast_cores_cannot_hold_is_on_threads_of_fast_ones_rather_than_on_both_kinds() -> None:
    known = host(cores=4, threads=2, slow=2)
    assert place(known, numbers(known), 6).choices == ((0, 1, 2, 3, 4, 5), (2, 3, 4, 5, 6, 7))
    assert "different kinds" in place(known, numbers(known), 9).shared[0]


def test_cpus_that_are_set_aside_go_to_instances_where_we_are_given_them() -> None:
    known = tuple(replace(cpu, isolated=cpu.number >= 2) for cpu in host(cores=4))
    assert place(known, (0, 1, 2, 3), 1).choices == ((2,), (3,))
    assert unshared(known, (0, 1, 2, 3), [1]) == (0, 1)
    assert apart(known, (0, 1, 2, 3), (3,)) == (0, 1)
    assert "does not spread" in place(known, (0, 1, 2, 3), 2).shared[0]
    assert place(known, (0, 1), 1).choices == ((1,),)


def test_a_core_that_others_have_a_thread_of_is_the_harness_s() -> None:
    known = host(cores=3, threads=2)
    assert place(known, (0, 1, 2, 4, 5), 1).spare[0] == 2
    assert "not ours" in place(known, (1, 3), 1).shared[0]


def test_the_largest_cache_stays_whole_for_instances() -> None:
    known = (*host(cores=8), *(Cpu(number=cpu, core=cpu, package=1, node=1, llc=8) for cpu in (8, 9)))
    placement = place(known, numbers(known), 8)
    assert placement == Placement(choices=(tuple(range(8)),), spare=(8,))


def test_who_takes_every_cpu_has_no_say_and_that_is_said() -> None:
    known = host(cores=2)
    assert unshared(known, (0, 1), [1, 2]) == (0,)
    assert unshared(known, (0, 1), [2]) == (0, 1)
    said = "an instance of 2 of the 2 CPUs shares every CPU with the harness and clients"
    assert place(known, (0, 1), 2) == Placement(choices=((0, 1),), spare=(), shared=(said,))


def test_cpus_of_which_nothing_is_known_are_cores_of_their_own() -> None:
    assert place((), (3, 5, 9), 1) == Placement(choices=((5,), (9,)), spare=(3,))
