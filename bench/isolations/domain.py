"""The libvirt domain of a virtual machine, as XML."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from bench.model import Envelope

_MACHINES = {"x86_64": "pc", "aarch64": "virt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What one virtual machine is made of."""

    name: str
    emulator: str
    kernel: Path
    initrd: Path
    arguments: str
    disk: Path
    console: Path
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
<domain type='{"kvm" if self.kvm else "qemu"}'>
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
    </disk>
    <serial type='unix'>
      <source mode='connect' path={quoteattr(str(self.console))}/>
      <target port='0'/>
    </serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>"""
