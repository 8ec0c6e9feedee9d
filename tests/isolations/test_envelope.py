"""The envelope: whatever did not arrive is said, each part by itself."""

from __future__ import annotations

import os
import re
import resource
import time
from dataclasses import replace
from importlib import resources

import pytest

from bench.isolations.envelope import LIMITS, boot_id, limits_here, mismatches, own_kernel
from tests.records import MIB, envelope

WANTED = envelope(cpus=2, cpu_set=(1, 2, 4), memory_bytes=512 * MIB, pids=64)
CONTAINER = {
    "boot_id": boot_id(),
    "cpus": "2",
    "cpu_set": "1-2,4",
    "memory_limit": str(512 * MIB),
    "pids_limit": "64",
    **limits_here(),
    "network": "none",
}
GUEST = {
    "boot_id": "another",
    "cpus": "2",
    "cpu_set": "0-1",
    "memory_total_kib": str(460 * 1024),
    "pids_limit": "64",
    **limits_here(),
    "network": "none",
}


def test_an_envelope_that_arrived_has_no_mismatch() -> None:
    assert mismatches(CONTAINER, WANTED) == []


def test_what_does_not_show_inside_shows_in_the_group_that_holds_it() -> None:
    hidden = {**CONTAINER, "memory_limit": "unknown", "pids_limit": "unknown"}
    held = {"memory_limit": str(512 * MIB), "pids_limit": "64"}
    assert mismatches(hidden, WANTED, held=held) == []
    assert mismatches(hidden, WANTED, held={**held, "pids_limit": "65"}) == ["pids limit unknown instead of 64"]
    assert mismatches({**hidden, "pids_limit": "max"}, WANTED, held=held) == ["pids limit max instead of 64"]


def test_a_guest_numbers_its_own_cpus_and_keeps_some_memory_for_its_kernel() -> None:
    assert mismatches(GUEST, WANTED) == []


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
        ("open_files_limit", "1024", "open files limit 1024 instead of 16384"),
        ("file_size_limit", "1048576", "file size limit 1048576 instead of unlimited"),
        ("network", "bridge", "network 'bridge' instead of 'none'"),
    ],
)
def test_one_part_that_is_wrong_is_said_alone(key: str, value: str, said: str) -> None:
    assert mismatches({**CONTAINER, key: value}, WANTED) == [said]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("cpus", "an unknown number of CPUs instead of 2"),
        ("cpu_set", "CPU set 'unknown' instead of [1, 2, 4]"),
        ("memory_limit", "memory limit unknown instead of 536870912 bytes"),
        ("pids_limit", "pids limit unknown instead of 64"),
        ("core_limit", "core limit unknown instead of 0"),
        ("network", "network 'unknown' instead of 'none'"),
    ],
)
def test_what_the_instance_did_not_say_did_not_arrive(key: str, said: str) -> None:
    seen = {name: value for name, value in CONTAINER.items() if name != key}
    assert mismatches(seen, WANTED) == [said]


def test_an_instance_that_said_nothing_has_every_mismatch() -> None:
    assert len(mismatches({"boot_id": boot_id()}, WANTED)) == 11
    assert len(mismatches({}, WANTED)) == 4


def test_who_may_raise_limits_has_what_an_instance_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {resource.RLIMIT_NOFILE: (1024, 524288), resource.RLIMIT_NPROC: (1000, 20000)}
    held[resource.RLIMIT_MEMLOCK] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr("resource.getrlimit", lambda number: held[number])
    monkeypatch.setattr("resource.setrlimit", held.__setitem__)
    assert limits_here()["user_processes_limit"] == "32768"
    assert held[resource.RLIMIT_NPROC] == (1000, 32768)
    assert held[resource.RLIMIT_NOFILE] == (1024, 524288)


def test_a_limit_that_this_host_is_held_below_itself_may_be_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_number: int, _limits: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr("resource.getrlimit", lambda _number: (4096, 4096))
    monkeypatch.setattr("resource.setrlimit", refuse)
    assert limits_here() == {
        "open_files_limit": "4096",
        "user_processes_limit": "4096",
        "locked_memory_limit": "4096",
        "stack_limit": "8388608",
        "core_limit": "0",
        "file_size_limit": "unlimited",
    }
    for files in ("4096", "16384"):
        assert mismatches({**CONTAINER, **limits_here(), "open_files_limit": files}, WANTED) == []


