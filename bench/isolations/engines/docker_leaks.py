"""Processes of a container that its engine no longer knows.

After a failed start some runtimes (gVisor's, seen with Docker 20.10) leave shim, gofer and sandbox behind, which no
engine lists. Their command lines carry the container's full id; nothing else does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from bench.errors import LeftoverError
from bench.host.files import contents

_LEAVE_S = 2.0
"""How long a shim may take to leave by itself once its container is gone; some 50 ms are usual."""
_KILL_S = 10.0
"""How long all of them may take to be gone for good."""
_QUIET_S = 0.5
"""Without a process for so long, none is to come: containerd tidies after a shim that was killed, by a process of its
own (``shim delete``, and the runtime's ``delete`` below it) that starts some 10 ms later on an idle host."""
_POLL_S = 0.02


def reap(container: str) -> list[int]:
    """End what carries this container's id and does not leave by itself; return the pids that had to be ended.

    Raises LeftoverError when one of them stays.
    """
    left = _left_after(container, _LEAVE_S)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if left and (stay := _stays(container)):
        raise LeftoverError(f"processes of container {container[:12]} cannot be ended: {stay}")
    return left


def _stays(container: str) -> list[int]:
    """Wait until nothing has borne this id for a while; return what bears it when patience ends."""
    deadline = time.monotonic() + _KILL_S
    quiet_from = time.monotonic()
    while (now := time.monotonic()) < deadline and now - quiet_from < _QUIET_S:
        if bearing(container):
            quiet_from = time.monotonic()
        time.sleep(_POLL_S)
    return bearing(container)


def _left_after(container: str, patience_s: float) -> list[int]:
    deadline = time.monotonic() + patience_s
    while (left := bearing(container)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return left


def bearing(container: str) -> list[int]:
    """Return the processes whose command line carries the container's full id."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if container in contents(f"{entry.path}/cmdline"):
                    found.append(int(entry.name))
    return found
