"""A part of the control groups that a user without root may make groups in: a scope of the user's own manager.

On version 2 the manager hands one to whoever asks for it, and moves the caller there (systemd.resource-control(5),
``Delegate=``). It bears our process id, and goes with the last process in it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bench.errors import IsolationError
from bench.host import programs

_NEEDED = ("memory", "pids")
"""Controllers without which limits do not arrive; which CPUs an instance gets is seen to otherwise, too."""
REMEDY = (
    "Write `[Service]` and `Delegate=cpu cpuset io memory pids` into /etc/systemd/system/user@.service.d/delegate.conf"
)
"""How a user is given all controllers, by who has root."""
_SCOPE, _HARNESS = "isobench-{pid}.scope", "harness"
_ANSWER_S = 10.0
_MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")


@cache
def scope(root: Path) -> Path:
    """Return our scope in the hierarchy of version 2 that is mounted on ``root``; asked for the first time.

    Raises IsolationError where there is none to be had, with the reason and what to do.
    """
    if not _ours(found := _own(root)):
        _ask()
        found = _own(root)
    found = found.parent if found.name == _HARNESS else found
    given = (found / "cgroup.controllers").read_text().split()
    if lacking := [name for name in _NEEDED if name not in given]:
        raise IsolationError(
            f"the user's own systemd is not given the controllers {', '.join(lacking)}",
            remedy=f"{REMEDY}; or run as root",
        )
    _settle(found)
    return found


def scopes(root: Path) -> Iterator[Path]:
    """Yield every scope of this user's runs, those of killed ones included."""
    yield from (root / f"user.slice/user-{os.getuid()}.slice").rglob(_SCOPE.format(pid="*"))


def _own(root: Path) -> Path:
    """Return the group of version 2 that this process is in."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return root / next(line[3:].lstrip("/") for line in lines if line.startswith("0::"))


def _ours(group: Path) -> bool:
    return any(part.startswith("isobench-") for part in group.parts) and os.access(group / "cgroup.procs", os.W_OK)


def _ask() -> None:
    """Have the user's manager move this process into a scope that is delegated."""
    name = _SCOPE.format(pid=os.getpid())
    said = _told(name)
    if said is None:
        deadline = time.monotonic() + _ANSWER_S
        while name not in Path("/proc/self/cgroup").read_text():
            if time.monotonic() > deadline:
                said = f"it did not move this process within {_ANSWER_S:.0f} s"
                break
            time.sleep(0.01)
    if said is not None:
        raise IsolationError(
            f"the user's own systemd delegates no control group: {said}",
            remedy=f"Log in by ssh or at a terminal, not by su; `loginctl enable-linger {_user()}` keeps it running; "
            "or run as root",
        )


def _told(name: str) -> str | None:
    """Tell the manager to make the scope; return why it does not."""
    if programs.found("busctl") is None:
        return "the command busctl is missing"
    properties = ("2", "PIDs", "au", "1", str(os.getpid()), "Delegate", "b", "true")
    words = ("StartTransientUnit", "ssa(sv)a(sa(sv))", name, "fail", *properties, "0")
    command = ["busctl", "--user", "call", *_MANAGER, *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_ANSWER_S)
    except subprocess.TimeoutExpired:
        return f"it did not answer within {_ANSWER_S:.0f} s"
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else None


def _user() -> str:
    return os.environ.get("USER", str(os.getuid()))


def _settle(group: Path) -> None:
    """Move what is in the scope into a group below it: one that has processes can pass no controller on."""
    harness = group / _HARNESS
    harness.mkdir(exist_ok=True)
    for pid in (group / "cgroup.procs").read_text().split():
        (harness / "cgroup.procs").write_text(pid)
