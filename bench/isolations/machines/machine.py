"""One virtual machine, described once: libvirt and QEMU each get their own words for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.model import Envelope

MachineType = Literal["pc", "q35", "microvm"]

SHARED_TAG = "root"
"""The name under which the guest mounts the folder of the host that is its root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What one virtual machine is made of."""

    name: str
    kind: MachineType = "pc"
    emulator: str
    kernel: Path
    initrd: Path
    arguments: str
    """The kernel's command line."""
    disk: Path | None
    """A qcow2 file that becomes the first disk, with the root on it; None: the root is shared."""
    shared: Path | None = None
    """The socket on which virtiofsd serves a folder of the host as root; None: it lies on the disk."""
    volume: Path | None
    """A raw file that becomes the next disk."""
    console: Path
    """The socket that the serial line connects to."""
    port: int
    """The guest's port that is forwarded from the host's loopback, where the network is published."""
    envelope: Envelope
    kvm: bool
    saved: Path | None = None
    """A file from which its state comes, and its memory where that has no file of its own; None: it boots."""
    memory_file: Path | None = None
    """A file in which its memory lies: its own, or mapped where it does not boot, so that it changes no byte of it."""
    tb_mib: int | None = None
    """Size of the buffer that holds translated code, under emulation; None: QEMU's default."""

    @property
    def cpu_list(self) -> str:
        """The host CPUs that all its threads are kept to."""
        return ",".join(str(cpu) for cpu in self.envelope.cpu_set)

    @property
    def user_network(self) -> str | None:
        """QEMU's word for a network of its own in which one port is forwarded; None: the machine has no card."""
        if self.envelope.network != "published":
            return None
        return f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:{self.port}"
