"""CPUs: the last ones for the instance, the first ones for the harness, and nothing stays narrowed."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import InputError, IsolationError
from bench.host import cpus
from bench.host.cpus import (
    cpu_count,
    cpus_beside,
    cpus_near,
    free_port,
    harness_cpus,
    helper_cpus,
    instance_cpus,
    kept_to,
    not_apart,
    placements,
    wholly_kept_to,
)
from bench.host.processors.topology import Cpu


@pytest.fixture
def _four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_at_start", frozenset({0, 2, 3, 7}))


@pytest.mark.usefixtures("_four_cpus")
def test_instances_get_the_last_cpus_and_the_harness_the_first_ones() -> None:
    assert instance_cpus(1) == (7,)
    assert instance_cpus(3) == (2, 3, 7)
    assert harness_cpus([1]) == (0, 2)
    assert harness_cpus([3]) == (0,)


@pytest.mark.usefixtures("_four_cpus")
def test_an_instance_may_get_any_neighbours_that_are_not_the_harness_s() -> None:
    assert placements(1) == ((3,), (7,))
    assert placements(2) == ((2, 3), (3, 7))
    assert placements(3) == ((2, 3, 7),)


@given(
    host_cpus=st.sets(st.integers(0, 511), min_size=1, max_size=256),
    sizes=st.lists(st.integers(1, 260), min_size=1, max_size=6),
)
def test_no_instance_of_a_run_is_placed_where_the_harness_or_a_client_is_while_any_cpu_is_free(
    host_cpus: set[int], sizes: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as host:
        host.setattr(cpus, "_at_start", frozenset(host_cpus))
        runnable = [size for size in sizes if size <= len(host_cpus)]
        if not runnable:
            with pytest.raises(InputError, match="asks for"):
                harness_cpus(sizes)
            return
        kept = set(harness_cpus(sizes))
        assert kept
        assert kept <= host_cpus
        for size in runnable:
            choices = placements(size)
            assert all(len(set(choice)) == size and set(choice) <= host_cpus for choice in choices)
            if size < len(host_cpus):
                assert not any(set(choice) & {*kept, *cpus_beside(choice)} for choice in choices)


@pytest.mark.parametrize("host", range(1, 257))
def test_two_sizes_of_instances_on_hosts_of_every_size(host: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_at_start", frozenset(range(host)))
    for large in {2, host // 2, host - 1, host} & set(range(1, host)):
        kept = set(harness_cpus([1, large]))
        assert not any(kept & set(choice) for size in (1, large) for choice in placements(size))


@pytest.mark.usefixtures("_four_cpus")
def test_who_takes_every_cpu_or_more_than_there_are_has_no_say() -> None:
    assert harness_cpus([1, 4]) == harness_cpus([1, 9]) == harness_cpus([1]) == (0, 2)
    assert harness_cpus([1, 2, 4]) == harness_cpus([2]) == (0,)


@pytest.mark.usefixtures("_four_cpus")
def test_helpers_are_with_the_harness_unless_an_instance_takes_every_cpu() -> None:
    assert helper_cpus([1, 2]) == harness_cpus([1, 2]) == (0,)
    assert helper_cpus([1, 4]) == helper_cpus([9]) == (0, 2, 3, 7)


@pytest.mark.usefixtures("_four_cpus")
def test_what_cannot_be_kept_apart_is_said_of_each_size_once() -> None:
    assert not_apart([1, 3, 1]) == ()
    assert not_apart([4, 1, 4, 9]) == ("an instance of 4 of the 4 CPUs shares every CPU with the harness and clients",)


def test_a_single_cpu_is_said_to_be_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_at_start", frozenset({max(os.sched_getaffinity(0))}))
    assert cpu_count() == 1
    assert not_apart([1]) == ("an instance of 1 of the 1 CPUs shares every CPU with the harness and clients",)


@pytest.mark.usefixtures("_four_cpus")
def test_where_the_instance_takes_all_the_harness_shares_them() -> None:
    assert instance_cpus(4) == harness_cpus([4]) == (0, 2, 3, 7)


@pytest.mark.usefixtures("_four_cpus")
@pytest.mark.parametrize("cpus", [instance_cpus, lambda count: harness_cpus([count])])
def test_more_cpus_than_there_are_is_refused_with_both_numbers(cpus: Callable[[int], tuple[int, ...]]) -> None:
    with pytest.raises(InputError, match="asks for 5 CPUs, this host gives us 4") as refused:
        cpus(5)
    assert "envelope.cpus" in str(refused.value.remedy)


def test_the_process_keeps_to_its_cpus_within_the_block_only() -> None:
    before = os.sched_getaffinity(0)
    with kept_to((min(before),)):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before


def test_threads_that_run_already_are_kept_too_and_set_free_again() -> None:
    before, ended = os.sched_getaffinity(0), threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    assert thread.native_id
    try:
        with wholly_kept_to((min(before),)):
            assert os.sched_getaffinity(thread.native_id) == os.sched_getaffinity(0) == {min(before)}
        assert os.sched_getaffinity(thread.native_id) == os.sched_getaffinity(0) == before
    finally:
        ended.set()
        thread.join()


def test_cpus_come_back_after_an_error() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(KeyError), kept_to((min(before),)):
        raise KeyError
    assert os.sched_getaffinity(0) == before


def test_what_the_instance_may_use_does_not_shrink_while_the_harness_keeps_to_less() -> None:
    before = instance_cpus(1)
    with kept_to((min(os.sched_getaffinity(0)),)):
        assert instance_cpus(1) == before


@pytest.mark.usefixtures("_four_cpus")
def test_what_works_beside_an_instance_gets_the_other_cpus_and_all_where_there_are_no_others() -> None:
    assert cpus_beside((7,)) == (0, 2, 3)
    assert cpus_beside((0, 2, 3, 7)) == (0, 2, 3, 7)


@pytest.mark.usefixtures("_four_cpus")
def test_a_neighbour_s_cpus_are_as_many_and_share_the_last_cache_where_any_do(monkeypatch: pytest.MonkeyPatch) -> None:
    caches = {0: 0, 2: 2, 3: 0, 7: 2}
    monkeypatch.setattr(cpus, "_host", lambda: tuple(Cpu(number=one, core=one, llc=llc) for one, llc in caches.items()))
    assert cpus_near((7,)) == (2,)
    assert cpus_near((0,)) == (3,)
    assert cpus_near((0, 2, 3)) == (7,)


def test_a_taken_port_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        offered = iter([port, port, port + 1 if port < 65_000 else port - 1])
        monkeypatch.setattr(random, "randint", lambda _low, _high: next(offered))
        assert free_port() != port


def test_a_host_without_a_free_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(random, "randint", lambda _low, _high: taken.getsockname()[1])
        with pytest.raises(IsolationError, match="no free port"):
            free_port()
