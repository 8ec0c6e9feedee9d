"""The domain: well-formed XML that says the envelope, whatever the paths are called."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.isolations.machines.libvirt_domain import xml
from bench.isolations.machines.machine import Machine
from bench.model import Network
from tests.records import MIB, envelope

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason=f"no machine type known for {platform.machine()}"
)
AWKWARD = """a & b <c> "d" 'e'"""


def machine(
    *,
    name: str = "isobench-fir-0001",
    folder: str = "/scratch",
    kvm: bool = False,
    network: Network = "none",
    volume: Path | None = None,
) -> Machine:
    return Machine(
        name=name,
        emulator="/usr/bin/qemu",
        kernel=Path(folder, "vmlinuz"),
        initrd=Path(folder, "initrd"),
        arguments="console=ttyS0 quiet",
        disk=Path(folder, "disk.qcow2"),
        volume=volume,
        console=Path(folder, "console"),
        port=20_001,
        envelope=envelope(cpus=2, cpu_set=(2, 5), memory_bytes=256 * MIB, network=network),
        kvm=kvm,
    )


def parsed(made: Machine) -> ElementTree.Element:
    return ElementTree.fromstring(xml(made))


def test_the_envelope_is_in_it() -> None:
    domain = parsed(machine())
    memory, cpus = domain.find("memory"), domain.find("vcpu")
    assert memory is not None
    assert (memory.get("unit"), memory.text) == ("bytes", str(256 * MIB))
    assert cpus is not None
    assert (cpus.text, cpus.get("cpuset")) == ("2", "2,5")
    pins = [(pin.get("vcpu"), pin.get("cpuset")) for pin in domain.findall("cputune/vcpupin")]
    assert pins == [("0", "2,5"), ("1", "2,5")]
    emulator = domain.find("cputune/emulatorpin")
    assert emulator is not None
    assert emulator.get("cpuset") == "2,5"


def test_there_is_no_network_as_the_envelope_says() -> None:
    assert parsed(machine()).find("devices/interface") is None


@pytest.mark.parametrize(("kvm", "kind"), [(True, "kvm"), (False, "qemu")])
def test_hardware_virtualization_only_where_it_was_chosen(kvm: bool, kind: str) -> None:
    domain = parsed(machine(kvm=kvm))
    assert domain.get("type") == kind
    assert (domain.find("cpu[@mode='host-passthrough']") is not None) == kvm


def test_names_and_paths_are_escaped() -> None:
    domain = parsed(machine(name=AWKWARD, folder=f"/{AWKWARD}"))
    assert domain.findtext("name") == AWKWARD
    assert domain.findtext("os/kernel") == f"/{AWKWARD}/vmlinuz"
    assert domain.findtext("os/initrd") == f"/{AWKWARD}/initrd"
    disk, serial = domain.find("devices/disk/source"), domain.find("devices/serial/source")
    assert disk is not None
    assert disk.get("file") == f"/{AWKWARD}/disk.qcow2"
    assert serial is not None
    assert serial.get("path") == f"/{AWKWARD}/console"


def test_a_guest_that_powers_off_or_crashes_is_gone() -> None:
    domain = parsed(machine())
    assert [domain.findtext(f"on_{event}") for event in ("poweroff", "reboot", "crash")] == ["destroy"] * 3


def test_limits_of_a_disk_hold_for_it() -> None:
    made = machine()
    slow = replace(made, envelope=replace(made.envelope, read_bytes_per_s=8 << 20, write_operations_per_s=400))
    tuned = parsed(slow).find("devices/disk/iotune")
    assert tuned is not None
    assert [(one.tag, one.text) for one in tuned] == [("read_bytes_sec", str(8 << 20)), ("write_iops_sec", "400")]
    assert parsed(made).find("devices/disk/iotune") is None


def test_a_translation_buffer_is_asked_for_where_it_is_named() -> None:
    buffer = parsed(replace(machine(), tb_mib=16)).find("features/tcg/tb-cache")
    assert buffer is not None
    assert (buffer.get("unit"), buffer.text) == ("MiB", "16")
    assert parsed(machine()).find("features/tcg") is None


def test_a_shared_root_names_the_socket_and_leaves_the_first_disk_to_the_volume() -> None:
    domain = parsed(replace(machine(volume=Path("/scratch/volume")), disk=None, shared=Path("/scratch/socket")))
    source, access = domain.find("devices/filesystem/source"), domain.find("memoryBacking/access")
    assert source is not None
    assert source.get("socket") == "/scratch/socket"
    assert access is not None
    assert access.get("mode") == "shared"
    assert [target.get("dev") for target in domain.findall("devices/disk/target")] == ["vda"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="q35 exists on x86_64 only")
def test_q35_is_asked_for_by_its_name() -> None:
    found = parsed(replace(machine(), kind="q35")).find("os/type")
    assert found is not None
    assert found.get("machine") == "q35"


def test_a_machine_of_arm_has_no_firmware_and_a_processor_of_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    domain = parsed(machine())
    assert domain.find("features/acpi") is None
    assert domain.findtext("cpu/model") == "cortex-a72"
    accelerated = parsed(machine(kvm=True)).find("cpu")
    assert accelerated is not None
    assert accelerated.get("mode") == "host-passthrough"
