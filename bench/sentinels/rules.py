"""Which readings spoil a trial, and all of them as samples.

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

from collections.abc import Iterator
from dataclasses import dataclass

from bench.model import Sample
from bench.sentinels.readings import Change

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

_SHOWN = 160
"""Characters of a kernel's message that a reason quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is known of the instance's own doing. None: not known, and what needs it is not judged."""

    throttled: int | None = None
    cpu_s: float | None = None
    """Its CPU time from its beginning to its end, with that of its client where that shares its CPUs."""
    at_memory_limit: bool = False


def spoiled_by(change: Change, own: Own) -> list[str]:
    """Return why a trial's figures should not be trusted, in words; empty when nothing disturbed it."""
    return [*_counts(change, own), *_shares(change, own), *_clocks(change), *_kernel(change)]


def others_s(change: Change, own: Own) -> float | None:
    """Return the CPU time that neither the instance nor the harness spent on the instance's CPUs; None: not known."""
    if change.busy_s is None or own.cpu_s is None:
        return None
    return max(0.0, change.busy_s - own.cpu_s - change.harness_s)


def samples(change: Change, own: Own) -> list[Sample]:
    """Return one sample for everything that was read, ``sentinel.*`` as the host saw it; raw, nothing judged."""
    found: dict[tuple[str, str], float | None] = {
        ("span", "s"): change.span_s,
        ("cpus", "1"): change.cpus,
        ("swapped", "B"): change.swapped_bytes,
        ("stolen", "s"): change.stolen_s,
        ("busy", "s"): change.busy_s,
        ("own", "s"): own.cpu_s,
        ("harness", "s"): change.harness_s,
        ("throttled", "1"): own.throttled,
        **{(f"pressure.{name}", "s"): value for name, value in (change.pressure_s or {}).items()},
        ("kernel_errors", "1"): None if change.kernel_errors is None else len(change.kernel_errors),
        ("clock_step", "s"): change.clock_step_s,
        ("suspended", "s"): change.suspended_s,
        ("hot", "1"): change.hot,
        ("at_memory_limit", "1"): own.at_memory_limit,
    }
    return [
        Sample(
            metric=f"sentinel.{name}",
            value=float(value),
            unit=unit,
            vantage="host",
            better="lower",
            at_s=change.span_s,
        )
        for (name, unit), value in found.items()
        if value is not None
    ]


def _counts(change: Change, own: Own) -> Iterator[str]:
    """What must not happen at all."""
    if change.swapped_bytes:
        yield f"the host swapped {change.swapped_bytes} bytes"
    if own.throttled:
        yield f"the CPU quota throttled it {own.throttled} times"
    if change.hot:
        yield f"the host's CPUs were slowed for their heat {change.hot} times"


def _shares(change: Change, own: Own) -> Iterator[str]:
    """What may take a share of the time, but not a large one."""
    if change.span_s <= SHORTEST_S:
        return
    whole_s = change.span_s * change.cpus
    if change.stolen_s is not None and change.stolen_s / whole_s > STEAL_LIMIT:
        yield f"the host's hypervisor took {change.stolen_s / whole_s:.0%} of the instance's CPU time"
    spent_s = others_s(change, own)
    if spent_s is not None and spent_s > LOAD_ALLOWANCE_S and spent_s / whole_s > LOAD_LIMIT:
        yield f"other processes took {spent_s / whole_s:.0%} of the instance's CPU time ({spent_s:.1f} s)"
    waited_s = (change.pressure_s or {}).get("memory.some", 0.0)
    if not own.at_memory_limit and waited_s / change.span_s > PRESSURE_LIMIT:
        yield f"tasks of the host waited for memory in {waited_s / change.span_s:.0%} of its time"


def _clocks(change: Change) -> Iterator[str]:
    if abs(change.clock_step_s) > STEP_LIMIT_S:
        yield f"the host's clock was set by {change.clock_step_s:+.3f} s"
    if change.suspended_s > STEP_LIMIT_S:
        yield f"the host slept for {change.suspended_s:.3f} s"


def _kernel(change: Change) -> Iterator[str]:
    if change.kernel_errors:
        more = len(change.kernel_errors) - 1
        first = change.kernel_errors[0][:_SHOWN]
        yield f"the kernel reported an error: {first}" + (f" (and {more} more)" if more else "")
