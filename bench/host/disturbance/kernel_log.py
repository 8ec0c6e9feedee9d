"""What the kernel said during a trial: errors, machine checks, hung tasks, kills for want of memory."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Self

_ERROR = 3
"""``KERN_ERR``; 0 to 2 are worse (syslog(2))."""

_RECORD_BYTES = 8192
"""``/dev/kmsg`` gives one record for each read, and fails with EINVAL where it does not fit (kernel:
Documentation/ABI/testing/dev-kmsg)."""

_MOST_RECORDS = 2000
"""A kernel that says more than this during one trial has said enough."""

_ALWAYS = re.compile(
    r"blocked for more than \d+ seconds|Hardware Error|\bmce: |Machine check events logged|soft lockup"
)
"""Hung tasks and machine checks count whatever their level (khungtaskd, mce(8))."""

_OWN = re.compile(r"^Memory cgroup out of memory: |^Memory cgroup stats|^(kvm(_amd|_intel)?: )?(kvm \[\d+\]: |vcpu\d+)")
"""What one instance brings on itself, at the level of an error: a kill at its own group's limit, a guest that uses a
register its virtual CPU lacks, where a newer kernel, such as 6.12, says first which module speaks."""


class KernelLog:
    """The kernel's log from the moment this is made; nothing where it may not be read."""

    def __init__(self, path: Path = Path("/dev/kmsg")) -> None:
        self.fault = ""
        """Why the log is not watched; empty where it is."""
        self._descriptor: int | None = None
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._descriptor, 0, os.SEEK_END)
        except OSError as error:
            self.fault = f"{path}: {error.strerror}"
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_left: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the log go; a second time does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def errors(self) -> tuple[str, ...] | None:
        """Return the messages since then that speak of trouble; None where the log is not watched."""
        if self._descriptor is None:
            return None
        found = []
        for _ in range(_MOST_RECORDS):
            try:
                record = os.read(self._descriptor, _RECORD_BYTES)
            except BrokenPipeError:  # older records were overwritten meanwhile: the next read goes on after them
                continue
            except OSError:  # BlockingIOError: there are no more
                break
            if not record:
                break
            found += [text for line in record.splitlines() if (text := trouble(line.decode(errors="replace")))]
        return tuple(found)


def trouble(record: str) -> str:
    """Return a record's message where it speaks of trouble on this host, else nothing.

    The form is ``PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;MESSAGE``; what processes write into the log themselves
    (a facility other than the kernel's, 0) is none of the kernel's.
    """
    head, separator, message = record.partition(";")
    priority = head.split(",", 1)[0]
    if not separator or not priority.isdigit():
        return ""
    facility, level = divmod(int(priority), 8)
    if facility or _OWN.search(message):
        return ""
    return message if level <= _ERROR or _ALWAYS.search(message) else ""
