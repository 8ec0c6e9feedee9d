"""The libvirt domain of a virtual machine, as XML."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from bench.model import Envelope

_MACHINES = {"x86_64": "pc", "aarch64": "virt"}
_NETWORK_CARDS = {"x86_64": "virtio-net-pci,addr=0x10", "aarch64": "virtio-net-pci"}
"""The slot is one that libvirt, which does not know of the card, leaves free on ``pc``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What one virtual machine is made of."""

    name: str
    emulator: str
    kernel: Path
    initrd: Path
    arguments: str
    disk: Path
    volume: Path | None
    """A raw file that becomes the second disk."""
    console: Path
    port: int
    """The guest's port that is forwarded from the host's loopback, where the network is published."""
    envelope: Envelope
    kvm: bool

    def xml(self) -> str:
        """Describe it to libvirt: a transient domain that is gone when the guest powers off.

        The serial port connects to the harness's socket, so that every byte arrives as it is written and the
        stream's end marks the power-off. Host page cache is bypassed (``cache='none'``): the guest has its own.
        """
        envelope = self.envelope
        cpus = ",".join(str(cpu) for cpu in envelope.cpu_set)
        pins = "".join(f"<vcpupin vcpu='{vcpu}' cpuset='{cpus}'/>" for vcpu in range(envelope.cpus))
        cpu = "<cpu mode='host-passthrough'/>" if self.kvm else ""
        return f"""
<domain type='{"kvm" if self.kvm else "qemu"}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{escape(self.name)}</name>
  <memory unit='bytes'>{envelope.memory_bytes}</memory>
  <vcpu placement='static' cpuset='{cpus}'>{envelope.cpus}</vcpu>
  <cputune>{pins}<emulatorpin cpuset='{cpus}'/></cputune>
  <os>
    <type arch='{platform.machine()}' machine='{_MACHINES[platform.machine()]}'>hvm</type>
    <kernel>{escape(str(self.kernel))}</kernel>
    <initrd>{escape(str(self.initrd))}</initrd>
    <cmdline>{escape(self.arguments)}</cmdline>
  </os>
  <features><acpi/></features>
  {cpu}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>{escape(self.emulator)}</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file={quoteattr(str(self.disk))}/>
      <target dev='vda' bus='virtio'/>
      {self._write_limit()}
    </disk>
    {self._volume()}
    <serial type='unix'>
      <source mode='connect' path={quoteattr(str(self.console))}/>
      <target port='0'/>
    </serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
  {self._network()}
</domain>"""

    def _volume(self) -> str:
        if self.volume is None:
            return ""
        return f"""<disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source file={quoteattr(str(self.volume))}/>
      <target dev='vdb' bus='virtio'/>
      {self._write_limit()}
    </disk>"""

    def _write_limit(self) -> str:
        most = self.envelope.write_bytes_per_s
        return f"<iotune><write_bytes_sec>{most}</write_bytes_sec></iotune>" if most else ""

    def _network(self) -> str:
        """Give QEMU a user-mode network by its own words: libvirt forwards ports only by a helper of its own."""
        if self.envelope.network != "published":
            return ""
        user = f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:{self.port}"
        words = ("-netdev", user, "-device", f"{_NETWORK_CARDS[platform.machine()]},netdev=n0,romfile=")
        said = "".join(f"<qemu:arg value={quoteattr(word)}/>" for word in words)
        return f"<qemu:commandline>{said}</qemu:commandline>"
