"""What the host keeps for itself while many instances are asked for, by what those before them took."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.host import cgroup
from bench.measuring.many.standing import MIB

_KERNEL = Path("/proc/sys/kernel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What was left at one moment."""

    available_bytes: int
    tasks: int
    """Processes and threads that can still be made, of the whole host's or, where we are held to fewer, of ours."""

    @classmethod
    def now(cls) -> Room:
        """Look. Source: proc(5), loadavg, pid_max, threads-max; the pids controller of the group we see as the root."""
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
        most = min(int((_KERNEL / name).read_text()) for name in ("pid_max", "threads-max"))
        return cls(available_bytes=int(psutil.virtual_memory().available), tasks=min(most - running, _ours(most)))


class Floor:
    """Memory, and processes and threads, that no further instances may take."""

    def __init__(self, floor_bytes: int, floor_tasks: int) -> None:
        self._floor = Room(available_bytes=floor_bytes, tasks=floor_tasks)
        self._each = Room(available_bytes=0, tasks=0)

    def refuses(self, count: int) -> str | None:
        """Say why so many more should not even be tried, if so."""
        left, floor = Room.now(), self._floor
        takes = Room(available_bytes=count * self._each.available_bytes, tasks=count * self._each.tasks)
        if left.available_bytes - takes.available_bytes < floor.available_bytes:
            would = f"{count} at once would take about {takes.available_bytes // MIB} MiB"
            return (
                f"{would} of {left.available_bytes // MIB}, and the host's floor is {floor.available_bytes // MIB} MiB"
            )
        if left.tasks - takes.tasks < floor.tasks:
            would = f"{count} at once would take about {takes.tasks} processes and threads"
            return f"{would} of {left.tasks}, and the host's floor is {floor.tasks}"
        return None

    def learn(self, before: Room, standing: int) -> None:
        """Take note of what each of those that stand now takes, by what there was before them."""
        now = Room.now()
        self._each = Room(
            available_bytes=max(0, before.available_bytes - now.available_bytes) // max(1, standing),
            tasks=max(0, before.tasks - now.tasks) // max(1, standing),
        )


def _ours(most: int) -> int:
    folders = cgroup.mounts()
    folder = folders.get("pids") or folders.get("")
    with suppress(OSError, ValueError):  # no such file in the host's own root group; "max" is no number
        if folder:
            return int((folder / "pids.max").read_text()) - int((folder / "pids.current").read_text())
    return most
