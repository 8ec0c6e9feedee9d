"""What an isolation may offer beside a start: to pause an instance, and to bring one back from a checkpoint.

Both are optional. An isolation that inherits one of these says by it that it can, and by a fault why not here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import IsolationError
from bench.host.subprocesses import ran
from bench.isolations.base import Fault, Instance, Isolation, Launch


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """An instance as it lies on the disk: it can be brought back as often as one likes."""

    memory: Path
    """The file, or the folder of files, that the tool has written: what a restore reads."""
    layer: Path
    """The instance's own changes to the image, as they stood: not part of the checkpoint's size."""
    secret: str
    """That of the instance's console: the entry inside goes on where it stood."""

    def files(self) -> list[Path]:
        """Return the files of ``memory``."""
        return [self.memory] if self.memory.is_file() else [one for one in self.memory.rglob("*") if one.is_file()]


class Pausing(ABC):
    """An isolation that can hold an instance's processes, and let them go on."""

    def no_pause(self) -> Fault | None:
        """Return why it cannot here; None: it can."""
        return None

    @abstractmethod
    def pause(self, instance: Instance) -> None:
        """Hold all that runs in the instance; its memory stays. Raises IsolationError."""

    @abstractmethod
    def thaw(self, instance: Instance) -> None:
        """Let it go on. Raises IsolationError."""


class Checkpointing(ABC):
    """An isolation that can write an instance to the disk, and bring it back from there."""

    name: str

    def no_checkpoint(self) -> Fault | None:
        """Return why it cannot here, in its tool's own words; None: it can."""
        return None

    def no_mapping(self) -> Fault | None:
        """Return why it cannot map a checkpoint's memory, and fetch of it what is touched; None: it can."""
        return Fault(
            reason=f"{self.name} reads all of a checkpoint before an instance goes on, and maps none of it",
            remedy="Compare vm:direct",
        )

    def mappable(self, launch: Launch, folder: Path) -> Launch:
        """Return the launch of an instance whose checkpoint in that folder is to be mapped."""
        return launch

    @abstractmethod
    def checkpoint(self, instance: Instance, folder: Path) -> Checkpoint:
        """Write the instance into a folder, which ends it: it is then only to be taken down. Raises IsolationError."""

    @abstractmethod
    def restore(self, checkpoint: Checkpoint, launch: Launch) -> AbstractContextManager[Instance]:
        """Bring it back as the instance of ``launch``, whose mark ``requested`` is when its tool was started.

        On leaving it is stopped, and verified that nothing of it is left. Raises IsolationError, LeftoverError.
        """


def copied(kept: Path, to: Path) -> None:
    """Copy a file or a folder as it is, whiteouts and owners included; ``to`` is not there yet."""
    done = ran("cp", "--archive", "--reflink=auto", kept, to)
    if done.returncode:
        raise IsolationError(f"cannot copy {kept}: {done.stderr.strip()}", remedy="See `df -h`; python -m bench clean")


def no_pause(isolation: Isolation) -> Fault | None:
    """Return why an isolation has no way to pause an instance; None: it has one."""
    if isinstance(isolation, Pausing):
        return isolation.no_pause()
    return Fault(
        reason=f"{isolation.name} has no way to pause an instance", remedy="Compare docker, runc, runsc, or a machine"
    )


def no_mapping(isolation: Isolation) -> Fault | None:
    """Return why an isolation has no checkpoint whose memory it maps; None: it has one."""
    return no_checkpoint(isolation) or (isolation.no_mapping() if isinstance(isolation, Checkpointing) else None)


def no_checkpoint(isolation: Isolation) -> Fault | None:
    """Return why an isolation has no way back from a checkpoint; None: it has one."""
    if isinstance(isolation, Checkpointing):
        return isolation.no_checkpoint()
    return Fault(
        reason=f"{isolation.name} has no way to write an instance to the disk", remedy="Compare runsc or vm:direct"
    )
