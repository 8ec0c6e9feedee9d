"""The counters that sentinels read at both ends of a trial, outside of its stopwatch.

=========== ========================================================== ==========================================
sentinel    read from                                                  what
=========== ========================================================== ==========================================
swap        ``/proc/vmstat`` pswpin, pswpout                           bytes swapped on the host
steal       ``/proc/stat`` of the instance's CPUs                      time the host's own hypervisor took
load        ``/proc/stat`` of the instance's CPUs                      time spent in processes, whoever's
pressure    ``/proc/pressure/{cpu,io,memory}`` totals                  time in which tasks waited (PSI)
kernel log  ``/dev/kmsg``                                              errors, machine checks, hung tasks
clock       CLOCK_REALTIME, CLOCK_BOOTTIME against CLOCK_MONOTONIC     steps of the clock, time asleep
thermal     ``/sys/devices/system/cpu/cpu*/thermal_throttle``          times that a CPU was slowed for its heat
=========== ========================================================== ==========================================
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.host.disturbance.kernel_log import KernelLog
from bench.host.files import contents

PRESSURES = ("cpu.some", "io.some", "io.full", "memory.some", "memory.full")
"""What is read of PSI; ``full`` of the CPU says nothing about a whole host (kernel: accounting/psi.rst)."""

_CLOCK_TRIES = 5
_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the kernel shows its counters; a test has a tree of its own."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    kmsg: Path = Path("/dev/kmsg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Three clocks of the host at one moment."""

    monotonic_ns: int
    realtime_ns: int
    boottime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostActivity:
    """What the sentinels saw of one trial, from before its request until nothing of it was left. None: not watched."""

    span_s: float
    cpus: int
    """How many CPUs ``stolen_s`` and ``busy_s`` are sums over: the instance's."""
    swapped_bytes: int | None = None
    stolen_s: float | None = None
    busy_s: float | None = None
    """Time in processes, user and kernel; without interrupts, which are often the instance's own traffic."""
    harness_s: float = 0.0
    """How much of ``busy_s`` may have been the harness's own, where it shares the instance's CPUs."""
    engine_s: float = 0.0
    """The same of the daemons that start the instance."""
    pressure_s: Mapping[str, float] | None = None
    kernel_errors: tuple[str, ...] | None = None
    clock_step_s: float = 0.0
    suspended_s: float = 0.0
    hot: int | None = None


def read_clocks() -> Clocks:
    """Read the clocks as close to each other as can be had: of a few tries, the one that took least."""
    best: tuple[int, Clocks] | None = None
    for _ in range(_CLOCK_TRIES):
        begin_ns = time.monotonic_ns()
        realtime_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        took_ns = time.monotonic_ns() - begin_ns
        middle_ns = begin_ns + took_ns // 2
        if best is None or took_ns < best[0]:
            best = took_ns, Clocks(monotonic_ns=middle_ns, realtime_ns=realtime_ns, boottime_ns=boottime_ns)
    assert best is not None
    return best[1]


class SentinelWatch:
    """Stands by one trial: made before its request, asked once when nothing of it is left."""

    def __init__(
        self,
        cpus: Sequence[int],
        places: Places = Places(),
        clocks: Callable[[], Clocks] = read_clocks,
        engine_s: Callable[[], float] = float,
    ) -> None:
        self._cpus, self._places, self._clocks, self._engine_s = cpus, places, clocks, engine_s
        self._log = KernelLog(places.kmsg)
        self._before, self._engine_before_s = _read(places, cpus, clocks), engine_s()

    def end(self) -> HostActivity:
        """Read everything again and return what changed."""
        before, after = self._before, _read(self._places, self._cpus, self._clocks)
        with self._log as log:
            errors = log.errors()
        span_ns = after.clocks.monotonic_ns - before.clocks.monotonic_ns
        shares = bool(os.sched_getaffinity(0) & set(self._cpus))
        return HostActivity(
            span_s=span_ns / 1e9,
            cpus=len(self._cpus),
            swapped_bytes=_since(before.swapped_bytes, after.swapped_bytes),
            stolen_s=_since(before.stolen_s, after.stolen_s),
            busy_s=_since(before.busy_s, after.busy_s),
            harness_s=after.harness_s - before.harness_s if shares else 0.0,
            engine_s=self._engine_s() - self._engine_before_s,
            pressure_s={name: after.pressure_s[name] - before.pressure_s[name] for name in before.pressure_s} or None,
            kernel_errors=errors,
            clock_step_s=(after.clocks.realtime_ns - before.clocks.realtime_ns - span_ns) / 1e9,
            suspended_s=(after.clocks.boottime_ns - before.clocks.boottime_ns - span_ns) / 1e9,
            hot=_since(before.hot, after.hot),
        )


