"""Memory: each vantage by itself, summed by role, never across roles."""

from __future__ import annotations

import pytest

from bench.host.accounting import AccountReading
from bench.measuring.meters import memory
from bench.measuring.meters.memory import guest_samples, memory_samples, peak_samples
from tests.measuring.meters.instances import Process, Scripted
from tests.records import by_metric


@pytest.fixture(autouse=True)
def _available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 900)


def idle(instance: Scripted) -> dict[tuple[str, str], float]:
    return by_metric(memory_samples(instance, "idle", available_before_bytes=1000, at_s=3.0))


def test_processes_are_summed_by_role() -> None:
    instance = Scripted(
        {
            "workload": [
                Process(pss_bytes=10, uss_bytes=5, rss_bytes=20),
                Process(pss_bytes=1, uss_bytes=2, rss_bytes=4),
            ],
            "shim": [Process(pss_bytes=100, uss_bytes=90, rss_bytes=200)],
        }
    )
    assert idle(instance) == {
        ("memory.idle.available_change", "host"): 100,
        ("memory.idle.pss", "processes:workload"): 11,
        ("memory.idle.uss", "processes:workload"): 7,
        ("memory.idle.rss", "processes:workload"): 24,
        ("memory.idle.pss", "processes:shim"): 100,
        ("memory.idle.uss", "processes:shim"): 90,
        ("memory.idle.rss", "processes:shim"): 200,
    }


def test_the_account_speaks_for_itself_and_only_where_it_knows() -> None:
    found = idle(Scripted({}, AccountReading(memory_bytes=70, anon_bytes=40, shmem_bytes=0)))
    assert found == {
        ("memory.idle.available_change", "host"): 100,
        ("memory.idle.cgroup", "cgroup"): 70,
        ("memory.idle.cgroup_anon", "cgroup"): 40,
        ("memory.idle.cgroup_shmem", "cgroup"): 0,
    }


def test_memory_given_back_is_a_negative_change_and_stays_one() -> None:
    samples = memory_samples(Scripted({}), "idle", available_before_bytes=850, at_s=3.0)
    assert [(sample.value, sample.unit, sample.at_s) for sample in samples] == [(-50, "B", 3.0)]


def test_a_process_that_has_ended_is_left_out_of_the_sum() -> None:
    found = idle(Scripted({"workload": [Process(pss_bytes=10, gone=True), Process(pss_bytes=3)]}))
    assert found["memory.idle.pss", "processes:workload"] == 3


def test_a_role_of_which_nothing_could_be_read_gives_no_zero() -> None:
    assert list(idle(Scripted({"workload": [Process(gone=True)], "shim": []}))) == [
        ("memory.idle.available_change", "host")
    ]


def test_peaks_are_the_kernels_and_daemons_shared_by_all_are_not_counted() -> None:
    instance = Scripted(
        {
            "workload": [Process(peak_bytes=7), Process(peak_bytes=4), Process(peak_bytes=9, gone=True)],
            "shim": [Process(peak_bytes=5), Process(gone=True)],
            "shared:engine": [Process(peak_bytes=1000)],
        },
    )
    assert by_metric(peak_samples(instance, AccountReading(memory_peak_bytes=50), at_s=1.0)) == {
        ("memory.peak.cgroup", "cgroup"): 50,
        ("memory.peak.rss", "processes:shim"): 5,
    }


def test_a_kernel_that_keeps_no_peak_gives_none() -> None:
    assert peak_samples(Scripted({}), AccountReading(memory_bytes=1), at_s=1.0) == []


def test_a_guest_uses_what_is_not_available_to_it() -> None:
    seen = {"memory_total_kib": "1000", "memory_available_kib": "900"}
    assert by_metric(guest_samples(seen, at_s=1.0)) == {("memory.guest_used", "guest"): 102_400}


@pytest.mark.parametrize(
    "seen", [{}, {"memory_total_kib": "1000"}, {"memory_total_kib": "x", "memory_available_kib": "1"}]
)
def test_a_guest_that_does_not_say_gives_nothing(seen: dict[str, str]) -> None:
    assert guest_samples(seen, at_s=1.0) == []
