"""Firejail: the sandbox that people put desktop programs into, here around the image's root and without a profile."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from bench.isolations.base import HOSTNAME
from bench.isolations.launched.gate import FURNISH, Gated
from bench.isolations.launched.seat import Seat

_SETTINGS = Path(__file__).with_name("firejail.sh")
_PLAIN = ("--quiet", "--noprofile", "--deterministic-exit-code", "--deterministic-shutdown")
"""Without a profile, which would hide files that the workload has elsewhere; it ends when and as what it started."""

_ENTRY = ".isobench/firejail"
"""A script of the image's shell that becomes the entry: firejail itself refuses words of more than 4 KiB."""


class Firejail(Gated):
    """New namespaces for mounts, processes, names, message queues and the network, and less of /proc and /sys.

    What may be dangerous there is read-only or hidden, control groups are not seen, and no module can be loaded.
    """

    name = "firejail"
    stopwatch = (
        "from the go to a waiting shell that already stands in its control group, through the mounts of devices and "
        "tmp and firejail, to the arrival of the workload's first line"
    )
    tools = (("firejail", "firejail"),)

    def command(self, seat: Seat) -> Sequence[str]:
        """Return firejail, with a shell before it that mounts what the root needs and lets it enter one."""
        storage = seat.data
        data = (storage.kind, storage.path, str(storage.size_bytes)) if storage else ("-", "-", "-")
        alone = ("--net=none",) if seat.network == "none" else ()
        inside = seat.folder / "upper" / _ENTRY
        inside.parent.mkdir(parents=True)
        inside.write_text(f"exec {shlex.join(seat.launch.entry)}\n", encoding="utf-8", errors="surrogateescape")
        return [
            *("/bin/sh", str(_SETTINGS), str(FURNISH), str(seat.root), seat.network, str(seat.volume), *data),
            *(*_PLAIN, "--ipc-namespace", f"--hostname={HOSTNAME}", "--keep-var-tmp", *alone),
            *("--", "/.isobench/busybox", "sh", f"/{_ENTRY}"),
        ]
