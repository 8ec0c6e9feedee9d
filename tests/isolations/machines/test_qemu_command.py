"""QEMU's command line: the machine that libvirt is told of, in QEMU's own words."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest

from bench.isolations.machines.machine import Machine, MachineType
from bench.isolations.machines.qemu_command import words
from tests.isolations.machines.test_libvirt_domain import machine
from tests.records import MIB


def said(made: Machine, option: str) -> list[str]:
    """Return what follows each occurrence of an option."""
    line = words(made, monitor=7)
    return [value for name, value in itertools.pairwise(line) if name == option]


def test_the_envelope_is_in_it() -> None:
    made = machine()
    assert said(made, "-m") == [f"{256 * MIB}B"]
    assert said(made, "-smp")[0].startswith("2,")
    assert said(made, "-netdev") == []


def test_limits_of_a_disk_hold_for_every_disk() -> None:
    made = machine(volume=Path("/scratch/volume"))
    limited = dataclasses.replace(made.envelope, write_bytes_per_s=8 * MIB, read_operations_per_s=400)
    slow = dataclasses.replace(made, envelope=limited)
    throttled = f",throttling.bps-write={8 * MIB},throttling.iops-read=400"
    assert [drive.endswith(throttled) for drive in said(slow, "-drive")] == [True, True]
    assert not any("throttling" in drive for drive in said(made, "-drive"))


def test_a_port_is_forwarded_from_loopback_only() -> None:
    [netdev] = said(machine(network="published"), "-netdev")
    assert netdev == "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:20001-:20001"


@pytest.mark.parametrize(
    ("kind", "devices"),
    [
        ("pc", ["virtio-blk-pci,drive=root", "virtio-blk-pci,drive=volume"]),
        ("microvm", ["virtio-blk-device,drive=root", "virtio-blk-device,drive=volume"]),
        (
            "q35",
            [
                "pcie-root-port,id=port1,bus=pcie.0,chassis=1",
                "virtio-blk-pci,bus=port1,drive=root",
                "pcie-root-port,id=port2,bus=pcie.0,chassis=2",
                "virtio-blk-pci,bus=port2,drive=volume",
            ],
        ),
    ],
)
def test_disks_sit_where_their_machine_type_has_them(kind: MachineType, devices: list[str]) -> None:
    made = dataclasses.replace(machine(volume=Path("/scratch/volume")), kind=kind)
    assert said(made, "-device") == devices
    assert said(made, "-machine")[0].startswith(f"{kind},")


def test_memory_in_a_file_is_its_own_while_it_boots_and_copied_on_write_when_it_comes_back() -> None:
    boots = dataclasses.replace(machine(), memory_file=Path("/scratch/ram"))
    assert said(boots, "-object")[0].endswith("mem-path=/scratch/ram,share=on")
    assert said(boots, "-incoming") == []
    back = dataclasses.replace(boots, saved=Path("/scratch/state"))
    assert said(back, "-object")[0].endswith("mem-path=/scratch/ram,share=off")
    assert said(back, "-incoming") == ["defer"]


def test_a_shared_root_needs_memory_that_virtiofsd_can_see() -> None:
    made = dataclasses.replace(machine(), disk=None, shared=Path("/scratch/socket"))
    assert said(made, "-drive") == []
    assert said(made, "-device") == ["vhost-user-fs-pci,chardev=virtiofsd,tag=root"]
    assert "share=on" in said(made, "-object")[0]


@pytest.mark.parametrize(("kvm", "shown"), [(True, "kvm"), (False, "tcg,tb-size=16")])
def test_a_translation_buffer_is_for_emulation_only(kvm: bool, shown: str) -> None:
    assert said(dataclasses.replace(machine(kvm=kvm), tb_mib=16), "-accel") == [shown]


def test_commas_in_names_and_paths_do_not_end_an_option() -> None:
    made = machine(name="a,b", folder="/c,d")
    assert said(made, "-name") == ["guest=a,,b,debug-threads=on"]
    assert said(made, "-drive")[0].startswith("file=/c,,d/disk.qcow2,")
    assert "socket,id=console,path=/c,,d/console" in said(made, "-chardev")
