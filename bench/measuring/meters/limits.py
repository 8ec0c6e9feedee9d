"""What happened to an instance that went beyond a limit on purpose: by the host's books, and by its end."""

from __future__ import annotations

from collections.abc import Sequence

from bench.isolations.base import Instance
from bench.model import Metric, Sample
from bench.model.codes import AT_LIMIT, code


def limit_samples(instance: Instance, *, at_s: float) -> list[Sample]:
    """Return how often the control group's limits were met, as the kernel counts it; what it does not count is missing.

    To be read while the instance's entry still waits.
    """
    if instance.account is None:
        return []
    books = instance.account.read()
    counts = {"limit.oom_kills": books.oom_kills, "limit.forks_refused": books.forks_refused}
    return [
        Sample(metric=name, value=float(count), unit="times", vantage="cgroup", better="lower", at_s=at_s)
        for name, count in counts.items()
        if count is not None
    ]


def killed_all(metrics: Sequence[Metric], *, at_s: float) -> list[Sample]:
    """Return what the metrics that tell what happened at a limit would have told of an instance that is gone."""
    return [
        Sample(
            metric=metric.name,
            value=code(AT_LIMIT, "killed all"),
            unit=AT_LIMIT,
            vantage="workload",
            better=metric.better,
            at_s=at_s,
        )
        for metric in metrics
        if metric.unit == AT_LIMIT
    ]
