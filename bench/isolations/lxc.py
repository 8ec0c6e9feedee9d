"""LXC: the image as an application container, started by ``lxc-execute``."""

from __future__ import annotations

from collections.abc import Sequence

from bench.isolations import cgroup
from bench.isolations.block import disk_below
from bench.isolations.gated import Gated, Seat

_NAME = "box"
"""The container's name, in a folder of its own: LXC names its control groups by it."""


class Lxc(Gated):
    """A container that LXC sets up, its control group included; LXC's own init is its first process."""

    name = "lxc"
    stopwatch = (
        "from the go to a waiting shell, through lxc-execute, which makes the control group and sets its limits, to "
        "the arrival of the workload's first line"
    )
    tools = (("lxc-execute", "lxc"),)
    group_inside = f"lxc.payload.{_NAME}"

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._v2 = cgroup.version() == "v2"
        # Version 2 admits no process where there are groups below; LXC is told the groups' names there.
        self.joins = not self._v2

    def command(self, seat: Seat) -> Sequence[str]:
        """Write the container's configuration; return lxc-execute."""
        file = seat.folder / "lxc.conf"
        file.write_text("".join(f"{key} = {value}\n" for key, value in self._settings(seat)))
        return [
            *("lxc-execute", "--name", _NAME, "--lxcpath", str(seat.folder), "--rcfile", str(file)),
            *("--quiet", "--", *seat.launch.entry),
        ]

    def _settings(self, seat: Seat) -> list[tuple[str, str]]:
        return [
            ("lxc.rootfs.path", f"dir:{seat.root}"),
            ("lxc.net.0.type", "empty" if seat.network == "none" else "none"),
            ("lxc.mount.auto", "proc:mixed sys:mixed cgroup:ro:force"),
            ("lxc.mount.entry", "tmpfs tmp tmpfs defaults"),
            ("lxc.mount.entry", "tmpfs run tmpfs defaults"),
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
_WRITES = {"v1": ("cgroup.blkio.throttle.write_bps_device", "{} {}"), "v2": ("cgroup2.io.max", "{} wbps={}")}
"""LXC's keys, which are the kernel's files behind the version's name."""


def _limits(seat: Seat, version: str) -> list[tuple[str, str]]:
    envelope = seat.launch.envelope
    cpus = ",".join(str(cpu) for cpu in envelope.cpu_set)
    values = (str(envelope.memory_bytes), str(envelope.pids), cpus)
    found = [(f"lxc.{key}", value) for key, value in zip(_LIMITS[version], values, strict=True)]
    if cgroup.limits_swap():
        key, value = _SWAP[version]
        found.append((f"lxc.{key}", value.format(envelope.memory_bytes)))
    if envelope.write_bytes_per_s is not None:
        key, form = _WRITES[version]
        found.append((f"lxc.{key}", form.format(disk_below(seat.folder).number, envelope.write_bytes_per_s)))
    return found


def _data(seat: Seat) -> list[tuple[str, str]]:
    data = seat.data
    if data is None:
        return []
    where = data.path.lstrip("/")
    if data.kind == "tmpfs":
        return [("lxc.mount.entry", f"tmpfs {where} tmpfs size={data.size_bytes}")]
    return [("lxc.mount.entry", f"{seat.volume} {where} none bind")]
