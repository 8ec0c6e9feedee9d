"""The QEMU command of a lab host: nothing to reach, nothing written to the cache, KVM inside only where it is safe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools.hosts import machine
from tools.hosts.system import Built
from tools.hosts.table import host

DISKS = {"system": Path("/there/system.qcow2"), "results": Path("/there/results")}


JOB = machine.Job({"events": 5, "output": 6, "monitor": 7}, Path("/cache/lab/awake/memory"), saved=True)


def words(name: str, job: machine.Job | None, reach: int | None = None) -> str:
    return " ".join(machine.words(host(name), Built(folder=Path("/cache/lab/one")), DISKS, job=job, reach=reach))


def test_nothing_can_be_reached_and_disks_of_the_cache_are_not_attached() -> None:
    command = words("debian13", JOB)
    assert " -nic user,model=virtio-net-pci,ipv6=off,restrict=on -kernel" in command
    assert "file=/cache" not in command
    assert "file=/there/system.qcow2,id=system,if=none,format=qcow2" in command
    assert "file=/there/results,id=results,if=none,format=raw" in command


def test_a_host_that_comes_back_does_not_write_to_what_was_kept() -> None:
    assert "size=6144M,mem-path=/cache/lab/awake/memory,share=off" in words("debian13", JOB)
    assert words("debian13", JOB).endswith("-incoming defer")
    kept = words("debian13", replace(JOB, saved=False))
    assert "share=on" in kept
    assert "-incoming" not in kept


def test_a_port_that_is_reached_is_all_of_a_network() -> None:
    command = words("debian13", None, 8786)
    assert " -nic user,model=virtio-net-pci,ipv6=off,restrict=on,guestfwd=tcp:10.0.2.100:8786-cmd:" in command
    assert "relay.py 8786 " in command
    assert "hostfwd" not in command


def test_one_host_has_kvm_inside_and_a_thread_for_each_cpu() -> None:
    assert "thread=multi" in words("debian13-kvm", None)
    assert "module_blacklist" not in words("debian13-kvm", None)
    assert "thread=single" in words("debian13", None)
    assert "module_blacklist=kvm_amd" in words("debian13", None)


def test_another_architecture_has_its_own_machine_and_serial_line() -> None:
    command = words("debian13-arm64", JOB)
    assert command.startswith("qemu-system-aarch64 ")
    assert "thread=multi" in command
    assert "console=ttyAMA0" in command
    assert "ttyS0" not in command
    assert "console=ttyS0" in words("debian13", JOB)


def test_a_topology_is_handed_on() -> None:
    assert "-smp 8,sockets=1,cores=4,threads=2" in words("debian13-smt", None)
    assert "-smp 2 " in words("debian13", None)


@pytest.mark.parametrize("name", ["events", "output"])
def test_a_job_has_its_ports_and_a_person_the_monitor(name: str) -> None:
    command = words("debian13", JOB)
    assert "-mon chardev=monitor,mode=control" in command
    assert f"virtserialport,chardev={name},name=lab.{name}" in command
    assert "lab.job" in command
    assert "lab.job" not in words("debian13", None)
    assert "mon:stdio" in words("debian13", None)
