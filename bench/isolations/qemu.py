"""Machines that QEMU runs without libvirt: one process, in a session of its own, that dies with the harness."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from typing import IO

from bench.errors import IsolationError, PortTakenError
from bench.isolations import qemu_words
from bench.isolations.base import Fault
from bench.isolations.machine import Machine
from bench.isolations.remedy import missing_package
from bench.model import Phase

_UP_TIMEOUT_S = 30.0
_TERMINATE_TIMEOUT_S = 2.0
_KILL_TIMEOUT_S = 10.0


def qemu_binary() -> str | None:
    """Return the path of QEMU's system emulator for this machine's architecture."""
    return shutil.which(f"qemu-system-{platform.machine()}")


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
            if shutil.which(tool) is None:
                return missing_package(f"the command {tool} is missing", "util-linux")
        return None

    def start(self, machine: Machine) -> QemuProcess:
        """Start QEMU and wait until it has set up the machine, whose guest then runs."""
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as said:
            with theirs:
                process = subprocess.Popen(
                    [
                        *("setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", machine.cpu_list),
                        *qemu_words.words(machine, monitor=theirs.fileno()),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C is for the harness alone
                )
            running = QemuProcess(process)
            try:
                if not _is_up(ours):
                    raise _refusal(running, said)
            except BaseException:
                running.destroy()
                raise
        return running

    @property
    def versions(self) -> dict[str, str]:
        """QEMU's version."""
        return {"qemu": _version(qemu_binary() or "")}

    @property
    def detail(self) -> str:
        """QEMU, and that nobody stands between."""
        return f"QEMU {self.versions['qemu']}, started directly"


class QemuProcess:
    """A QEMU process that is our child; implements ``launcher.Running``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int | None:
        """The process; one that has ended is still there until ``known`` is asked."""
        return self._process.pid if self._process.returncode is None else None

    def known(self) -> bool:
        """Whether it still runs; one that has ended is reaped."""
        return self._process.poll() is None

    def destroy(self) -> None:
        """Ask it to end, as libvirt does, then kill it."""
        for number, timeout_s in ((signal.SIGTERM, _TERMINATE_TIMEOUT_S), (signal.SIGKILL, _KILL_TIMEOUT_S)):
            if not self.known():
                return
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)

    def status(self) -> int:
        """Wait until it has ended; return its status."""
        return self._process.wait(_KILL_TIMEOUT_S)


def _is_up(monitor: socket.socket) -> bool:
    """Wait until QEMU obeys its monitor, which it does when the machine is set up; False: it has ended before.

    Source: QEMU, docs/interop/qmp-spec: a greeting, then ``qmp_capabilities`` and its empty return.
    """
    monitor.settimeout(_UP_TIMEOUT_S)
    try:
        with monitor.makefile("rb") as answers:
            monitor.sendall(b'{"execute": "qmp_capabilities"}\n')
            return any("return" in json.loads(line) for line in answers)
    except TimeoutError as error:
        raise IsolationError(
            f"QEMU had not set up a machine after {_UP_TIMEOUT_S:g} s", remedy="See what loads this host"
        ) from error
    except OSError:  # it ended while we spoke
        return False


def _refusal(running: QemuProcess, said: IO[bytes]) -> IsolationError:
    """Say why QEMU has ended at once, in its own last words."""
    status = running.status()
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").splitlines()
    told = [re.sub(r"^(\S+Z )?qemu-system-\S+: ", "", line).strip() for line in lines if "Assertion" not in line]
    words = " / ".join([line for line in told if line][-3:]) or "nothing"
    if "host forwarding rule" in words:
        return PortTakenError(
            "cannot start a virtual machine: the port to be forwarded is in use",
            remedy="Run again: another port is chosen",
        )
    return IsolationError(
        f"cannot start a virtual machine: QEMU ended at once with status {status}: {words}",
        remedy="python -m bench doctor",
    )


@cache
def _version(binary: str) -> str:
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, start_new_session=True)
    found = re.search(r"version (\S+)", done.stdout)
    return found[1] if found else "unknown"
