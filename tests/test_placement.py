"""CPUs: the last ones for the instance, the first ones for the harness, and nothing stays narrowed."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable

import pytest

from bench import placement
from bench.errors import InputError, IsolationError
from bench.placement import beside, free_port, harness_cpus, instance_cpus, kept_to, placements


@pytest.fixture
def _four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "_at_start", frozenset({0, 2, 3, 7}))


@pytest.mark.usefixtures("_four_cpus")
def test_instances_get_the_last_cpus_and_the_harness_the_first_ones() -> None:
    assert instance_cpus(1) == (7,)
    assert instance_cpus(3) == (2, 3, 7)
    assert harness_cpus(1) == (0, 2)
    assert harness_cpus(3) == (0,)


@pytest.mark.usefixtures("_four_cpus")
def test_an_instance_may_get_any_neighbours_that_are_not_the_harness_s() -> None:
    assert placements(1) == ((3,), (7,))
    assert placements(2) == ((2, 3), (3, 7))
    assert placements(3) == ((2, 3, 7),)


@pytest.mark.parametrize("host", range(1, 9))
def test_what_the_harness_keeps_for_a_large_instance_no_smaller_one_gets(
    host: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "_at_start", frozenset(range(host)))
    for largest in range(1, host):
        kept = set(harness_cpus(largest))
        assert kept
        for count in range(1, largest + 1):
            assert all(len(choice) == count and not kept & set(choice) for choice in placements(count))


@pytest.mark.usefixtures("_four_cpus")
def test_where_the_instance_takes_all_the_harness_shares_them() -> None:
    assert instance_cpus(4) == harness_cpus(4) == (0, 2, 3, 7)


@pytest.mark.usefixtures("_four_cpus")
@pytest.mark.parametrize("cpus", [instance_cpus, harness_cpus])
def test_more_cpus_than_there_are_is_refused_with_both_numbers(cpus: Callable[[int], tuple[int, ...]]) -> None:
    with pytest.raises(InputError, match="asks for 5 CPUs, this host gives us 4") as refused:
        cpus(5)
    assert "envelope.cpus" in str(refused.value.remedy)


def test_the_process_keeps_to_its_cpus_within_the_block_only() -> None:
    before = os.sched_getaffinity(0)
    with kept_to((min(before),)):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before


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
    assert beside((7,)) == (0, 2, 3)
    assert beside((0, 2, 3, 7)) == (0, 2, 3, 7)


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
