"""Which process plays which role in an instance, told by its program.

What a program is called is read from the first word of its command line: gVisor's parts all run one file, whose name
the kernel gives as ``exe``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.isolations.base import Unreadable
from bench.isolations.processes import PsutilProcess

WORKLOAD = "workload"

_ROLES: Mapping[str, str] = {
    "unshare": "monitor",
    "bwrap": "monitor",
    "systemd-nspawn": "monitor",
    "(sd-stubinit)": "monitor",
    "lxc-execute": "monitor",
    "[lxc": "monitor",
    "init.lxc": "monitor",
    "init.lxc.static": "monitor",
    "runc": "monitor",
    "crun": "monitor",
    "runsc": "monitor",
    "runsc-sandbox": "sentry",
    "exe": "sentry",
    "runsc-gofer": "gofer",
    "containerd-shim-runc-v2": "shim",
    "containerd-shim-runsc-v1": "shim",
    "containerd-shim-kata-v2": "shim",
    "containerd-shim": "shim",
    "conmon": "conmon",
    "docker": "client",
    "linux.uml": "vmm",
    "qemu-system-x86_64": "vmm",
    "qemu-system-aarch64": "vmm",
    "cloud-hypervisor": "vmm",
    "firecracker": "vmm",
    "virtiofsd": "virtiofsd",
}
"""Program -> role. ``exe`` is a stub in which gVisor runs the workload's code; what it maps is the sentry's."""


def by_role(found: Iterable[PsutilProcess]) -> dict[str, list[PsutilProcess]]:
    """Return the processes by role; what is no part of any isolation is the workload, what has ended left out."""
    roles: dict[str, list[PsutilProcess]] = {}
    for process in found:
        try:
            program = process.program
        except Unreadable:
            continue
        roles.setdefault(_ROLES.get(program, WORKLOAD), []).append(process)
    return roles
