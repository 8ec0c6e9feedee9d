"""One booted machine and the processes of the host that it is made of."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping, Sequence

from bench.errors import IsolationError, LeftoverError
from bench.isolations import processes
from bench.isolations.backlog import widen
from bench.isolations.base import Account, Exit, HostProcess, Instance, Unreadable
from bench.isolations.console import Console
from bench.isolations.launcher import Running
from bench.isolations.serial import SerialLine
from bench.isolations.timeline import Timeline
from bench.isolations.virtiofs import Share

_GONE_TIMEOUT_S = 10.0
_GONE_POLL_S = 0.01


class VirtualMachineInstance(Instance):
    """A QEMU process, and virtiofsd where it serves the root."""

    def __init__(
        self,
        timeline: Timeline,
        console: Console,
        running: Running,
        line: SerialLine,
        share: Share | None,
    ) -> None:
        super().__init__(timeline, console)
        self._running = running
        self._line = line
        self._share = share
        self._qemu: processes.PsutilProcess | None = None
        self._pidfd: int | None = None

    def find_process(self) -> None:
        """Find the QEMU process; a machine that is off already has none.

        Raises IsolationError when the machine runs and its process cannot be found: its end could not be verified.
        """
        pid = self._running.pid
        if pid is None:
            return
        try:
            self._qemu = processes.PsutilProcess(pid)
            self._pidfd = os.pidfd_open(pid)
        except (OSError, Unreadable) as error:
            if self._running.known():
                raise IsolationError(f"cannot watch the QEMU process {pid}: {error}") from error

    def widen(self, port: int) -> None:
        """Let connections wait in line at the forwarded port."""
        if self._qemu is not None:
            widen(self._qemu.pid, port)

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the QEMU process, in which guest memory and emulator are one, and virtiofsd."""
        roles: dict[str, Sequence[HostProcess]] = {"vmm": [self._qemu] if self._qemu else []}
        return {**roles, "virtiofsd": self._share.processes()} if self._share else roles

    @property
    def account(self) -> Account | None:
        """None: what a guest uses is QEMU's memory, and not every libvirt puts QEMU into a group of its own."""
        return None

    def send(self, line: str) -> None:
        """Write a line to the guest's console."""
        self._line.send(f"{line}\n".encode())

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the QEMU process to end, as it does when the guest powers off."""
        if not self._process_ended(timeout_s):
            return None
        kills = self.console.seen.get("oom_kills", "0")
        return Exit(status=self.console.status, out_of_memory=kills.isdigit() and int(kills) > 0)

    def stop(self) -> None:
        """End the machine if it still runs; verify that who started it and the process table know it no more."""
        self._running.destroy()
        deadline = time.monotonic() + _GONE_TIMEOUT_S
        while self._running.known():
            if time.monotonic() > deadline:
                raise LeftoverError(f"a virtual machine is still known {_GONE_TIMEOUT_S:g} s after it was destroyed")
            time.sleep(_GONE_POLL_S)
        if not self._process_ended(_GONE_TIMEOUT_S):
            raise LeftoverError(f"the QEMU process {self._running.pid} is still there")
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _process_ended(self, timeout_s: float) -> bool:
        if self._pidfd is not None and not select.select([self._pidfd], [], [], timeout_s)[0]:
            return False
        self.timeline.mark("exited", time.monotonic_ns())
        return True
