"""Whether what a workload writes to its volume can reach a disk at all: on a volume in memory there is no truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from bench.host.run_state import state_folder
from bench.isolations.base import Instance
from bench.measuring.observation import Ended
from bench.model import Kind, Trial

_IN_MEMORY = ("tmpfs", "ramfs")


def require_disk(instance: Instance, trial: Trial) -> None:
    """Raise Ended (unsupported) where the volume of the trial, if it has one, lies in the host's memory.

    What is mounted in the instance counts. Where that is not the host's to see (a machine, gVisor), it is the file
    system of the folder of the host in which such volumes are made.
    """
    storage = trial.cell.storage
    if storage is None or storage.kind != "volume":
        return
    kinds = [kind for pid in own_pids(instance) if (kind := _mounted(Path(f"/proc/{pid}/mounts"), storage.path))]
    kind = kinds[0] if kinds else _below(state_folder())
    if kind in _IN_MEMORY:
        raise Ended(Kind.UNSUPPORTED, f"its volume lies in memory ({kind}): nothing written to it reaches a disk")


def own_pids(instance: Instance) -> list[int]:
    """Return the processes in the instance's account, or else all that are its own."""
    if instance.account is not None:
        return instance.account.pids()
    roles = instance.processes().items()
    return [process.pid for role, found in roles if not role.startswith("shared:") for process in found]


def _mounted(table: Path, path: str) -> str | None:
    """Return the kind of file system that is mounted exactly there; the last one mounted lies on top."""
    found = [kind for where, kind in _mounts(table) if where == PurePosixPath(path)]
    return found[-1] if found else None


def _below(folder: Path) -> str | None:
    """Return the kind of file system that holds a folder of ours."""
    real = PurePosixPath(folder.resolve())
    holding = [(where, kind) for where, kind in _mounts(Path("/proc/self/mounts")) if real.is_relative_to(where)]
    deepest = max((len(where.parts) for where, _kind in holding), default=0)
    found = [kind for where, kind in holding if len(where.parts) == deepest]
    return found[-1] if found else None


def _mounts(table: Path) -> Sequence[tuple[PurePosixPath, str]]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()]
    except OSError:  # the process has ended
        return []
    return [(PurePosixPath(row[1]), row[2]) for row in rows]
