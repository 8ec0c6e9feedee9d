"""Host CPU-seconds that an instance costs between two moments, from outside."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.host.accounting import Unreadable
from bench.isolations.base import Instance
from bench.model import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuReading:
    """Counters at one moment: the instance's by vantage, and the harness's own."""

    at_ns: int
    used_s: Mapping[str, float]
    harness_s: float


def read_cpu(instance: Instance, *, now_ns: int) -> CpuReading:
    """Read the counters of every process of the instance, each counted once.

    The control group's account stands for all that is in it where there is one, since it includes processes that
    have ended; what is outside (a shim, a machine) is read process by process. Daemons shared by all are not counted.
    """
    used: dict[str, float] = {}
    covered: set[int] = set()
    account = instance.account
    books = account.read() if account is not None else None
    if account is not None and books is not None and books.cpu_s is not None:
        used["cgroup"] = books.cpu_s
        covered = set(account.pids())
    for role, found in instance.processes().items():
        if role.startswith("shared:") or (role == "workload" and "cgroup" in used):
            continue
        total = 0.0
        processes = [process for process in found if process.pid not in covered]
        for process in processes:
            try:
                total += process.cpu_s()
            except Unreadable:
                continue
        if processes:
            used[f"processes:{role}"] = total
    return CpuReading(at_ns=now_ns, used_s=used, harness_s=time.process_time())


def cpu_samples(before: CpuReading, after: CpuReading, *, at_s: float) -> list[Sample]:
    """Return CPU-seconds used between two readings, by vantage, beside the wall time and the harness's share.

    A vantage that is missing from one of the readings gives no sample.
    """
    samples = [
        _seconds("cpu.used", after.used_s[vantage] - before.used_s[vantage], vantage, at_s)
        for vantage in before.used_s
        if vantage in after.used_s
    ]
    samples.append(_seconds("cpu.window", (after.at_ns - before.at_ns) / 1e9, "host", at_s))
    samples.append(_seconds("harness.cpu", after.harness_s - before.harness_s, "harness", at_s))
    return samples


def _seconds(metric: str, value: float, vantage: str, at_s: float) -> Sample:
    return Sample(metric=metric, value=value, unit="s", vantage=vantage, better="lower", at_s=at_s)
