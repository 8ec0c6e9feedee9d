"""The QEMU command line of a virtual machine: the same machine as libvirt's, but for what libvirt adds for itself.

microvm has no PCI: its devices are mapped into memory, where the guest finds them by ACPI. Its timers stay on, as
its documentation advises for guests that were not made for it.
Source: QEMU, docs/system/i386/microvm.rst.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.isolations.machines.machine import SHARED_TAG, Machine, MachineType
from bench.model import DiskRate

_MACHINES: dict[MachineType, str] = {
    "pc": "pc,usb=off,dump-guest-core=off",
    "q35": "q35,usb=off,dump-guest-core=off",
    "microvm": "microvm,pit=on,pic=on,rtc=on,usb=off,dump-guest-core=off",
}
_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
"""As libvirt confines QEMU."""


def words(machine: Machine, *, monitor: int) -> list[str]:
    """Return the command; ``monitor`` is the number of an open socket on which QEMU speaks its monitor protocol.

    A machine that does not boot waits until the monitor is told where its state comes from.
    """
    envelope = machine.envelope
    accelerator = "kvm" if machine.kvm else f"tcg{f',tb-size={machine.tb_mib}' if machine.tb_mib else ''}"
    return [
        *(machine.emulator, "-name", f"guest={_escaped(machine.name)},debug-threads=on"),
        *("-machine", f"{_MACHINES[machine.kind]},memory-backend=ram", "-accel", accelerator),
        *(("-cpu", "host") if machine.kvm else ()),
        *("-m", f"{envelope.memory_bytes}B", "-object", _memory(machine), "-overcommit", "mem-lock=off"),
        *("-smp", f"{envelope.cpus},sockets={envelope.cpus},cores=1,threads=1"),
        *("-display", "none", "-no-user-config", "-nodefaults", "-rtc", "base=utc", "-no-reboot", "-boot", "strict=on"),
        *("-chardev", f"socket,id=monitor,fd={monitor}", "-mon", "chardev=monitor,mode=control"),
        *("-kernel", str(machine.kernel), "-initrd", str(machine.initrd), "-append", machine.arguments),
        *_disks(machine),
        *_shared(machine),
        *("-chardev", f"socket,id=console,path={_escaped(str(machine.console))}", "-serial", "chardev:console"),
        *_network(machine),
        *(("-incoming", "defer") if machine.saved else ()),
        *("-sandbox", _SANDBOX, "-msg", "timestamp=on"),
    ]


def _memory(machine: Machine) -> str:
    """Return what its memory lies in; a file that it comes back from is mapped for itself alone: a copy on write."""
    size = f"id=ram,size={machine.envelope.memory_bytes}"
    if machine.memory_file is not None:
        share = "off" if machine.saved else "on"
        return f"memory-backend-file,{size},mem-path={_escaped(str(machine.memory_file))},share={share}"
    return f"memory-backend-memfd,share=on,{size}" if machine.shared else f"memory-backend-ram,{size}"


_THROTTLES: Mapping[DiskRate, str] = {
    "write_bytes": "bps-write",
    "read_bytes": "bps-read",
    "write_operations": "iops-write",
    "read_operations": "iops-read",
}


def _disks(machine: Machine) -> list[str]:
    there = ((1, "root", "qcow2", machine.disk), (2, "volume", "raw", machine.volume))
    rates = machine.envelope.disk_rates.items()
    throttle = "".join(f",throttling.{_THROTTLES[name]}={rate}" for name, rate in rates)
    found: list[str] = []
    for port, name, kind, file in there:
        if file is not None:
            drive = f"file={_escaped(str(file))},id={name},if=none,format={kind},cache=none,discard=unmap{throttle}"
            found += ["-drive", drive, *_device(machine, "virtio-blk", f"drive={name}", port=port)]
    return found


def _shared(machine: Machine) -> list[str]:
    if machine.shared is None:
        return []
    socket = f"socket,id=virtiofsd,path={_escaped(str(machine.shared))}"
    device = _device(machine, "vhost-user-fs", f"chardev=virtiofsd,tag={SHARED_TAG}", port=1)
    return ["-chardev", socket, *device]


def _network(machine: Machine) -> list[str]:
    if machine.user_network is None:
        return []
    if machine.kind == "microvm":
        return ["-netdev", machine.user_network, "-device", "virtio-net-device,netdev=n0"]
    return ["-netdev", machine.user_network, "-device", "virtio-net-pci,addr=0x10,netdev=n0,romfile="]


def _device(machine: Machine, name: str, options: str, *, port: int) -> list[str]:
    """Return a device; on q35 it sits behind a root port of its own, as libvirt arranges it. The root's is port 1."""
    match machine.kind:
        case "microvm":
            return ["-device", f"{name}-device,{options}"]
        case "pc":
            return ["-device", f"{name}-pci,{options}"]
        case "q35":
            bus = f"port{port}"
            root = f"pcie-root-port,id={bus},bus=pcie.0,chassis={port}"
            return ["-device", root, "-device", f"{name}-pci,bus={bus},{options}"]


def _escaped(value: str) -> str:
    return value.replace(",", ",,")
