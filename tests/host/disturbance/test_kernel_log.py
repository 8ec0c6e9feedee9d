"""The kernel's log: what counts as trouble, and that only what came since is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.host.disturbance.kernel_log import KernelLog, trouble


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ("3,7,1,-;EXT4-fs error (device vda): bad block", "EXT4-fs error (device vda): bad block"),
        ("0,7,1,-;Kernel panic", "Kernel panic"),
        ("3,7,1,-;Out of memory: Killed process 7 (x)", "Out of memory: Killed process 7 (x)"),
        ("4,7,1,-;mce: CPU0: Core temperature above threshold", "mce: CPU0: Core temperature above threshold"),
        ("6,7,1,-;INFO: task x:1 blocked for more than 120 seconds.", None),
        ("6,7,1,-;docker0: port 1(veth1) entered disabled state", ""),
        ("4,7,1,-;a warning", ""),
        ("3,7,1,-;Memory cgroup out of memory: Killed process 7 (x)", ""),
        ("3,7,1,-;kvm [812]: vcpu0, guest rIP: 0x1 ignored rdmsr: 0x1", ""),
        ("3,7,1,-;kvm: kvm [766]: vcpu0, guest rIP: 0x1 Unhandled WRMSR(0xc0010007) = 0xffff", ""),
        ("3,7,1,-;kvm_amd: kvm [766]: vcpu0, guest rIP: 0x1 Unhandled WRMSR(0x1) = 0x1", ""),
        ("3,7,1,-;kvm: failed to enable", "kvm: failed to enable"),
        ("11,7,1,-;a process's own error", ""),
        (" SUBSYSTEM=pci", ""),
        ("", ""),
    ],
)
def test_errors_machine_checks_and_hung_tasks_are_trouble_and_an_instances_own_is_not(
    record: str, found: str | None
) -> None:
    assert trouble(record) == (record.partition(";")[2] if found is None else found)


def test_only_what_came_since_is_read(tmp_path: Path) -> None:
    log = tmp_path / "kmsg"
    log.write_text("3,1,1,-;before\n")
    with KernelLog(log) as opened:
        with log.open("a") as file:
            file.write("3,2,2,-;since\n6,3,3,-;all is well\n")
        assert opened.errors() == ("since",)


def test_a_log_that_is_not_there_is_not_watched(tmp_path: Path) -> None:
    with KernelLog(tmp_path / "kmsg") as opened:
        assert opened.errors() is None
        assert opened.fault == f"{tmp_path}/kmsg: No such file or directory"


@pytest.mark.skipif(not os.access("/dev/kmsg", os.W_OK), reason="may not write to the kernel's log")
def test_what_a_process_writes_into_the_real_log_is_none_of_the_kernels() -> None:
    with KernelLog() as opened:
        Path("/dev/kmsg").write_text("<3>isobench: a test of its reader\n")
        errors = opened.errors()
    assert errors is not None
    assert not [one for one in errors if "a test of its reader" in one]
