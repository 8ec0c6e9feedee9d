"""What ``/dev/kvm`` is on this host: hardware virtualization, or a module that does without."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
