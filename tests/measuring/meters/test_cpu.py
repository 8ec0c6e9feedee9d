"""CPU time: every process counted once, differences between two readings."""

from __future__ import annotations

from bench.host.accounting import AccountReading
from bench.measuring.meters.cpu import CpuReading, cpu_samples, read_cpu
from tests.measuring.meters.instances import Process, Scripted
from tests.records import by_metric


def used(instance: Scripted) -> dict[str, float]:
    return dict(read_cpu(instance, now_ns=0).used_s)


def test_the_account_stands_for_the_workload_and_other_roles_for_themselves() -> None:
    processes = {
        "workload": [Process(used_s=100.0)],
        "shim": [Process(used_s=0.5), Process(used_s=0.25)],
        "shared:engine": [Process(used_s=1000.0)],
    }
    assert used(Scripted(processes, AccountReading(cpu_s=3.0))) == {"cgroup": 3.0, "processes:shim": 0.75}


def test_without_an_account_the_workload_is_read_process_by_process() -> None:
    processes = {"workload": [Process(used_s=1.5), Process(used_s=2.0)]}
    assert used(Scripted(processes)) == {"processes:workload": 3.5}
    assert used(Scripted(processes, AccountReading(memory_bytes=1))) == {"processes:workload": 3.5}


def test_a_process_that_has_ended_counts_no_more() -> None:
    assert used(Scripted({"vmm": [Process(used_s=2.0), Process(used_s=9.0, gone=True)]})) == {"processes:vmm": 2.0}


def test_a_role_without_processes_is_no_vantage() -> None:
    assert used(Scripted({"shim": []})) == {}


def test_samples_are_differences_with_the_wall_time_and_the_harness_beside() -> None:
    before = CpuReading(at_ns=1_000_000_000, used_s={"cgroup": 1.0, "processes:shim": 0.5}, harness_s=4.0)
    after = CpuReading(at_ns=3_500_000_000, used_s={"cgroup": 3.0, "processes:shim": 0.75}, harness_s=4.125)
    samples = cpu_samples(before, after, at_s=9.0)
    assert by_metric(samples) == {
        ("cpu.used", "cgroup"): 2.0,
        ("cpu.used", "processes:shim"): 0.25,
        ("cpu.window", "host"): 2.5,
        ("harness.cpu", "harness"): 0.125,
    }
    assert {(sample.unit, sample.at_s) for sample in samples} == {("s", 9.0)}


def test_a_vantage_that_only_one_reading_has_gives_no_sample() -> None:
    before = CpuReading(at_ns=0, used_s={"processes:workload": 1.0}, harness_s=0.0)
    after = CpuReading(at_ns=0, used_s={"cgroup": 3.0}, harness_s=0.0)
    assert "cpu.used" not in {sample.metric for sample in cpu_samples(before, after, at_s=0.0)}
