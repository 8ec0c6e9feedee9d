"""Bubblewrap: the image in namespaces of its own, as Flatpak and others sandbox with it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.isolations.base import HOSTNAME, SHM_BYTES
from bench.isolations.launched.gate import Gated
from bench.isolations.launched.seat import Seat


class Bubblewrap(Gated):
    """New namespaces for mounts, processes, names, message queues and the network; a tmpfs as first root."""

    name = "bubblewrap"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through bwrap, to the arrival of "
        "the workload's first line"
    )
    tools = (("bwrap", "bubblewrap"),)
    rootless = True

    def command(self, seat: Seat) -> Sequence[str]:
        """Return bwrap; as root it keeps its capabilities, as root has them in the other isolations."""
        alone = ("--unshare-net",) if seat.network == "none" else ()
        return [
            *("bwrap", "--bind", str(seat.root), "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind", "/sys", "/sys"),
            *("--perms", "1777", "--size", str(SHM_BYTES), "--tmpfs", "/dev/shm"),
            *("--perms", "1777", "--tmpfs", "/tmp", "--perms", "1777", "--tmpfs", "/run", *_data(seat)),
            *("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--hostname", HOSTNAME, *alone, "--cap-add", "ALL"),
            *("--chdir", "/", "--die-with-parent", "--", *seat.launch.entry),
        ]


def _data(seat: Seat) -> Sequence[str]:
    data = seat.data
    if data is None:
        return ()
    if data.kind == "tmpfs":
        return ("--size", str(data.size_bytes), "--tmpfs", data.path)
    return ("--bind", str(seat.volume), data.path)
