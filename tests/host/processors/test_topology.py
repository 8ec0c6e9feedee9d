"""CPUs as the kernel describes them: real trees' shapes, and kernels that tell less."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.host.processors.topology import Cpu, cpu_list, described, read
from tests.host.processors.trees import Made, tree


def threads(root: Path, **lists: str) -> Path:
    """Two packages of two cores of two threads; numbered as x86 does: all first threads, then all second ones."""
    cpus = {
        cpu: Made(
            siblings=f"{cpu % 4},{cpu % 4 + 4}",
            package=cpu % 4 // 2,
            caches=(f"{cpu % 4},{cpu % 4 + 4}", "0-1,4-5" if cpu % 4 < 2 else "2-3,6-7"),
        )
        for cpu in range(8)
    }
    return tree(root, cpus, **({"online": "0-7", "nodes": ["0-1,4-5", "2-3,6-7"]} | lists))  # type: ignore[arg-type]


def test_threads_share_cores_and_packages_have_nodes_and_caches_of_their_own(tmp_path: Path) -> None:
    found = read(threads(tmp_path))
    assert [cpu.number for cpu in found] == list(range(8))
    assert [cpu.core for cpu in found] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert [cpu.package for cpu in found] == [cpu.node for cpu in found] == [0, 0, 1, 1, 0, 0, 1, 1]
    assert [cpu.llc for cpu in found] == [0, 0, 2, 2, 0, 0, 2, 2]
    assert described(found) == "2 packages, 2 NUMA nodes, 2 last-level caches, 4 cores, 8 CPUs"


def test_offline_cpus_are_none_and_leave_their_siblings_alone(tmp_path: Path) -> None:
    found = read(threads(tmp_path, online="1-4,6"))
    assert [(cpu.number, cpu.core, cpu.llc) for cpu in found] == [(1, 1, 1), (2, 2, 2), (3, 3, 2), (4, 4, 1), (6, 2, 2)]


def test_what_is_kept_from_the_host_s_own_work_is_told(tmp_path: Path) -> None:
    found = read(threads(tmp_path, system__cpu__isolated="6-7", system__cpu__nohz_full="3,7"))
    assert {cpu.number for cpu in found if cpu.isolated} == {6, 7}
    assert {cpu.number for cpu in found if cpu.tickless} == {3, 7}
    assert {cpu.number for cpu in found if cpu.set_aside} == {3, 6, 7}
    assert described(found).endswith("8 CPUs, 2 isolated, 2 without ticks")


def test_a_kernel_without_such_a_list_sets_nothing_aside(tmp_path: Path) -> None:
    """As of Linux 6.1 booted without ``nohz_full``, whose list is the word for a pointer to nothing."""
    found = read(threads(tmp_path, system__cpu__isolated="", system__cpu__nohz_full="(null)"))
    assert not any(cpu.set_aside for cpu in found)


def test_kinds_of_a_hybrid_are_told_by_its_event_sources(tmp_path: Path) -> None:
    cpus = {cpu: Made(siblings="0-1" if cpu < 2 else str(cpu), caches=("0-3",)) for cpu in range(4)}
    found = read(tree(tmp_path, cpus, online="0-3", cpu_core__cpus="0-1", cpu_atom__cpus="2-3"))
    assert [(cpu.kind, cpu.slowness) for cpu in found] == [("performance", 0)] * 2 + [("efficiency", 1)] * 2
    assert described(found).endswith("2 of kind performance, 2 of kind efficiency")


def test_kinds_of_other_machines_are_told_by_capacity(tmp_path: Path) -> None:
    capacities = [446, 446, 1024, 871]
    cpus = {cpu: Made(siblings=str(cpu), capacity=capacity) for cpu, capacity in enumerate(capacities)}
    found = read(tree(tmp_path, cpus, online="0-3"))
    assert [(cpu.kind, cpu.slowness) for cpu in found] == [
        ("capacity 446", 2), ("capacity 446", 2), ("capacity 1024", 0), ("capacity 871", 1),
    ]  # fmt: skip


def test_cpus_of_one_kind_bear_no_kind(tmp_path: Path) -> None:
    cpus = {cpu: Made(siblings=str(cpu), capacity=1024) for cpu in range(2)}
    assert [(cpu.kind, cpu.slowness) for cpu in read(tree(tmp_path, cpus, online="0-1"))] == [("", 0)] * 2


def test_a_kernel_that_tells_of_no_caches_and_nodes_has_one_of_each_in_a_package(tmp_path: Path) -> None:
    cpus = {cpu: Made(siblings=str(cpu), package=cpu // 2) for cpu in range(4)}
    assert [(cpu.node, cpu.llc) for cpu in read(tree(tmp_path, cpus, online="0-3"))] == [(0, 0), (0, 0), (0, 2), (0, 2)]


def test_of_a_kernel_that_tells_nothing_nothing_is_known(tmp_path: Path) -> None:
    assert read(tmp_path) == ()
    assert described(()) == ""


def test_this_host_s_cpus_are_those_that_its_kernel_runs() -> None:
    found = read()
    assert {cpu.number for cpu in found} >= os.sched_getaffinity(0)
    assert len(found) == os.cpu_count()
    assert all(cpu.core <= cpu.number for cpu in found)


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-2,4\n", {0, 1, 2, 4}), ("7", {7}), ("", set()), ("(null)", set()), ("1-", {1}), ("x-3,5", {5})],
)
def test_lists_are_read_as_the_kernel_writes_them(text: str, cpus: set[int]) -> None:
    assert cpu_list(text) == cpus


def test_a_cpu_is_in_no_other_s_core_unless_told() -> None:
    assert described([Cpu(number=3, core=3)]) == "1 package, 1 NUMA node, 1 last-level cache, 1 core, 1 CPU"
