"""The libvirt domain of a virtual machine, as XML."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from bench.isolations.machines.machine import SHARED_TAG, Machine
from bench.model import DiskRate

_TYPES = {("x86_64", "pc"): "pc", ("x86_64", "q35"): "q35", ("aarch64", "pc"): "virt"}
"""Architecture and machine type -> libvirt's word; it has none for microvm."""

_NETWORK_CARDS = {"x86_64": "virtio-net-pci,addr=0x10", "aarch64": "virtio-net-pci"}
"""The slot is one that libvirt, which does not know of the card, leaves free on ``pc`` and ``q35``."""

_FEATURES = {"x86_64": "<acpi/>"}
"""By which a guest powers off; on aarch64 libvirt has it with a firmware only, and guests need none to power off."""

_EMULATED_CPUS = {"aarch64": "<cpu mode='custom' match='exact'><model fallback='forbid'>cortex-a72</model></cpu>"}
"""Where QEMU's own choice runs no kernel of today: it is one of 32 bits. A newer one's signed pointers take long."""


def xml(machine: Machine) -> str:
    """Describe a machine to libvirt: a transient domain that is gone when the guest powers off.

    The serial port connects to the harness's socket, so that every byte arrives as it is written and the
    stream's end marks the power-off. Host page cache is bypassed (``cache='none'``): the guest has its own.
    """
    envelope, cpus = machine.envelope, machine.cpu_list
    pins = "".join(f"<vcpupin vcpu='{vcpu}' cpuset='{cpus}'/>" for vcpu in range(envelope.cpus))
    return f"""
<domain type='{"kvm" if machine.kvm else "qemu"}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{escape(machine.name)}</name>
  <memory unit='bytes'>{envelope.memory_bytes}</memory>
  {_SHARED_MEMORY if machine.shared else ""}
  <vcpu placement='static' cpuset='{cpus}'>{envelope.cpus}</vcpu>
  <cputune>{pins}<emulatorpin cpuset='{cpus}'/></cputune>
  <os>
    <type arch='{platform.machine()}' machine='{_TYPES[platform.machine(), machine.kind]}'>hvm</type>
    <kernel>{escape(str(machine.kernel))}</kernel>
    <initrd>{escape(str(machine.initrd))}</initrd>
    <cmdline>{escape(machine.arguments)}</cmdline>
  </os>
  <features>{_FEATURES.get(platform.machine(), "")}{_translation_buffer(machine)}</features>
  {"<cpu mode='host-passthrough'/>" if machine.kvm else _EMULATED_CPUS.get(platform.machine(), "")}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>{escape(machine.emulator)}</emulator>
    {_disks(machine)}
    {_shared(machine.shared)}
    <serial type='unix'>
      <source mode='connect' path={quoteattr(str(machine.console))}/>
      <target port='0'/>
    </serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
  {_network(machine)}
</domain>"""


_SHARED_MEMORY = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
"""virtiofsd works in the guest's own memory."""


def _translation_buffer(machine: Machine) -> str:
    return f"<tcg><tb-cache unit='MiB'>{machine.tb_mib}</tb-cache></tcg>" if machine.tb_mib else ""


_THROTTLES: Mapping[DiskRate, str] = {
    "write_bytes": "write_bytes_sec",
    "read_bytes": "read_bytes_sec",
    "write_operations": "write_iops_sec",
    "read_operations": "read_iops_sec",
}


def _disks(machine: Machine) -> str:
    there = [(kind, file) for kind, file in (("qcow2", machine.disk), ("raw", machine.volume)) if file]
    rates = [(_THROTTLES[name], rate) for name, rate in machine.envelope.disk_rates.items()]
    limits = "".join(f"<{name}>{rate}</{name}>" for name, rate in rates)
    tune = f"<iotune>{limits}</iotune>" if limits else ""
    return "".join(
        f"""<disk type='file' device='disk'>
      <driver name='qemu' type='{kind}' cache='none'/>
      <source file={quoteattr(str(file))}/>
      <target dev='vd{letter}' bus='virtio'/>
      {tune}
    </disk>"""
        for letter, (kind, file) in zip("ab", there, strict=False)
    )


def _shared(socket: Path | None) -> str:
    """Name the socket of a virtiofsd that libvirt does not start: where its root is mounted is not libvirt's affair."""
    if socket is None:
        return ""
    source = f"<source socket={quoteattr(str(socket))}/>"
    return f"<filesystem type='mount'><driver type='virtiofs'/>{source}<target dir='{SHARED_TAG}'/></filesystem>"


def _network(machine: Machine) -> str:
    """Give QEMU a user-mode network by its own words: libvirt forwards ports only by a helper of its own."""
    if machine.user_network is None:
        return ""
    card = f"{_NETWORK_CARDS[platform.machine()]},netdev=n0,romfile="
    words = ("-netdev", machine.user_network, "-device", card)
    said = "".join(f"<qemu:arg value={quoteattr(word)}/>" for word in words)
    return f"<qemu:commandline>{said}</qemu:commandline>"
