"""LXC: the image as an application container, started by ``lxc-start``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.host import cgroup
from bench.host.block import disk_below
from bench.isolations.base import HOSTNAME, SHM_BYTES, Exit
from bench.isolations.launched.gate import Gated, GatedInstance
from bench.isolations.launched.seat import Seat

_NAME = "box"
"""The container's name, in a folder of its own: LXC names its control groups by it."""


class LxcInstance(GatedInstance):
    """A container in the foreground, whose own status ``lxc-start`` keeps to itself."""

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the container's end; its status is what the entry said."""
        left = super().wait_exit(timeout_s)
        return left and replace(left, status=self.console.status)


class Lxc(Gated):
    """A container that LXC sets up, its control group included; the entry is its first process.

    ``lxc-execute``, made for single commands, puts an init of LXC's own first, which waits for every child that was
    left behind, and is the first to be killed where memory runs out.
    """

    name = "lxc"
    stopwatch = (
        "from the go to a waiting shell, through lxc-start, which makes the control group and sets its limits, to "
        "the arrival of the workload's first line"
    )
    tools = (("lxc-start", "lxc"),)
    hushed = True
    instance_type = LxcInstance
    group_inside = f"lxc.payload.{_NAME}"

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._v2 = cgroup.version() == "v2"
        # Version 2 admits no process where there are groups below; LXC is told the groups' names there.
        self.joins = not self._v2

    def command(self, seat: Seat) -> Sequence[str]:
        """Write the container's configuration; return lxc-start, in the foreground."""
        file = seat.folder / "lxc.conf"
        file.write_text("".join(f"{key} = {value}\n" for key, value in self._settings(seat)))
        return [
            *("lxc-start", "--foreground", "--name", _NAME, "--lxcpath", str(seat.folder), "--rcfile", str(file)),
            *(*(("--quiet",) if self.hushed else ()), "--", *seat.launch.entry),
        ]

    def _settings(self, seat: Seat) -> list[tuple[str, str]]:
        return [
            ("lxc.rootfs.path", f"dir:{seat.root}"),
            *_network(seat),
            ("lxc.uts.name", HOSTNAME),
            ("lxc.console.path", "none"),  # standard output stays what it is, instead of a terminal of LXC's
            ("lxc.pty.max", "1024"),
            ("lxc.mount.auto", "proc:mixed sys:mixed cgroup:ro:force"),
            ("lxc.mount.entry", f"shm dev/shm tmpfs nosuid,nodev,noexec,mode=1777,size={SHM_BYTES},create=dir"),
            ("lxc.mount.entry", "tmpfs tmp tmpfs mode=1777"),
            ("lxc.mount.entry", "tmpfs run tmpfs mode=1777"),
            *_data(seat),
            ("lxc.apparmor.profile", "unconfined"),
            *self._groups(seat),
            *_limits(seat, "v2" if self._v2 else "v1"),
        ]

    def _groups(self, seat: Seat) -> list[tuple[str, str]]:
        """Return where LXC makes its groups: below the instance's own, not at the top."""
        if not self._v2:
            return [("lxc.cgroup.relative", "1")]
        inside = self.group_path(seat)
        return [
            ("lxc.cgroup.dir.container", inside),
            ("lxc.cgroup.dir.monitor", f"{inside}.monitor"),
            ("lxc.cgroup.dir.monitor.pivot", f"{inside}.pivot"),
        ]


_LIMITS = {
    "v1": ("cgroup.memory.limit_in_bytes", "cgroup.pids.max", "cgroup.cpuset.cpus"),
    "v2": ("cgroup2.memory.max", "cgroup2.pids.max", "cgroup2.cpuset.cpus"),
}
_SWAP = {"v1": ("cgroup.memory.memsw.limit_in_bytes", "{}"), "v2": ("cgroup2.memory.swap.max", "0")}
"""LXC's keys, which are the kernel's files behind the version's name."""


def _limits(seat: Seat, version: str) -> list[tuple[str, str]]:
    envelope = seat.launch.envelope
    cpus = ",".join(str(cpu) for cpu in envelope.cpu_set)
    values = (str(envelope.memory_bytes), str(envelope.pids), cpus)
    found = [(f"lxc.{key}", value) for key, value in zip(_LIMITS[version], values, strict=True)]
    if cgroup.limits_swap():
        key, value = _SWAP[version]
        found.append((f"lxc.{key}", value.format(envelope.memory_bytes)))
    if envelope.disk_rates:
        prefix = "cgroup" if version == "v1" else "cgroup2"
        throttles = cgroup.throttles(version, disk_below(seat.folder), envelope)
        found += [(f"lxc.{prefix}.{file}", limit) for file, limit in throttles]
    return found


def _network(seat: Seat) -> list[tuple[str, str]]:
    if seat.network == "none":
        return [("lxc.net.0.type", "empty"), ("lxc.net.0.flags", "up")]  # of an empty one, loopback is what comes up
    return [("lxc.net.0.type", "none")]


def _data(seat: Seat) -> list[tuple[str, str]]:
    data = seat.data
    if data is None:
        return []
    where = data.path.lstrip("/")
    if data.kind == "tmpfs":
        return [("lxc.mount.entry", f"tmpfs {where} tmpfs size={data.size_bytes}")]
    return [("lxc.mount.entry", f"{seat.volume} {where} none bind")]
