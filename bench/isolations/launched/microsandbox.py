"""microsandbox: machines of libkrun's for what agents run, started by its own tool, ``msb``; the root is a folder.

What its options cannot say, an init of ours does inside. Source: ``msb create --help`` and ``msb exec --help``, 0.7.11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bench.host import programs
from bench.host.accounting import HostProcess, Unreadable
from bench.host.processes import PsutilProcess
from bench.host.processors.virtualization import ONLY_OWN_GUESTS, closed, kvm
from bench.host.subprocesses import version_of
from bench.isolations.base import HOSTNAME, LOOPBACK, Availability, Exit, Fault, Isolation, Route
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat, init_of_ours
from bench.model import Network

_STARTER = Path(__file__).with_name("microsandbox.sh")
_INIT = Path(__file__).with_name("microsandbox-init.sh")
_KERNEL_LOG = "kernel.log"
_KERNEL_MIB = 37
"""What a machine has beyond what is asked for, for its kernel's image (libkrunfw 5.6.1: 36.6 MiB)."""
_MACHINE = "libkrun VM"
"""What the machine's process calls itself."""


class MicrosandboxInstance(GatedInstance):
    """One machine, and the client through which the host speaks to it."""

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the machine and its client, told by their names: both run one program."""
        found: dict[str, list[HostProcess]] = {}
        for process in (one for among in super().processes().values() for one in among):
            assert isinstance(process, PsutilProcess)
            with suppress(Unreadable):  # it has ended
                found.setdefault("vmm" if process.name == _MACHINE else "client", []).append(process)
        return found

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the client; whom the guest's kernel killed for memory stands in its log."""
        left = super().wait_exit(timeout_s)
        log = self.seat.folder / _KERNEL_LOG
        killed = log.exists() and b"Out of memory: Killed process" in log.read_bytes()
        return left and replace(left, out_of_memory=left.out_of_memory or killed)


class Microsandbox(Gated):
    """A machine with a kernel of its own, which the tool brings along; it runs under KVM only."""

    name = "microsandbox"
    entrance = Isolation.entrance
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through `msb create`, which boots a "
        "machine, and `msb exec`, to the arrival of the workload's first line; the tool keeps its state in memory"
    )
    tools = ()
    instance_type = MicrosandboxInstance
    limited_inside = True
    covers = "/dev/shm"
    """Where it leaves counters behind, and keeps its own state here: what the entry says stands in a log of it."""

    def missing(self) -> Fault | None:
        """Look for what every gate needs, for KVM, then for the program, on the path or in its wheel."""
        if fault := super().missing():
            return fault
        if reason := closed() or (ONLY_OWN_GUESTS if kvm().only_own_guests else ""):
            return Fault(reason=reason, remedy="Use a host with hardware virtualization", of_host=True)
        if _program() is None:
            return Fault(reason="the command msb is missing", remedy="pip install 'isobench[microsandbox]'")
        return None

    def describe(self) -> Availability:
        """Name the version, and by what its machines' processors come about."""
        version, here = version_of(_program() or ""), kvm()
        return Availability(
            isolation=self.name,
            fault=None,
            detail=f"msb {version}, {here.says}",
            virtualization=here.kind,
            versions={"msb": version, "accelerator": "kvm"},
        )

    def route(self, network: Network) -> Route | None:
        """Return the way inside: its own stack, so it can never be on the host's."""
        how = "microsandbox's user-mode network (in the machine's process), one port forwarded"
        published = Route(bind="0.0.0.0", address="127.0.0.1", how=how)
        return {"none": LOOPBACK, "published": published}.get(network)

    def command(self, seat: Seat) -> Sequence[str]:
        """Put init into the root's own layer; return what starts a machine and runs it there."""
        init_of_ours(seat, _INIT)
        envelope, port, data = seat.launch.envelope, seat.launch.port, seat.data
        network = ("--no-net",) if seat.network == "none" else ("--port", f"127.0.0.1:{port}:{port}")
        volume = ("--mount-dir", f"{seat.volume}:{data.path}") if data and data.kind == "volume" else ()
        return [
            *("/bin/sh", str(_STARTER), str(_program()), str(seat.folder / _KERNEL_LOG)),
            *("--cpus", str(envelope.cpus), "--memory", f"{(envelope.memory_bytes >> 20) - _KERNEL_MIB}M"),
            *("--hostname", HOSTNAME, *network, *volume, str(seat.root)),
        ]


def _program() -> str | None:
    return programs.of_wheel("msb", "microsandbox", "_bundled/bin")
