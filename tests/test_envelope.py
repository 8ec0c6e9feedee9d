"""The envelope: whatever did not arrive is said, each part by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.envelope import mismatches
from tests.records import MIB, envelope

WANTED = envelope(cpus=2, cpu_set=(1, 2, 4), memory_bytes=512 * MIB, pids=64)
CONTAINER = {
    "cpus": "2",
    "cpu_set": "1-2,4",
    "memory_limit": str(512 * MIB),
    "pids_limit": "64",
    "network": "none",
}
GUEST = {
    "cpus": "2",
    "cpu_set": "0-1",
    "memory_total_kib": str(460 * 1024),
    "pids_limit": "64",
    "network": "none",
}


def test_an_envelope_that_arrived_has_no_mismatch() -> None:
    assert mismatches(CONTAINER, WANTED, own_kernel=False) == []


def test_a_guest_numbers_its_own_cpus_and_keeps_some_memory_for_its_kernel() -> None:
    assert mismatches(GUEST, WANTED, own_kernel=True) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("cpus", "3", "3 CPUs instead of 2"),
        ("cpu_set", "0-2,4", "CPU set '0-2,4' instead of [1, 2, 4]"),
        ("cpu_set", "1", "CPU set '1' instead of [1, 2, 4]"),
        ("cpu_set", "max", "CPU set 'max' instead of [1, 2, 4]"),
        ("memory_limit", "max", "memory limit max instead of 536870912 bytes"),
        ("memory_limit", "536870911", "memory limit 536870911 instead of 536870912 bytes"),
        ("pids_limit", "max", "pids limit max instead of 64"),
        ("network", "bridge", "network 'bridge' instead of 'none'"),
    ],
)
def test_one_part_that_is_wrong_is_said_alone(key: str, value: str, said: str) -> None:
    assert mismatches({**CONTAINER, key: value}, WANTED, own_kernel=False) == [said]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("cpus", "an unknown number of CPUs instead of 2"),
        ("cpu_set", "CPU set 'unknown' instead of [1, 2, 4]"),
        ("memory_limit", "memory limit unknown instead of 536870912 bytes"),
        ("pids_limit", "pids limit unknown instead of 64"),
        ("network", "network 'unknown' instead of 'none'"),
    ],
)
def test_what_the_instance_did_not_say_did_not_arrive(key: str, said: str) -> None:
    seen = {name: value for name, value in CONTAINER.items() if name != key}
    assert mismatches(seen, WANTED, own_kernel=False) == [said]


def test_an_instance_that_said_nothing_has_every_mismatch() -> None:
    assert len(mismatches({}, WANTED, own_kernel=False)) == 5
    assert len(mismatches({}, WANTED, own_kernel=True)) == 4


@pytest.mark.parametrize(
    ("total_kib", "arrived"),
    [
        (512 * 1024, True),
        (512 * 1024 + 1, False),
        (459_408, True),  # 512 MiB less 3 % less 48 MiB is 459,407.4 KiB
        (459_407, False),
    ],
)
def test_a_guests_total_is_all_of_its_memory_but_what_its_kernel_keeps(total_kib: int, arrived: bool) -> None:
    wrong = mismatches({**GUEST, "memory_total_kib": str(total_kib)}, WANTED, own_kernel=True)
    assert wrong == ([] if arrived else [f"memory limit {total_kib} KiB in total instead of 536870912 bytes"])


def test_a_small_guests_kernel_keeps_a_larger_share() -> None:
    small = envelope(cpus=2, memory_bytes=128 * MIB)
    assert mismatches({**GUEST, "memory_total_kib": str(93 * 1024)}, small, own_kernel=True) == []


def test_a_published_port_needs_a_route_and_the_host_s_own_stack_is_as_it_is() -> None:
    published, host = replace(WANTED, network="published"), replace(WANTED, network="host")
    assert mismatches(CONTAINER, published, own_kernel=False) == ["network 'none' instead of 'published'"]
    assert mismatches({**CONTAINER, "network": "routed"}, published, own_kernel=False) == []
    assert mismatches(CONTAINER, host, own_kernel=False) == []


def test_data_lie_where_they_should() -> None:
    assert mismatches({**CONTAINER, "storage": "tmpfs"}, WANTED, own_kernel=False, storage="tmpfs") == []
    assert mismatches({**CONTAINER, "storage": "layer"}, WANTED, own_kernel=False, storage="volume") == [
        "data on 'layer' instead of 'volume'"
    ]
    assert mismatches(CONTAINER, WANTED, own_kernel=False, storage="layer") == ["data on 'unknown' instead of 'layer'"]
