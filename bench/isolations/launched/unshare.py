"""Namespaces by hand: util-linux's ``unshare`` and a control group of our own, as a primer on containers shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.isolations.launched.gate import FURNISH, Gated
from bench.isolations.launched.seat import Seat

_INSIDE = Path(__file__).with_name("unshare.sh")


class Unshare(Gated):
    """New namespaces for mounts, processes, names, message queues and the network, then a chroot."""

    name = "unshare"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through unshare, the mounts of "
        "proc, devices and tmp, and chroot, to the arrival of the workload's first line"
    )
    tools = (("unshare", "util-linux"),)
    rootless = True

    def command(self, seat: Seat) -> Sequence[str]:
        """Return unshare, with a shell inside that mounts what the root needs."""
        storage = seat.data
        data = (storage.kind, storage.path, str(storage.size_bytes)) if storage else ("-", "-", "-")
        alone = ("--net",) if seat.network == "none" else ()
        return [
            *("unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", *alone),
            *("/bin/sh", str(_INSIDE), str(FURNISH), str(seat.root), seat.network, str(seat.volume), *data),
            *seat.launch.entry,
        ]
