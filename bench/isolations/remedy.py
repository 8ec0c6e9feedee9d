"""Remedies that can be applied: a missing package, and who may install it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

from bench.errors import UnavailableError
from bench.host import programs
from bench.host.places import beyond_sockets
from bench.host.run_state import state_folder
from bench.host.subprocesses import ran
from bench.isolations.base import Fault, Isolation
from bench.model import Say

Consents = Callable[[str, Fault], bool]
"""Asks whether a fault may be mended: why it should be, and the fault, whose ``change`` says what would be done."""


def missing_package(reason: str, *packages: str) -> Fault:
    """Return the fault of a missing package; its fix installs it where we are root, unless another would have to go."""
    command = ["apt-get", "install", "--yes", "--no-remove", "--no-install-recommends", *packages]
    fix = (lambda: _install(command)) if os.geteuid() == 0 else None
    words = " ".join(command)
    return Fault(reason=reason, remedy=programs.as_root(words), fix=fix, change=words if fix else "")


def has_package(name: str) -> bool:
    """Whether Debian has such a package here: from release to release, programs move from one to another."""
    return programs.found("apt-cache") is not None and ran("apt-cache", "show", name).returncode == 0


def mend(isolation: Isolation, say: Say, consents: Consents) -> None:
    """Apply remedies one after another, until nothing is missing, one does not help, or there is no consent.

    Raises BenchError when a remedy cannot be applied.
    """
    before: str | None = None
    while (fault := isolation.missing()) and fault.fix and fault.reason != before:
        if not consents(f"{isolation.name}: {fault.reason}", fault):
            return
        say(f"{isolation.name}: {fault.reason}; fixing")
        fault.fix()
        before = fault.reason


def mend_image_tools(say: Say, consents: Consents) -> None:
    """Install what images are built with, where it is missing; raises UnavailableError when that fails."""
    for tool, package in (("mmdebstrap", "mmdebstrap"), ("mke2fs", "e2fsprogs")):
        fault = missing_package(f"the command {tool} is missing", package)
        if programs.found(tool) is None and fault.fix and consents(fault.reason, fault):
            say(f"{fault.reason}; fixing")
            fault.fix()


def _install(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise UnavailableError(
            f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}",
            remedy="Run it by hand; `apt-get update` first",
        )


def sockets_below(longest_bytes: int, otherwise: str = "") -> Fault | None:
    """Return why no socket can stand below the state folder whose path goes on for ``longest_bytes``; None: it can."""
    beyond = beyond_sockets(state_folder(), longest_bytes)
    if not beyond:
        return None
    return Fault(
        reason=f"{state_folder()} is {beyond} bytes too long for the sockets below it, whose paths the kernel limits",
        remedy=f"Set ISOBENCH_STATE to a shorter path{otherwise and ', '}{otherwise}",
    )
