"""What is no longer needed: cycles of garbage, and when not to look for them; memory, and who keeps it."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""mallopt(3), of glibc alone."""
_LARGE_BYTES = 1 << 20


def give_back() -> None:
    """Have this process give memory back as soon as it is free.

    Arrow's own pool keeps as much as it ever held of any size, and glibc's malloc, once it has seen a large array go,
    puts others among small objects, which hold on to it: a third of a large report's memory.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError):  # of another C library
        for limit in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            ctypes.CDLL(None).mallopt(limit, _LARGE_BYTES)


@contextmanager
def left_alone() -> Iterator[None]:
    """Look for no cycles: it takes a seventh of a large report's time, a tenth of imports', and finds next to none.

    Where some are known to be left, ``gc.collect`` looks within this block at what has come since, and no further.
    """
    was_enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        if not frozen:
            gc.unfreeze()
        if was_enabled:
            gc.enable()
