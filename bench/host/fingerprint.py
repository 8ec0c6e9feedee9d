"""The host: what it is, and what a reader must know before believing its numbers."""

from __future__ import annotations

import os
import platform
import re
from contextlib import suppress
from pathlib import Path

import psutil

from bench.host.cpus import topology
from bench.host.machine import Host
from bench.host.subprocesses import ran

_CPUINFO = Path("/proc/cpuinfo")
_QEMU = "QEMU TCG CPU"
_QEMU_ON_ARM = {"implementer": "0x00", "part": "0x051"}
"""What QEMU's processor says there: an implementer that Arm leaves to software, and Q. Source: QEMU, arm/cpu64.c."""


def fingerprint(*, cgroup: str) -> Host:
    """Describe this host; ``cgroup`` is the version its controllers are mounted in."""
    virtual = hypervisor()
    return Host(
        name=platform.node(),
        cpu_model=_cpu_model(),
        cpus=os.cpu_count() or 1,
        topology=topology(),
        memory_bytes=int(psutil.virtual_memory().total),
        swap_bytes=int(psutil.swap_memory().total),
        os=platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        kernel=platform.release(),
        architecture=platform.machine(),
        cgroup=cgroup,
        virtual=virtual,
        caveats=tuple(_caveats(virtual)),
    )


def is_emulated() -> bool:
    """Whether this host's processor is emulated: QEMU names it so where neither it nor KVM is told another name."""
    return _cpu_model().startswith(_QEMU)


def _cpu_model() -> str:
    told = _CPUINFO.read_text()
    if found := re.search(r"^(?:model name|Model)\s*:\s*(.+)$", told, re.MULTILINE):
        return found[1].strip()
    if all(re.search(rf"^CPU {key}\s*: {value}$", told, re.MULTILINE) for key, value in _QEMU_ON_ARM.items()):
        return _QEMU
    found = re.search(r"^\s*Model name:\s+(\w.*)$", _asked("lscpu"), re.MULTILINE)  # Arm's kernel has numbers alone
    return found[1] if found else platform.machine()


def _asked(*words: str) -> str:
    """Return what a program says; nothing where it is not there."""
    with suppress(OSError):
        return ran(*words).stdout
    return ""


def hypervisor() -> str:
    """Return who virtualizes this host; empty on hardware.

    ``lscpu`` reads it from the CPU, and what is no x86 tells it of no CPU: systemd knows firmwares and device trees.
    """
    found = re.search(r"^\s*Hypervisor vendor:\s+(.+)$", _asked("lscpu"), re.MULTILINE)
    if found:
        return found[1]
    if is_emulated():
        return "QEMU, which emulates it"
    if (name := _asked("systemd-detect-virt", "--vm").strip()) not in ("", "none"):
        return name
    return "an unnamed hypervisor" if " hypervisor" in _CPUINFO.read_text() else ""


def _caveats(virtual: str) -> list[str]:
    caveats = []
    if is_emulated():
        caveats.append(
            "This host's processor is emulated: what takes long on it says nothing of a real one, bare included. "
            "What ran, and how it ended, does."
        )
    elif virtual:
        caveats.append(
            f"This host is itself a virtual machine ({virtual}): its hypervisor is in every figure, bare included, "
            "and others may share its hardware."
        )
    governors = {
        path.read_text().strip() for path in Path("/sys/devices/system/cpu").glob("cpu*/cpufreq/scaling_governor")
    }
    if governors - {"performance"}:
        caveats.append(f"CPU frequency scaling is on ({', '.join(sorted(governors))}): set it to performance.")
    return caveats