def test_the_entry_sets_the_limits_that_are_checked() -> None:
    entry = resources.files("bench.images").joinpath("entry.sh").read_text()
    given = dict(re.findall(r"ulimit -(S?[a-z]) (\d+)", entry))
    kib = {name: limit >> 10 for name, limit in LIMITS.items()}
    assert given == {
        "n": str(LIMITS["open_files_limit"]),
        "u": str(LIMITS["user_processes_limit"]),
        "l": str(kib["locked_memory_limit"]),
        "Ss": str(kib["stack_limit"]),
        "Sc": str(LIMITS["core_limit"]),
    }


def test_another_boot_is_another_kernel_and_so_is_one_that_names_none() -> None:
    assert not own_kernel(CONTAINER)
    assert own_kernel(GUEST)
    assert own_kernel({})


SANDBOX = {"boot_id": "unknown", "cpus": "2", "memory_total_kib": str(512 * 1024), "network": "none"}
"""What gVisor tells: neither its CPU set nor its limits show inside."""
HELD = {"cpu_set": "1-2,4", "memory_limit": str(512 * MIB), "pids_limit": "64"}


def test_what_a_kernel_of_its_own_does_not_show_must_be_held_by_the_host() -> None:
    assert mismatches(SANDBOX, WANTED, held=HELD) == []
    assert mismatches(SANDBOX, WANTED) == ["pids limit unknown instead of 64"]


def test_a_sandbox_that_ignores_its_control_group_is_caught() -> None:
    ignored = {**SANDBOX, "cpus": "8", "memory_total_kib": str(24 << 20)}
    wrong = mismatches(ignored, WANTED, held={"cpu_set": "0-7", "memory_limit": "max", "pids_limit": "max"})
    assert wrong == [
        "8 CPUs instead of 2",
        "CPU set '0-7' instead of [1, 2, 4]",
        f"memory limit {24 << 20} KiB in total instead of 536870912 bytes",
        "pids limit unknown instead of 64",
    ]


def test_on_the_hosts_kernel_what_the_host_holds_is_no_excuse() -> None:
    assert mismatches({**CONTAINER, "memory_limit": "max"}, WANTED, held=HELD) == [
        "memory limit max instead of 536870912 bytes"
    ]


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
    wrong = mismatches({**GUEST, "memory_total_kib": str(total_kib)}, WANTED)
    assert wrong == ([] if arrived else [f"memory limit {total_kib} KiB in total instead of 536870912 bytes"])


def test_a_small_guests_kernel_keeps_a_larger_share() -> None:
    small = envelope(cpus=2, memory_bytes=128 * MIB)
    assert mismatches({**GUEST, "memory_total_kib": str(93 * 1024)}, small) == []


def test_a_published_port_needs_a_route_and_the_host_s_own_stack_is_as_it_is() -> None:
    published, host = replace(WANTED, network="published"), replace(WANTED, network="host")
    assert mismatches(CONTAINER, published) == ["network 'none' instead of 'published'"]
    assert mismatches({**CONTAINER, "network": "routed"}, published) == []
    assert mismatches(CONTAINER, host) == []


def test_data_lie_where_they_should() -> None:
    assert mismatches({**CONTAINER, "storage": "tmpfs"}, WANTED, storage="tmpfs") == []
    assert mismatches({**CONTAINER, "storage": "layer"}, WANTED, storage="volume") == [
        "data on 'layer' instead of 'volume'"
    ]
    assert mismatches(CONTAINER, WANTED, storage="layer") == ["data on 'unknown' instead of 'layer'"]


def test_an_id_laid_over_the_kernels_own_is_told_by_release_and_uptime() -> None:
    up_s = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    masked = {**CONTAINER, "boot_id": "nspawns", "osrelease": os.uname().release, "uptime": f"{up_s}.12"}
    assert not own_kernel(masked)
    assert own_kernel({**masked, "osrelease": "4.4.0"})
    assert own_kernel({**masked, "uptime": str(max(0, up_s - 120))})
