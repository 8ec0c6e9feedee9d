"""Block devices: the one below a folder, on which a limit on writing is set, and what control groups count on each."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from bench.errors import IsolationError
from bench.host.files import contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A whole disk: control groups limit no partitions."""

    node: str
    """Its path below ``/dev``."""
    number: str
    """``major:minor``."""


def disk_below(folder: Path) -> Disk:
    """Return the disk that holds a folder's file system.

    Raises IsolationError where there is none: on tmpfs, overlayfs, btrfs or a network's file system.
    """
    device = folder.stat().st_dev
    entry = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if not entry.exists():
        raise IsolationError(
            f"{folder} lies on no block device of its own, so writing to it cannot be limited",
            remedy="Put it on a file system that lies on a disk (ext4, XFS): ISOBENCH_STATE, or the engine's data-root",
        )
    entry = entry.resolve()
    entry = entry.parent if (entry / "partition").exists() else entry
    return Disk(node=f"/dev/{entry.name}", number=(entry / "dev").read_text().strip())


def written_v1(folder: Path) -> int | None:
    """Return what a version 1 group, and those below it, have written to disks; None where the kernel does not count.

    Since Linux 6.10 it counts nothing on a disk before somebody has limited one: then the groups above have written
    nothing either. Writes count for who sends them to the disk: past the page cache, or by fsync, for the group; what
    the kernel brings out of the cache later, for the root. Source: kernel,
    ``Documentation/admin-guide/cgroup-v1/blkio-controller.rst``, and ``block/blk-throttle.h``.
    """
    written = _service_bytes(folder) or []
    above = takewhile(lambda rows: rows is not None, map(_service_bytes, folder.parents))  # as far as groups go
    return _whole(written) if written or any(above) else None


def written_v2(folder: Path) -> int | None:
    """Return what a version 2 group, and those below it, have written to disks; None where ``io`` is not enabled.

    Source: kernel, ``Documentation/admin-guide/cgroup-v2.rst``, ``io.stat``.
    """
    try:
        rows = [line.split() for line in contents(folder / "io.stat").splitlines()]
    except OSError:
        return None
    amounts = [(row[0], word.removeprefix("wbytes=")) for row in rows for word in row[1:] if word.startswith("wbytes=")]
    return _whole((number, int(amount)) for number, amount in amounts)


def _service_bytes(folder: Path) -> list[tuple[str, int]] | None:
    """Return the devices of which a version 1 group keeps books, by number, each with the bytes written to it.

    None where the folder is no group.
    """
    for name in ("blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"):
        try:
            rows = [line.split() for line in contents(folder / name).splitlines()]
        except OSError:
            continue
        return [(row[0], int(row[2])) for row in rows if len(row) == 3 and row[1] == "Write"]
    return None


def _whole(written: Iterable[tuple[str, int]]) -> int:
    """Add up what was written to devices that are made of no others (LVM, RAID): their parts count it again."""
    return sum(amount for number, amount in written if not any(Path(f"/sys/dev/block/{number}/slaves").glob("*")))
