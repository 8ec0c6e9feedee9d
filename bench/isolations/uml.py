"""User-Mode Linux: a whole kernel as a process of the host, its root a folder of the host.

Source: Linux kernel, Documentation/virt/uml/user_mode_linux_howto_v2.rst.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from bench.isolations import cgroup
from bench.isolations.base import LOOPBACK, Exit, HostProcess, Launch, Route
from bench.isolations.gated import Gated, GatedInstance, Seat
from bench.model import Network, Phase

_INIT = Path(__file__).with_name("uml-init.sh")
_HOST_PIDS = 32768
"""Every process inside has a twin on the host: the workload's own limit is set inside."""


class UmlInstance(GatedInstance):
    """One kernel, with the processes that carry it on the host."""

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the kernel and the twins of the processes inside: together they are the machine."""
        return {"vmm": [one for found in super().processes().values() for one in found]}

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the kernel to power off; status and kills are what it said."""
        if super().wait_exit(timeout_s) is None:
            return None
        kills = self.console.seen.get("oom_kills", "0")
        return Exit(status=self.console.status, out_of_memory=kills.isdigit() and int(kills) > 0)


class Uml(Gated):
    """A kernel built to run as a process; it has one CPU, whatever the host has."""

    name = "uml"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through the start of the kernel and "
        "an init of ours, to the arrival of the workload's first line; its root is the host's folder, by hostfs"
    )
    phases = (Phase(mark="kernel_up", label="kernel handed over"), *Gated.phases)
    tools = (("linux.uml", "user-mode-linux"),)
    instance_type = UmlInstance
    most_cpus = 1

    def group(self, seat_name: str, launch: Launch, folder: Path) -> cgroup.Cgroup | None:
        """Hold the kernel to its CPUs; memory and processes are limited inside."""
        held = replace(launch.envelope, memory_bytes=psutil.virtual_memory().total, pids=_HOST_PIDS)
        return super().group(seat_name, replace(launch, envelope=held), folder)

    def command(self, seat: Seat) -> Sequence[str]:
        """Put init into the root's own layer; return the kernel. Words with blanks do not survive on its line."""
        upper = seat.folder / "upper/.isobench"
        upper.mkdir(parents=True)
        init = upper / "init"
        init.write_bytes(_INIT.read_bytes())
        init.chmod(0o755)
        (upper / "trial").write_text(_trial(seat))
        return [
            *("linux.uml", f"mem={seat.launch.envelope.memory_bytes >> 20}M", "root=/dev/root", "rootfstype=hostfs"),
            *(f"rootflags={seat.root}", "rw", "init=/.isobench/init", f"umid={seat.launch.trial.nonce}"),
            *(f"uml_dir={seat.folder}/", "con=null", "con0=fd:0,fd:1", "con1=null", "quiet", "loglevel=0", "panic=-1"),
        ]

    def route(self, network: Network) -> Route | None:
        """Return the way inside: its own stack has loopback only."""
        return LOOPBACK if network == "none" else None


def _trial(seat: Seat) -> str:
    data = seat.data
    values = {
        "nonce": seat.launch.trial.nonce,
        "pids": str(seat.launch.envelope.pids),
        "storage": data.kind if data else "",
        "data": data.path if data else "",
        "bytes": str(data.size_bytes) if data else "",
        "volume": str(seat.volume),
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in values.items()]
    return "".join((*lines, f"set -- {shlex.join(seat.launch.entry)}\n"))
