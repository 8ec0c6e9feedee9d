"""User-Mode Linux: a whole kernel as a process of the host, its root a folder of the host.

Source: Linux kernel, Documentation/virt/uml/user_mode_linux_howto_v2.rst.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.host.accounting import HostProcess
from bench.host.processors.virtualization import flags
from bench.host.subprocesses import told_by, version_of
from bench.isolations.base import LOOPBACK, Availability, Exit, Fault, Isolation, Route
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat, init_of_ours
from bench.isolations.variants import UmlOptions, chosen
from bench.model import Network, Phase

_INIT = Path(__file__).with_name("uml-init.sh")
_LAST_BYTES_TIMEOUT_S = 2.0
_FIXED_ROOM = re.compile(r"[1-5]\.|6\.(\d|1[0-2])\b")
"""Releases that keep 2696 bytes for a process's registers, enough up to AVX-512. Where AMX makes them 11008, the
host's ``PTRACE_SETREGSET`` takes no part of them: "ptrace set fp regs failed, errno = 14", and init has died."""


class UmlInstance(GatedInstance):
    """One kernel, with the processes that carry it on the host."""

    def go(self, *, again: bool = False) -> None:
        """Open the gate; the secret follows when the guest's terminal no longer sends back what it gets."""
        self.console.deliver = self.send
        self.send("")

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the kernel and the twins of the processes inside: together they are the machine."""
        return {"vmm": [one for found in super().processes().values() for one in found]}

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the kernel's end; status and kills are what its init and the entry said, unless it crashed."""
        left = super().wait_exit(timeout_s)
        if left is None:
            return None
        self.console.wait("init.over", "closed", timeout_s=_LAST_BYTES_TIMEOUT_S)
        kills = self.console.seen.get("oom_kills", "0")
        crashed = self.console.over is None and not self.console.happened("end")
        return Exit(
            status=left.status if crashed else self.console.over, out_of_memory=kills.isdigit() and int(kills) > 0
        )


class Uml(Gated):
    """A kernel built to run as a process; it has one CPU, whatever the host has."""

    name = "uml"
    entrance = Isolation.entrance
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through the start of the kernel and "
        "an init of ours, to the arrival of the workload's first line; its root is the host's folder, by hostfs"
    )
    phases = (Phase(mark="kernel_up", label="kernel handed over"), *Gated.phases)
    tools = (("linux.uml", "user-mode-linux"),)
    instance_type = UmlInstance
    limited_inside = True
    hushed = True
    most_cpus = 1

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._intercepts = chosen(self.family, words, UmlOptions()).intercepts

    def missing(self) -> Fault | None:
        """Look for what every gate needs, then whether this kernel can live on this CPU, and has the way asked for."""
        if fault := super().missing():
            return fault
        version = version_of("linux.uml")
        if _FIXED_ROOM.match(version) and "amx_tile" in flags():
            return Fault(
                reason=f"this CPU has AMX, and linux.uml {version} cannot hold its registers",
                remedy="Install a User-Mode Linux newer than 6.12, such as Debian sid's 7.2; or use a CPU without AMX",
                of_host=True,
            )
        if self._intercepts == "seccomp" and "seccomp=" not in told_by("linux.uml", "--help"):
            return Fault(
                reason=f"linux.uml {version} knows ptrace alone",
                remedy="Install a User-Mode Linux of 6.16 or later; or leave the variant out",
                of_host=True,
            )
        return None

    def describe(self) -> Availability:
        """Name the version, and how system calls are intercepted."""
        found = super().describe()
        versions = {**found.versions, "intercepts": self._intercepts}
        return replace(found, detail=f"{found.detail}, system calls by {self._intercepts}", versions=versions)

    def command(self, seat: Seat) -> Sequence[str]:
        """Put init into the root's own layer; return the kernel. Words with blanks do not survive on its line."""
        upper = init_of_ours(seat, _INIT)
        os.mkfifo(upper / "output")
        return [
            *("linux.uml", f"mem={seat.launch.envelope.memory_bytes >> 20}M", "root=/dev/root", "rootfstype=hostfs"),
            *(f"rootflags={seat.root}", "rw", "init=/.isobench/init", "umid=box"),
            *(f"uml_dir={seat.folder}/", "con=null", "con0=fd:0,fd:1", "con1=null", "panic=-1"),
            *(("seccomp=on",) if self._intercepts == "seccomp" else ()),
            *(("quiet", "loglevel=0") if self.hushed else ()),
        ]

    def route(self, network: Network) -> Route | None:
        """Return the way inside: its own stack has loopback only."""
        return LOOPBACK if network == "none" else None
