"""The block device below a folder: what a limit on writing is set on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bench.errors import IsolationError


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
