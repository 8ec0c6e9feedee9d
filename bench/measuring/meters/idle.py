"""What an instance that does nothing costs while it lives: CPU time and wake-ups of its host processes, by role.

The daemons that serve every instance are read too, under their ``shared:`` roles: what their watching costs is theirs,
and never summed with the instance's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.host.accounting import HostProcess, Unreadable
from bench.isolations.base import Instance
from bench.model import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleReading:
    """Counters at one moment, by vantage."""

    at_ns: int
    used_s: Mapping[str, float]
    wakeups: Mapping[str, int]


def read_idle(instance: Instance, *, now_ns: int) -> IdleReading:
    """Read CPU time and wake-ups of every role, and the CPU time in the control group's books where there are any."""
    used: dict[str, float] = {}
    wakeups: dict[str, int] = {}
    books = instance.account.read() if instance.account is not None else None
    if books is not None and books.cpu_s is not None:
        used["cgroup"] = books.cpu_s
    for role, processes in instance.processes().items():
        for process in processes:
            try:
                took_s, woke = process.cpu_s(), slept(process)
            except Unreadable:
                continue
            vantage = f"processes:{role}"
            used[vantage] = used.get(vantage, 0.0) + took_s
            wakeups[vantage] = wakeups.get(vantage, 0) + woke
    return IdleReading(at_ns=now_ns, used_s=used, wakeups=wakeups)


def slept(process: HostProcess) -> int:
    """Return how often the living threads of a process have gone to sleep of their own accord: to be woken each time.

    Raises Unreadable when it has ended. Source: proc(5), ``voluntary_ctxt_switches``.
    """
    try:
        tasks = [task.read_text() for task in Path(f"/proc/{process.pid}/task").glob("*/status")]
    except OSError as error:
        raise Unreadable(f"process {process.pid}: {error}") from error
    lines = [line.split() for task in tasks for line in task.splitlines()]
    return sum(int(words[1]) for words in lines if words[:1] == ["voluntary_ctxt_switches:"])


def idle_samples(before: IdleReading, after: IdleReading, *, at_s: float) -> list[Sample]:
    """Return what was used between two readings, by vantage; one that is missing from either gives no sample."""
    known = [vantage for vantage in before.used_s if vantage in after.used_s]
    woken = [vantage for vantage in before.wakeups if vantage in after.wakeups]
    found = [("idle.cpu", after.used_s[one] - before.used_s[one], "s", one) for one in known]
    found += [("idle.wakeups", after.wakeups[one] - before.wakeups[one], "1", one) for one in woken]
    found.append(("idle.window", (after.at_ns - before.at_ns) / 1e9, "s", "host"))
    return [
        Sample(metric=metric, value=float(value), unit=unit, vantage=vantage, better="lower", at_s=at_s)
        for metric, value, unit, vantage in found
    ]
