"""Processes that dead runs have left; each is pinned before it is looked at, for pids come again."""

from __future__ import annotations

import os
import re
import select
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from bench.errors import LeftoverError
from bench.host import run_names
from bench.host.run_state import state_folder

_KILL_S = 10.0
_LAYER = re.compile(r"[ ,]upperdir=(\S+?)/runs/([^/\s,]+)/")
"""The writable layer of an overlay, among its options. Source: proc(5), ``/proc/PID/mountinfo``."""


def end(pids: Iterable[int], run_of: Callable[[int], str | None], dead: Callable[[str], bool]) -> list[tuple[str, int]]:
    """End those of the processes that ``run_of`` gives a dead run; return run and pid of each.

    Raises LeftoverError when one survives.
    """
    ended = []
    for pid in pids:
        with suppress(ProcessLookupError, FileNotFoundError):  # it has ended meanwhile
            pin = os.pidfd_open(pid)
            try:
                run = run_of(pid)
                if run is not None and dead(run):
                    signal.pidfd_send_signal(pin, signal.SIGKILL)
                    _require_ended(pin, pid)
                    ended.append((run, pid))
            finally:
                os.close(pin)
    return ended


def running() -> list[int]:
    """Return every process of this host."""
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def machine_of(pid: int) -> str | None:
    """Return whose machine a QEMU process is."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return run_names.run_of_machine(words)


def root_of(pid: int) -> str | None:
    """Return whose root a process sees that is in a mount namespace of its own: its layer lies in our state folder.

    Without root there are no control groups by which such a process could be found. What is mounted where we are, too,
    was there before every namespace that is made of ours, and tells nothing of who is in it.
    """
    try:
        if Path(f"/proc/{pid}/ns/mnt").readlink() == Path("/proc/self/ns/mnt").readlink():
            return None
        found = _layers(pid) - _layers("self")
    except OSError:
        return None
    runs = {run for place, run in found if place == str(state_folder())}
    return runs.pop() if len(runs) == 1 else None


def _layers(pid: int | str) -> set[tuple[str, str]]:
    """Return state folder and run of every overlay that a process sees."""
    return set(_LAYER.findall(Path(f"/proc/{pid}/mountinfo").read_text(errors="replace")))


def _require_ended(pin: int, pid: int) -> None:
    if not select.select([pin], [], [], _KILL_S)[0]:
        raise LeftoverError(f"process {pid} is still there {_KILL_S:g} s after it was killed")
