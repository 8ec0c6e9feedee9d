"""Containers that only CRIU could write to the disk: why it does not, in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import IsolationError
from bench.host import programs
from bench.host.subprocesses import ran, version_of
from bench.isolations.base import Fault, Instance, Launch
from bench.isolations.remedy import missing_package
from bench.isolations.revival.offers import Checkpoint, Checkpointing

_NEWER = "Compare runsc or vm:direct; CRIU 4 is for newer kernels than Debian 12's"


class ByCriu(Checkpointing):
    """A runtime or an engine that leaves checkpoints to CRIU."""

    def no_checkpoint(self) -> Fault:
        """Return what CRIU's own check says; where it says yes, that nobody has taught us yet."""
        if programs.found("criu") is None:
            return missing_package("checkpoints of its containers need CRIU, and the command criu is missing", "criu")
        checked = ran("criu", "check")
        if checked.returncode:
            said = " / ".join(checked.stderr.strip().splitlines()[-2:]) or "nothing"
            return Fault(reason=f"CRIU {version_of('criu')} does not work here: {said}", remedy=_NEWER)
        return Fault(reason="checkpoints by CRIU are not measured yet, though its check finds no fault", remedy=_NEWER)

    def checkpoint(self, instance: Instance, folder: Path) -> Checkpoint:
        """Raise IsolationError: it is not asked for where there is a fault."""
        fault = self.no_checkpoint()
        raise IsolationError(fault.reason, remedy=fault.remedy)

    @contextmanager
    def restore(self, checkpoint: Checkpoint, launch: Launch) -> Iterator[Instance]:
        """Raise IsolationError: there is no checkpoint."""
        fault = self.no_checkpoint()
        raise IsolationError(fault.reason, remedy=fault.remedy)
        yield
