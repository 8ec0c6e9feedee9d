"""The host: what it is, and signs that it disturbed a trial."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_STEAL_LIMIT = 0.05
"""Share of the trial's time that the hypervisor took from the instance's CPUs before the trial is spoiled."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """Counters that should not move during a trial."""

    swapped_bytes: int
    stolen_s: float
    at_ns: int


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


def disturbance(cpus: Sequence[int], *, now_ns: int) -> Disturbance:
    """Read the counters; ``cpus`` are those of the instance."""
    swap = psutil.swap_memory()
    times = psutil.cpu_times(percpu=True)
    return Disturbance(
        swapped_bytes=int(swap.sin + swap.sout),
        stolen_s=sum(times[cpu].steal for cpu in cpus if cpu < len(times)),
        at_ns=now_ns,
    )


def spoiled_by(before: Disturbance, after: Disturbance, *, throttled: int | None, cpus: int) -> list[str]:
    """Return why a trial's figures should not be trusted; empty when nothing disturbed it.

    Rule: krun and BenchExec (Beyer, Löwe, Wendler 2019): keep such a trial, mark it, leave it out of headline
    figures.
    """
    reasons = []
    if after.swapped_bytes != before.swapped_bytes:
        reasons.append(f"the host swapped {after.swapped_bytes - before.swapped_bytes} bytes")
    span_s = max((after.at_ns - before.at_ns) / 1e9 * cpus, 1e-9)
    stolen_s = after.stolen_s - before.stolen_s
    if span_s > 1.0 and stolen_s / span_s > _STEAL_LIMIT:
        reasons.append(f"the host's hypervisor took {stolen_s / span_s:.0%} of the instance's CPU time")
    if throttled:
        reasons.append(f"the CPU quota throttled it {throttled} times")
    return reasons


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
