"""Who writes into a run's folder: one process at a time, whether it began the run or takes it up again."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import InputError, written
from bench.store.layout import WRITER


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold a run's folder within this block; the kernel lets go of it however the process ends.

    Raises InputError naming the process that holds it already, StoreError where nothing can be written to it.
    """
    file = folder / WRITER
    with written(file):
        descriptor = _locked(file)
    try:
        with written(file):
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(file: Path) -> int:
    """Return the open file, locked: one that still bears its name, since who held it before has removed it."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BlockingIOError:
            pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise InputError(
                f"{file.parent} is being measured into, by {f'process {pid}' if pid else 'another process'}",
                remedy="Wait until that has ended, or end it; then take the run up",
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
