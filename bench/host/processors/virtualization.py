"""What ``/dev/kvm`` is on this host: hardware virtualization, or a module that does without."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.host.fingerprint import hypervisor

DEVICE = Path("/dev/kvm")
ONLY_OWN_GUESTS = (
    "/dev/kvm is kvm-pvm here, software virtualization, which runs only guest kernels made for it (CONFIG_PVM_GUEST)"
)
_HARDWARE = ("kvm_intel", "kvm_amd", "kvm_hv")
_SOFTWARE = ("kvm_pvm", "kvm_pr")
"""Modules that need nothing of the processor: page-table virtual machines (PVM), and POWER's for its user mode."""
_FLAGS = {"vmx", "svm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kvm:
    """By what machines under KVM run here."""

    kind: Literal["hardware", "software"]
    module: str
    """The kernel's module that does it; empty: it is built in."""

    @property
    def only_own_guests(self) -> bool:
        """Whether it runs no guest kernel but those that were made for it."""
        return self.module == "kvm_pvm"

    @property
    def says(self) -> str:
        """By what a machine's processor comes about, and that it does so in a machine, where it does; for a person."""
        word = self.module.replace("_", "-") or "KVM"
        how = "hardware virtualization (KVM)" if self.kind == "hardware" else f"software virtualization ({word})"
        return f"{how}, nested: this host is itself a virtual machine" if hypervisor() else how


def closed(device: Path = DEVICE) -> str:
    """Return why KVM cannot be used by who asks; empty: it can be opened."""
    if os.access(device, os.R_OK | os.W_OK):
        return ""
    return "/dev/kvm does not open for this user" if device.exists() else "no /dev/kvm on this host"


def kvm(root: Path = Path("/")) -> Kvm:
    """Return what the loaded modules are; where none is known, as the processor's flags have it.

    Other architectures than x86 have one KVM, by hardware, unless a module says otherwise.
    """
    loaded = {module.name for module in (root / "sys/module").glob("kvm_*")}
    hardware = next((name for name in _HARDWARE if name in loaded), "")
    software = next((name for name in _SOFTWARE if name in loaded), "")
    if software and not hardware:
        return Kvm(kind="software", module=software)
    if hardware or platform.machine() != "x86_64" or flags(root) & _FLAGS:
        return Kvm(kind="hardware", module=hardware)
    return Kvm(kind="software", module="")


def flags(root: Path = Path("/")) -> set[str]:
    """Return what the processor can do and the kernel lets be used, in the words of ``/proc/cpuinfo`` on x86."""
    try:
        lines = (root / "proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())
