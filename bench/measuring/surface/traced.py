"""One instance's processes under the host's tracer, one piece of work at a time.

Subtracted are interrupts, and what a process enters that asks for nothing and only computes: ticks, and being put aside
for others. A tracer that is listed may still be refused, or accept everything and record nothing: so it has to see work
of our own first.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.host.subprocesses import Child
from bench.host.tracing.entered import Entered, entered
from bench.host.tracing.tracefs import UntraceableError, recording, stopped, tracefs
from bench.isolations.base import Instance
from bench.measuring.calibration.volume import own_pids

_CONTROL_S = 1.0
_KILL_S = 5.0
_SPIN = ("sh", "-c", "ulimit -t 30; while :; do :; done")  # the limit: should nobody be left to end it


@dataclass(slots=True)
class HostTracer:
    """What a trial's tracer has seen so far, and what keeps it from seeing more."""

    name: str
    """Of the instance whose processes it watches; no other recording bears it."""
    seen: dict[str, Entered] = field(default_factory=dict)
    """By piece of work."""
    control: Entered = field(default_factory=Entered)
    no_calls: str = ""
    """Why no system calls can be traced; empty: they can."""
    no_functions: str = ""
    _stack: ExitStack = field(default_factory=ExitStack)
    _folder: Path = Path()

    def open(self) -> None:
        """Find out what can be traced here, and what the kernel does in the name of who asks for nothing."""
        try:
            self._folder = self._stack.enter_context(tracefs())
            self._require(functions=False)
        except UntraceableError as error:
            self.no_calls = self.no_functions = str(error)
            return
        try:
            self._require(functions=True)
            self._watch_control()
        except UntraceableError as error:
            self.no_functions = str(error)

    def close(self) -> None:
        """Let go of the tracer."""
        self._stack.close()

    @contextmanager
    def watching(self, instance: Instance, work: str) -> Iterator[None]:
        """Record what an instance's processes do within this, under the name of a piece of work."""
        if self.no_calls:
            yield
            return
        with ExitStack() as stack:
            with self._noting():
                own = stack.enter_context(self._recording(lambda: own_tasks(instance)))
            yield
            with self._noting():
                if not self.no_calls:
                    self.seen[work] = _read(own)

    def _recording(self, tasks: Callable[[], Sequence[int]]) -> AbstractContextManager[Path]:
        return recording(self._folder, self.name, tasks, functions=not self.no_functions)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except UntraceableError as error:
            self.no_calls = self.no_functions = str(error)

    def _require(self, *, functions: bool) -> None:
        """Raise UntraceableError unless the tracer sees what we ourselves do."""
        with recording(self._folder, self.name, lambda: [threading.get_native_id()], functions=functions) as own:
            for _ in range(10):
                os.getppid()
            found = _read(own)
        if not found.calls or (functions and not found.functions):
            raise UntraceableError(
                "the kernel's tracer took every order, and recorded nothing of a process that worked"
            )

    def _watch_control(self) -> None:
        with (
            Child("a process that only computes", _SPIN, kill_s=_KILL_S) as spinning,
            recording(self._folder, self.name, lambda: [spinning.pid], functions=True) as own,
        ):
            time.sleep(_CONTROL_S)
            self.control = _read(own)


def own_tasks(instance: Instance) -> list[int]:
    """Return every thread of every process that exists because of an instance; shared daemons' are not among them."""
    roles = instance.processes().items()
    pids = {process.pid for role, found in roles if not role.startswith("shared:") for process in found}
    tasks = []
    for pid in sorted(pids.union(own_pids(instance))):
        with suppress(OSError):  # it has ended
            tasks += [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return tasks


def _read(own: Path) -> Entered:
    with stopped(own).open(errors="replace") as lines:
        return entered(lines)
