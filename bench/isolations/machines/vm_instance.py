"""One booted machine and the processes of the host that it is made of."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import IsolationError, LeftoverError
from bench.host import processes
from bench.host.accounting import Account, HostProcess, Unreadable
from bench.isolations.base import Exit, Instance
from bench.isolations.console import Console
from bench.isolations.machines.backlog import widen
from bench.isolations.machines.launcher import RunningMachine
from bench.isolations.machines.serial import SerialLine
from bench.isolations.machines.virtiofs import Share
from bench.isolations.timeline import Timeline

_GONE_TIMEOUT_S = 10.0
_GONE_POLL_S = 0.01
_LINE_TIMEOUT_S = 10.0
_LAST_BYTES_TIMEOUT_S = 2.0
"""How long what a machine said before its end may take to be read."""


class VirtualMachineInstance(Instance):
    """A QEMU process, and virtiofsd where it serves the root."""

    def __init__(
        self,
        timeline: Timeline,
        console: Console,
        running: RunningMachine,
        line: SerialLine,
        share: Share | None,
        disk: Path | None = None,
    ) -> None:
        super().__init__(timeline, console)
        self.running = running
        self._line = line
        self._share = share
        self.disk = disk
        self._qemu: processes.PsutilProcess | None = None
        self._pidfd: int | None = None

    def find_process(self) -> None:
        """Find the QEMU process; a machine that is off already has none.

        Raises IsolationError when the machine runs and its process cannot be found: its end could not be verified.
        """
        pid = self.running.pid
        if pid is None:
            return
        try:
            self._qemu = processes.PsutilProcess(pid)
            self._pidfd = os.pidfd_open(pid)
        except (OSError, Unreadable) as error:
            if self.running.known():
                raise IsolationError(f"cannot watch the QEMU process {pid}: {error}") from error

    def await_line(self) -> None:
        """Wait until QEMU has taken up the serial line: before that nothing can be sent."""
        self._line.connected.wait(_LINE_TIMEOUT_S)

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
        self._line.send(line)

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the QEMU process to end, as it does when the guest powers off; its init says how the entry ended."""
        if not self._process_ended(timeout_s):
            return None
        self.console.wait("init.over", "closed", timeout_s=_LAST_BYTES_TIMEOUT_S)
        kills = self.console.seen.get("oom_kills", "0")
        return Exit(status=self.console.over, out_of_memory=kills.isdigit() and int(kills) > 0)

    def stop(self) -> None:
        """End the machine if it still runs; verify that who started it and the process table know it no more."""
        self.running.destroy()
        deadline = time.monotonic() + _GONE_TIMEOUT_S
        while self.running.known():
            if time.monotonic() > deadline:
                raise LeftoverError(f"a virtual machine is still known {_GONE_TIMEOUT_S:g} s after it was destroyed")
            time.sleep(_GONE_POLL_S)
        if not self._process_ended(_GONE_TIMEOUT_S):
            raise LeftoverError(f"the QEMU process {self.running.pid} is still there")
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _process_ended(self, timeout_s: float) -> bool:
        if self._pidfd is not None and not select.select([self._pidfd], [], [], timeout_s)[0]:
            return False
        self.timeline.mark("exited", time.monotonic_ns())
        return True
