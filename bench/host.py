"""The host: what it is, and what a reader must know before believing its numbers."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host's fingerprint, and what a reader must know before believing its numbers."""

    name: str
    cpu_model: str
    cpus: int
    memory_bytes: int
    swap_bytes: int
    os: str
    kernel: str
    architecture: str
    cgroup: str
    virtual: str
    """Name of the hypervisor this host itself runs under; empty on hardware."""
    caveats: tuple[str, ...]


def fingerprint(*, cgroup: str) -> Host:
    """Describe this host; ``cgroup`` is the version its controllers are mounted in."""
    virtual = _hypervisor()
    return Host(
        name=platform.node(),
        cpu_model=_cpu_model(),
        cpus=os.cpu_count() or 1,
        memory_bytes=int(psutil.virtual_memory().total),
        swap_bytes=int(psutil.swap_memory().total),
        os=platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        kernel=platform.release(),
        architecture=platform.machine(),
        cgroup=cgroup,
        virtual=virtual,
        caveats=tuple(_caveats(virtual)),
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()


def _hypervisor() -> str:
    """Return who virtualizes this host, as ``lscpu`` reads it from the CPU; empty on hardware."""
    told = ""
    with suppress(OSError):  # a host without lscpu
        environment = {**os.environ, "LC_ALL": "C"}
        told = subprocess.run(["lscpu"], capture_output=True, text=True, check=False, env=environment).stdout
    found = re.search(r"^Hypervisor vendor:\s+(.+)$", told, re.MULTILINE)
    if found:
        return found[1]
    return "an unnamed hypervisor" if " hypervisor" in Path("/proc/cpuinfo").read_text() else ""


def _caveats(virtual: str) -> list[str]:
    caveats = []
    if virtual:
        caveats.append(
            f"This host is itself a virtual machine ({virtual}): its hypervisor is in every figure, bare included, "
            "and others may share its hardware."
        )
    governors = {
        path.read_text().strip() for path in Path("/sys/devices/system/cpu").glob("cpu*/cpufreq/scaling_governor")
    }
    if governors - {"performance"}:
        caveats.append(f"CPU frequency scaling is on ({', '.join(sorted(governors))}): set it to performance.")
    if (os.cpu_count() or 1) < 2:
        caveats.append("There is one CPU: harness and instance share it.")
    return caveats
