"""A control group that stands still: all its processes frozen until they are thawed.

In version 2 any group can be frozen. Version 1 has a hierarchy of its own for it, which instances join when they are
frozen for the first time: until then it costs them nothing.
Source: Linux, Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst; cgroup-v2.rst, ``cgroup.freeze``.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.errors import IsolationError
from bench.host import patience

_FROZEN_S = 5.0
"""Within which a fast host has frozen a group."""
_LOOK_AGAIN_S = 0.0002


def place(unified: Path | None, path: str) -> Path | None:
    """Return the folder by which a group is frozen: its own in version 2, else the one in version 1; None: no way."""
    if unified is not None:
        return unified
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _device, where, kind, options, *_ = line.split()
        if kind == "cgroup" and "freezer" in options.split(",") and os.access(where, os.W_OK):
            return Path(where) / path
    return None


def freeze(folder: Path, pids: Callable[[], Sequence[int]]) -> None:
    """Freeze what is in a group; in version 1 that is joined first. Raises IsolationError where it does not freeze."""
    deadline = time.monotonic() + patience.limit_s(_FROZEN_S)
    try:
        if not (folder / "cgroup.freeze").exists():
            _join(folder, pids)
        while not _frozen(folder):
            if time.monotonic() > deadline:
                raise IsolationError(f"control group {folder} has not frozen", remedy=patience.longer())
            time.sleep(_LOOK_AGAIN_S)
    except OSError as error:
        raise IsolationError(f"cannot freeze control group {folder}: {error.strerror}") from error


def thaw(folder: Path) -> None:
    """Let all of it go on; one that is gone, or was never frozen, needs nothing."""
    for file, word in ((folder / "cgroup.freeze", "0"), (folder / "freezer.state", "THAWED")):
        with contextlib.suppress(OSError):
            if file.exists():
                file.write_text(word)


def _join(folder: Path, pids: Callable[[], Sequence[int]]) -> None:
    """Bring all processes in; once more until none is left outside: those may have had children meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    procs = folder / "cgroup.procs"
    while outside := set(pids()) - {int(word) for word in procs.read_text().split()}:
        for pid in outside:
            with contextlib.suppress(ProcessLookupError):
                procs.write_text(str(pid))


def _frozen(folder: Path) -> bool:
    """Ask for it, and say whether it has happened: while processes come and go version 1 must be asked again."""
    if (folder / "cgroup.freeze").exists():
        (folder / "cgroup.freeze").write_text("1")
        return "frozen 1" in (folder / "cgroup.events").read_text()
    (folder / "freezer.state").write_text("FROZEN")
    return (folder / "freezer.state").read_text().strip() == "FROZEN"
