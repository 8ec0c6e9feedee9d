"""CRIU, by which runtimes write containers to the disk: whether it works here, in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from bench.errors import IsolationError
from bench.host import programs
from bench.host.subprocesses import ran, version_of
from bench.isolations.base import Fault, Instance, Launch
from bench.isolations.remedy import missing_package
from bench.isolations.revival.offers import Checkpoint, Checkpointing

_ERROR = re.compile(r"^\([0-9.]+\)(?: *[0-9]+:)? *Error \([^)]*\): (.*)", re.M)


def criu_fault() -> Fault | None:
    """Return why CRIU is not there or does not work; None: it does."""
    if programs.found("criu") is None:
        return missing_package("checkpoints of its containers need CRIU, and the command criu is missing", "criu")
    checked = ran("criu", "check")
    if checked.returncode == 0:
        return None
    said = " / ".join(checked.stderr.strip().splitlines()[-2:]) or "nothing"
    return Fault(
        reason=f"CRIU {version_of('criu')} does not work here: {said}",
        remedy="Install a newer one, as Debian 13's 4.1; or compare runsc or vm:direct",
    )


def errors_in(folder: Path) -> str:
    """Return the last of CRIU's errors in its log there, without where it stood and what follows from it."""
    try:
        said = _ERROR.findall((folder / "dump.log").read_text(errors="replace"))
    except OSError:
        said = []
    return " / ".join([one for one in said if "FAILED" not in one][-3:]) or "it has kept no log"


class ByEngine(Checkpointing):
    """An engine, whose checkpoints go through its runtime to CRIU."""

    declines: ClassVar[str]
    """Why its own checkpoints are not asked for, though CRIU works."""

    def no_checkpoint(self) -> Fault:
        """Return what CRIU's own check says, else why the engine is not asked."""
        return criu_fault() or Fault(reason=self.declines, remedy="Compare runc, which is asked by itself")

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
