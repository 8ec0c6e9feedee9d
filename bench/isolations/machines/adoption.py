"""Parenthood for a process that a library starts and leaves to process 1.

libvirt's embedded driver believes a QEMU process alive until somebody has taken it away when it has ended. Process 1
should do that at once; the small ones of containers and minimal systems let seconds pass.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
"""prctl(2), Linux 3.4."""

_POLL_S = 0.005


@contextmanager
def adopted(pid_file: Path) -> Iterator[None]:
    """Become the parent of the process whose pid is written to a file while this is entered.

    It is taken away as soon as it has ended, then or later.
    """
    done = threading.Event()
    reaper = threading.Thread(target=_reap, args=(pid_file, done), name="reaper", daemon=True)
    _adopt(1)
    reaper.start()
    try:
        yield
    finally:
        done.set()
        _adopt(0)


def _reap(pid_file: Path, done: threading.Event) -> None:
    """Wait for the process; its pid is written a little before it becomes ours."""
    last = False
    while not last:
        last = done.wait(_POLL_S)
        pid = _written(pid_file)
        if pid is not None:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
                return


def _written(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text())
    except (OSError, ValueError):  # not there yet, or half written
        return None


def _adopt(value: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, value, 0, 0, 0)  # refused: process 1 does it, in its own time