def unwatched(places: Places = Places()) -> dict[str, str]:
    """Return the sentinels that cannot stand here, by name, each with what is missing."""
    found = _read(places, (0,), read_clocks)
    with KernelLog(places.kmsg) as log:
        faults = {"kernel log": log.fault}
    missing = {name for name in PRESSURES if name not in found.pressure_s}
    faults["pressure"] = f"{places.proc}/pressure: no figure of {', '.join(sorted(missing))}" if missing else ""
    faults["swap"] = f"{places.proc}/vmstat: no pswpin, pswpout" if found.swapped_bytes is None else ""
    faults["steal and load"] = f"{places.proc}/stat: no lines of CPUs" if found.busy_s is None else ""
    faults["thermal"] = "this host's CPUs have no thermal_throttle counters" if found.hot is None else ""
    return {name: fault for name, fault in faults.items() if fault}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    clocks: Clocks
    swapped_bytes: int | None
    stolen_s: float | None
    busy_s: float | None
    harness_s: float
    pressure_s: Mapping[str, float]
    hot: int | None


def _read(places: Places, cpus: Sequence[int], clocks: Callable[[], Clocks]) -> _Reading:
    busy_s, stolen_s = _cpu_times(places.proc / "stat", cpus)
    return _Reading(
        clocks=clocks(),
        swapped_bytes=_swapped(places.proc / "vmstat"),
        stolen_s=stolen_s,
        busy_s=busy_s,
        harness_s=time.process_time(),
        pressure_s=_pressure(places.proc / "pressure"),
        hot=_hot(places.sys / "devices/system/cpu", cpus),
    )


def _swapped(file: Path) -> int | None:
    """Return the bytes swapped since boot, in both directions together; /proc/vmstat counts pages."""
    rows = dict(line.split(" ", 1) for line in _text(file).splitlines() if line.startswith("pswp"))
    pages = [int(rows[name]) for name in ("pswpin", "pswpout") if name in rows]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") if len(pages) == 2 else None


def _cpu_times(file: Path, cpus: Sequence[int]) -> tuple[float | None, float | None]:
    """Return seconds in processes (user, nice, system) and stolen seconds, summed over these CPUs (proc_stat(5))."""
    wanted = {f"cpu{cpu}" for cpu in cpus}
    rows = [words for line in _text(file).splitlines() if (words := line.split()) and words[0] in wanted]
    if not rows:
        return None, None
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    busy = sum(int(word) for row in rows for word in row[1:4])
    stolen = sum(int(row[8]) for row in rows if len(row) > 8)
    return busy * tick_s, stolen * tick_s


def _pressure(folder: Path) -> dict[str, float]:
    """Return the totals in seconds of those of PRESSURES that this kernel keeps."""
    found = {}
    for resource in ("cpu", "io", "memory"):
        for line in _text(folder / resource).splitlines():
            kind, *_averages, total = line.split()
            if (name := f"{resource}.{kind}") in PRESSURES:
                found[name] = int(total.removeprefix("total=")) / 1e6
    return found


def _hot(folder: Path, cpus: Sequence[int]) -> int | None:
    """Return how often these CPUs, or the packages they are in, were slowed for their heat; None: not counted here."""
    counts = [
        int(text)
        for cpu in cpus
        for name in ("core_throttle_count", "package_throttle_count")
        if (text := _text(folder / f"cpu{cpu}" / "thermal_throttle" / name).strip()).isdigit()
    ]
    return sum(counts) if counts else None


def _text(file: Path) -> str:
    """Return a file's text; nothing where it is not there or not ours to read."""
    try:
        return contents(file)
    except OSError:
        return ""


def _since(before: _Number | None, after: _Number | None) -> _Number | None:
    return None if before is None or after is None else after - before
