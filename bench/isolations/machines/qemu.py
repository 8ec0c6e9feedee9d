"""Machines that QEMU runs without libvirt: one process, in a session of its own, that dies with the harness."""

from __future__ import annotations

import platform
import re
import socket
from pathlib import Path

from bench.errors import IsolationError, PortTakenError
from bench.host import patience, programs
from bench.host.subprocesses import Child, version_of
from bench.isolations.base import Fault
from bench.isolations.machines import qemu_command
from bench.isolations.machines.machine import Machine
from bench.isolations.machines.monitor import Monitor
from bench.isolations.remedy import missing_package, sockets_below
from bench.model import Phase

_SOCKET_BYTES = len("/runs/20261123-2105-fir99/1234567-0123456789abcde/virtiofs")
"""The longest path of a machine's sockets below the state folder."""

_TERMINATE_TIMEOUT_S = 2.0
_KILL_TIMEOUT_S = 10.0
_TAIL_LINES = 10


def qemu_binary() -> str | None:
    """Return the path of QEMU's system emulator for this machine's architecture."""
    return programs.found(f"qemu-system-{platform.machine()}")


def qemu_package() -> str:
    """Return the package that has it, in Debian's word."""
    return "qemu-system-arm" if platform.machine() == "aarch64" else "qemu-system-x86"


class QemuLauncher:
    """Starts QEMU itself; implements ``launcher.Launcher``."""

    started = Phase(mark="initialised", label="machine set up")
    asks = "QEMU is started, without libvirt"

    def missing(self) -> Fault | None:
        """Look for the commands that keep QEMU to its CPUs and let it die with us."""
        if platform.machine() != "x86_64":
            reason = f"how QEMU is started without libvirt is not known for {platform.machine()}"
            return Fault(reason=reason, remedy="Use vm, which libvirt starts")
        for tool in ("setpriv", "taskset"):
            if programs.found(tool) is None:
                return missing_package(f"the command {tool} is missing", "util-linux")
        return sockets_below(_SOCKET_BYTES)

    def start(self, machine: Machine) -> QemuProcess:
        """Start QEMU and wait until it has set up the machine, whose guest then runs."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = Child(
                "QEMU",
                qemu_command.words(machine, monitor=theirs.fileno()),
                terminate_s=_TERMINATE_TIMEOUT_S,
                kill_s=_KILL_TIMEOUT_S,
                bound_to=machine.cpu_list,
                pass_fds=[theirs.fileno()],
            )
        running = QemuProcess(process, Monitor(ours))
        try:
            if not running.is_up(machine):
                raise _refusal(process)
        except BaseException:
            running.destroy()
            raise
        return running

    @property
    def versions(self) -> dict[str, str]:
        """QEMU's version."""
        return {"qemu": version_of(qemu_binary() or "")}

    @property
    def detail(self) -> str:
        """QEMU, and that nobody stands between."""
        return f"QEMU {self.versions['qemu']}, started directly"


class QemuProcess:
    """A QEMU process that is our child; implements ``launcher.RunningMachine``."""

    def __init__(self, process: Child, monitor: Monitor) -> None:
        self._process = process
        self._monitor = monitor
        self._known = True

    def is_up(self, machine: Machine) -> bool:
        """Wait until QEMU obeys its monitor, which it does when the machine is set up; False: it has ended before.

        One that does not boot is up when it has its saved state.
        """
        try:
            self._monitor.tell("qmp_capabilities")
            if machine.memory_file:
                self._monitor.leave_out_memory()
            if machine.saved:
                self._monitor.bring_back(machine.saved)
        except TimeoutError as error:
            raise IsolationError("QEMU had not set up a machine in time", remedy=patience.longer()) from error
        except OSError:  # it ended while we spoke
            return False
        return True

    def pause(self) -> None:
        """Have the monitor stop its processors."""
        self._obeys("stop")

    def thaw(self) -> None:
        """Have the monitor let them go on."""
        self._obeys("cont")

    def save(self, file: Path) -> None:
        """Have its state and memory written as for a migration, then end it."""
        try:
            self._monitor.save(file)
        except OSError as error:
            raise IsolationError(f"QEMU has not written the machine down: {error}") from error
        self.destroy()  # from now on what lies on its disk belongs to the file

    def _obeys(self, order: str) -> None:
        try:
            self._monitor.tell(order)
        except OSError as error:
            raise IsolationError(f"QEMU does not obey {order}: {error}") from error

    @property
    def pid(self) -> int | None:
        """The process; one that has ended is still there until ``known`` is asked."""
        return self._process.pid if self._known else None

    def known(self) -> bool:
        """Whether it still runs; one that has ended is reaped."""
        self._known = self._process.status is None
        return self._known

    def destroy(self) -> None:
        """Ask it to end, as libvirt does, then kill it."""
        self._process.end()
        self._known = False
        self._process.close()
        self._monitor.close()


def _refusal(process: Child) -> IsolationError:
    """Say why QEMU has ended at once, in its own last words."""
    process.ended_within(_KILL_TIMEOUT_S)
    lines = [line for line in process.tail(_TAIL_LINES) if "Assertion" not in line][-3:]
    words = " / ".join(re.sub(r"^(\S+Z )?qemu-system-\S+: ", "", line).strip() for line in lines) or "nothing"
    if "host forwarding rule" in words:
        return PortTakenError(
            "cannot start a virtual machine: the port to be forwarded is in use",
            remedy="Run again: another port is chosen",
        )
    return IsolationError(
        f"cannot start a virtual machine: QEMU ended at once with status {process.status}: {words}",
        remedy="python -m bench doctor",
    )
