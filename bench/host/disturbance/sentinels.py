"""Which readings spoil a trial: one table, by which a run judges its trials and a report shows what was judged.

A trial is spoiled by what others did to it, never by what its own instance did. That decides what is judged:

- CPU pressure is recorded and spoils nothing: an instance with more threads than CPUs waits for itself. Time that
  others spent on its CPUs is judged instead.
- I/O pressure is recorded and spoils nothing: a workload that writes waits for the disk, and a host's figure does not
  tell whose wait it was.
- Memory pressure is judged unless the instance came close to its own limit, where it is its own reclaim.

The rule itself (keep such a trial, mark it, leave it out of headline figures) is that of krun (Barrett et al. 2017) and
BenchExec (Beyer, Löwe, Wendler 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

STEAL_LIMIT = 0.05
"""Share of the instance's CPU time that the hypervisor may take. Our own choice: twice what this takes of a figure is
more than any difference that a report calls equivalent (3 %)."""

PRESSURE_LIMIT = 0.05
"""Share of the trial in which some task of the host may wait for memory; as much as for stolen time."""

LOAD_LIMIT = 0.20
"""Share of the instance's CPU time that others may spend there. Our own choice: an idle CPU takes some of it in without
a loss, and kernel threads that work for the instance are in it."""

LOAD_ALLOWANCE_S = 1.0
"""CPU time that others may spend in any trial: an engine starts and removes a container in less."""

SHORTEST_S = 1.0
"""Shorter trials are not judged by shares: CPU time is counted in ticks of 10 ms."""

STEP_LIMIT_S = 0.010
"""A step of the clock, or a sleep. The clocks are slewed together (adjtimex(2)), so that they part by steps alone;
reading them takes microseconds, and being put aside in between milliseconds."""

Readings = Mapping[str, float]
"""What was read of one trial, by what its sample is called after ``sentinel.``; what was not watched is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """What stands by every trial: what it reads, and what of that spoils one."""

    name: str
    reads: str
    """In words, for a report."""
    amount: Callable[[Readings], float]
    """What others did to the trial; raises KeyError where it was not watched."""
    share_of: tuple[str, ...] = ()
    """The readings whose product the amount is divided by; none: it is held against the limit as it is."""
    unit: str = "1"
    """Of what is held against the limit: a share ``1``, ``B``, ``s``, or how many ``times``."""
    limit: float | None = None
    """Above which it spoils a trial; None: never."""
    allowance: float = 0.0
    """An amount that spoils none, whatever its share."""
    excused_by: str = ""
    """A reading that, where it is not zero, says that it was the instance's own doing."""
    spoils: str
    """When it spoils a trial, in words."""
    reason: str = ""
    """Why it has spoiled one, to be filled with its amount and value."""


def _read(name: str) -> Callable[[Readings], float]:
    return lambda readings: readings[name]


def _others_s(readings: Readings) -> float:
    """Return the CPU time on the instance's CPUs that was neither its own, nor the harness's, nor its engine's."""
    return max(0.0, readings["busy"] - readings["own"] - readings["harness"] - readings.get("engine", 0.0))


_CPU_TIME = ("span", "cpus")
_SLEWED = f"over {STEP_LIMIT_S * 1000:.0f} ms"

SENTINELS = (
    Sentinel(
        name="steal", reads="time the hypervisor took from the instance's CPUs",
        amount=_read("stolen"), share_of=_CPU_TIME, limit=STEAL_LIMIT,
        spoils=f"over {STEAL_LIMIT * 100:.0f} % of the time of the instance's CPUs",
        reason="the host's hypervisor took {value:.0%} of the instance's CPU time",
    ),
    Sentinel(
        name="other load", reads="time others spent on the instance's CPUs",
        amount=_others_s, share_of=_CPU_TIME, limit=LOAD_LIMIT, allowance=LOAD_ALLOWANCE_S,
        spoils=f"over {LOAD_LIMIT * 100:.0f} % of that time, and over {LOAD_ALLOWANCE_S:.0f} s, spent by who is "
        "neither the instance, nor the harness, nor the engine that starts it",
        reason="other processes took {value:.0%} of the instance's CPU time ({amount:.1f} s)",
    ),
    Sentinel(
        name="memory pressure", reads="time some task waited for memory",
        amount=_read("pressure.memory.some"), share_of=("span",), limit=PRESSURE_LIMIT, excused_by="at_memory_limit",
        spoils=f"tasks of the host waited in over {PRESSURE_LIMIT * 100:.0f} % of the trial, unless the instance came "
        "within 10 % of its own limit",
        reason="tasks of the host waited for memory in {value:.0%} of its time",
    ),
    Sentinel(
        name="swap", reads="bytes the host swapped", amount=_read("swapped"), unit="B", limit=0.0,
        spoils="any", reason="the host swapped {value:.0f} bytes",
    ),
    Sentinel(
        name="throttling", reads="times a CPU quota throttled it", amount=_read("throttled"), unit="times", limit=0.0,
        spoils="any: Isobench sets no quota but where it calibrates itself, so somebody else did",
        reason="the CPU quota throttled it {value:.0f} times",
    ),
    Sentinel(
        name="heat", reads="times its CPUs were slowed for heat", amount=_read("hot"), unit="times", limit=0.0,
        spoils="any slowing of the instance's CPUs that the host counts",
        reason="the host's CPUs were slowed for their heat {value:.0f} times",
    ),
    Sentinel(
        name="kernel errors", reads="errors in the kernel's log",
        amount=_read("kernel_errors"), unit="times", limit=0.0,
        spoils="an error (level 3 or worse), a machine check, a hung task; not a kill at a group's own limit",
        reason="the kernel reported an error: {log}",
    ),
    Sentinel(
        name="clock step", reads="steps of the wall clock",
        amount=lambda readings: abs(readings["clock_step"]), unit="s", limit=STEP_LIMIT_S,
        spoils=f"the wall clock was set by {_SLEWED}", reason="the host's clock was set by {clock_step:+.3f} s",
    ),
    Sentinel(
        name="sleep", reads="time the host slept",
        amount=lambda readings: max(0.0, readings["suspended"]), unit="s", limit=STEP_LIMIT_S,
        spoils=f"the host slept for {_SLEWED}", reason="the host slept for {value:.3f} s",
    ),
    Sentinel(
        name="CPU pressure", reads="time some task waited for a CPU",
        amount=_read("pressure.cpu.some"), share_of=("span",), spoils="never",
    ),
    Sentinel(
        name="I/O pressure", reads="time some task waited for a disk",
        amount=_read("pressure.io.some"), share_of=("span",), spoils="never",
    ),
)  # fmt: skip
"""In reading order."""
