"""What was written to disks: the control group's books and the processes' beside each other, never added up."""

from __future__ import annotations

from bench.host.accounting import AccountReading
from bench.measuring.meters.disk import disk_samples
from tests.measuring.meters.instances import Process, Scripted
from tests.records import by_metric


def test_the_group_and_every_role_of_the_instance_say_what_they_have_written() -> None:
    processes = {
        "workload": [Process(wrote_bytes=30), Process(wrote_bytes=12), Process(wrote_bytes=9, gone=True)],
        "gofer": [Process(wrote_bytes=5)],
        "shared:engine": [Process(wrote_bytes=1000)],
    }
    samples = disk_samples(Scripted(processes), AccountReading(written_bytes=45), at_s=2.0)
    assert by_metric(samples) == {
        ("disk.written", "cgroup"): 45,
        ("disk.written", "processes:workload"): 42,
        ("disk.written", "processes:gofer"): 5,
    }
    assert {(sample.unit, sample.better, sample.at_s) for sample in samples} == {("B", "lower", 2.0)}


def test_nothing_written_is_a_zero_and_no_books_are_none() -> None:
    assert by_metric(disk_samples(Scripted({"vmm": [Process()]}), AccountReading(written_bytes=0), at_s=1.0)) == {
        ("disk.written", "cgroup"): 0,
        ("disk.written", "processes:vmm"): 0,
    }
    assert disk_samples(Scripted({"vmm": [Process(gone=True)], "shim": []}), AccountReading(), at_s=1.0) == []
