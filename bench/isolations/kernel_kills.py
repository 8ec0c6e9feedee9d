"""Kills for want of memory of which only the kernel's log still tells: their control group went with all in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LOG = Path("/dev/kmsg")
_RECORD_BYTES = 8192
"""``/dev/kmsg`` gives one record for each read, and fails with EINVAL where it does not fit (kernel:
Documentation/ABI/testing/dev-kmsg)."""


def killed_for_memory(group: str, log: Path = _LOG) -> bool:
    """Whether the kernel has killed for want of memory in a control group that bears this name, or below it.

    The name must be one that no earlier group had. False where the log may not be read. The kernel's words since
    Linux 5.0: ``mm/oom_kill.c``, ``dump_oom_summary``.
    """
    told = re.compile(rf"^[^;]*;oom-kill:.*[/-]{re.escape(group)}[/,.]".encode())
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return any(told.search(record) for record in iter(lambda: _next(descriptor), b""))
    finally:
        os.close(descriptor)


def _next(descriptor: int) -> bytes:
    """Return the next record; nothing where there are no more."""
    while True:
        try:
            return os.read(descriptor, _RECORD_BYTES)
        except BrokenPipeError:  # older records were overwritten meanwhile: the next read goes on after them
            continue
        except OSError:  # BlockingIOError: there are no more
            return b""
