"""systemd-run: a plain process in a scope that the host's systemd makes and limits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.host import cgroup, processes
from bench.host.subprocesses import Child, told_by
from bench.isolations.base import Fault, Launch
from bench.isolations.console import Console
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat
from bench.isolations.timeline import Timeline
from bench.model import DiskRate, Image, Say

_BOOTED = Path("/run/systemd/system")
"""There while systemd is process 1 (sd_booted(3))."""
_THROTTLES: Mapping[DiskRate, str] = {
    "write_bytes": "IOWriteBandwidthMax",
    "read_bytes": "IOReadBandwidthMax",
    "write_operations": "IOWriteIOPSMax",
    "read_operations": "IOReadIOPSMax",
}


class ScopeInstance(GatedInstance):
    """The gate, and what systemd has moved from there into a scope."""

    def __init__(self, timeline: Timeline, console: Console, gate: Child, seat: Seat) -> None:
        self._scope = cgroup.Cgroup({"": cgroup.mounts()[""] / "system.slice" / _scope(seat)})
        super().__init__(timeline, console, gate, replace(seat, account=self._scope))
        self._place = _scope(seat)

    def stop(self) -> None:
        """End everything, and what is left in the scope, which goes with its last process."""
        super().stop()
        self._scope.remove()
        self.timeline.mark("gone", time.monotonic_ns())


class SystemdRun(Gated):
    """A scope unit: systemd makes its control group with the envelope's limits and moves the process into it."""

    name = "systemd-run"
    stopwatch = (
        "from the go to a waiting shell, through `systemd-run --scope`, for which systemd makes a control group with "
        "its limits, and chroot, to the arrival of the workload's first line"
    )
    tools = (("systemd-run", "systemd"),)
    furnished = True
    instance_type = ScopeInstance

    def missing(self) -> Fault | None:
        """Look for a systemd that keeps the host's control groups, then for what every gate needs."""
        if not _BOOTED.exists():
            return Fault(
                reason="systemd is not process 1 of this host",
                remedy="Measure it on a host that systemd has booted",
                of_host=True,
            )
        if cgroup.version() != "v2":
            reason = "the host's control groups are of version 1"
            return Fault(reason=reason, remedy="Boot it with version 2", of_host=True)
        return super().missing()

    def prepare(self, image: Image, say: Say) -> None:
        """Extract the image's tree, and know who makes the scopes."""
        super().prepare(image, say)
        self.daemons = processes.readable([1])

    def group(self, seat_name: str, launch: Launch, folder: Path) -> cgroup.Cgroup:
        """Make a group for the gate; the limits are the scope's."""
        return cgroup.Cgroup.make(f"isobench/{self.run}/{seat_name}", None)

    def command(self, seat: Seat) -> Sequence[str]:
        """Return systemd-run, then chroot: one process becomes the other."""
        as_they_are = ("--expand-environment=no",) if "--expand-environment" in told_by("systemd-run", "--help") else ()
        return [
            *("systemd-run", "--scope", "--quiet", "--collect", *as_they_are, f"--unit={_scope(seat)}"),
            *(f"--property={one}" for one in _properties(seat)),
            *("--", "chroot", str(seat.root), *seat.launch.entry),
        ]


def _scope(seat: Seat) -> str:
    return f"{seat.name}.scope"


def _properties(seat: Seat) -> Iterator[str]:
    envelope = seat.launch.envelope
    yield from (f"MemoryMax={envelope.memory_bytes}", "MemorySwapMax=0", f"TasksMax={envelope.pids}")
    yield f"AllowedCPUs={','.join(map(str, envelope.cpu_set))}"
    for rate, limit in envelope.disk_rates.items():
        yield f"{_THROTTLES[rate]}={seat.folder} {limit}"
