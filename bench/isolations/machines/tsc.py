"""How fast this host's time stamp counter runs, for guests that have nothing else to tell the time by.

An emulated guest reads the host's counter, and finds out how fast it runs by reading a timer chip in a tight loop for
some milliseconds. When its thread is interrupted then, it gives up. Most machine types have further timers to fall back
on; microvm, whose ACPI is of the reduced kind, leaves Linux none: it waits for ever for a tick, without a word.
Source: Linux, arch/x86/kernel/tsc.c (quick_pit_calibrate), arch/x86/kernel/acpi/boot.c (acpi_generic_reduced_hw_init).
"""

from __future__ import annotations

import ctypes
import mmap
import statistics
import time
from collections.abc import Callable
from functools import cache

_RDTSC = bytes.fromhex("0f31 48c1e220 4809d0 c3")
"""rdtsc; shl $32, %rdx; or %rdx, %rax; ret"""

_WINDOW_S = 0.05
_WINDOWS = 3
_TRIES = 1000
_NEAR_NS = 20_000
"""The clock is read before and after the counter; 20 us apart in a window of 50 ms are 0.04 %."""


@cache
def tsc_khz() -> int | None:
    """Measure the counter against the monotonic clock; None where this host does not let us. For x86_64 only."""
    try:
        with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as code:
            code.write(_RDTSC)
            read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
            khz = statistics.median(_khz(read) for _window in range(_WINDOWS))
    except OSError:  # a host that forbids memory that can be written and executed, or is too slow to tell
        return None
    return round(khz)


def _khz(read: Callable[[], int]) -> float:
    began_ns, began = _together(read)
    time.sleep(_WINDOW_S)
    ended_ns, ended = _together(read)
    return (ended - began) / (ended_ns - began_ns) * 1e6


def _together(read: Callable[[], int]) -> tuple[float, int]:
    """Read clock and counter so near each other that nobody came between; raises TimeoutError where that never is."""
    for _try in range(_TRIES):
        before_ns = time.monotonic_ns()
        counter = read()
        after_ns = time.monotonic_ns()
        if after_ns - before_ns < _NEAR_NS:
            return (before_ns + after_ns) / 2, counter
    raise TimeoutError("the clock cannot be read near enough to the counter")
