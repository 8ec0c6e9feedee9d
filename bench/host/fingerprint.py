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
    return _cpu_model().startswith("QEMU TCG CPU")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()


def hypervisor() -> str:
    """Return who virtualizes this host, as ``lscpu`` reads it from the CPU; empty on hardware."""
    told = ""
    with suppress(OSError):  # a host without lscpu
        told = ran("lscpu").stdout
    found = re.search(r"^Hypervisor vendor:\s+(.+)$", told, re.MULTILINE)
    if found:
        return found[1]
    if is_emulated():
        return "QEMU, which emulates it"
    return "an unnamed hypervisor" if " hypervisor" in Path("/proc/cpuinfo").read_text() else ""


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
