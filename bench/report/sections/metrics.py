"""Which metrics are a scenario's own, which are of nobody, and how they are named."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.data.derive import OWN, PER_1000, PER_CPU_S, WHENS
from bench.analysis.figures.sweep import Sweep
from bench.report.text import words
from bench.store.manifest import RunMetric, RunScenario

_SHOWN_ELSEWHERE = (
    "timeline.", "phase.", "teardown", "memory.", "cpu.", "disk.", "clock.", "harness.", "client.", "overhead.",
    *(f"surface.{name}" for name in ("answered", "refused", "needs_capability", "absent", "host_")),
)  # fmt: skip
BESIDE = (
    ("client.cpu", "client", "CPU time of the client on the host, for each step"),
    ("disk.written", OWN, "Bytes that its own processes wrote to disks"),
)
"""What is not of the instance but tells what was asked of it: metric, vantage, title. Shown among the details."""

_INGREDIENTS = ("timeline.", "cpu.used", "cpu.window", "clock.workload", "clock.host", "harness.")
_SPLIT = tuple(f"memory.{when}.{view}" for when in WHENS for view in ("uss", "rss"))
"""What other figures are derived from; of the latter only what single processes have."""

_VANTAGES = ("workload", "host", "processes", "cgroup", "guest")
"""Whose figure of a metric comes first; roles of processes come after all of them."""


def own_metrics(sweep: Sweep, scenario: RunScenario | None) -> list[RunMetric]:
    """Return the metrics that the scenario declares and the run has, in the scenario's order."""
    declared = scenario.metrics if scenario else ()
    return [metric for metric in declared if sweep.shown(metric.name, "workload")]


def other_metrics(sweep: Sweep, scenario: RunScenario | None) -> dict[str, list[str]]:
    """Return every further metric with the vantages it was seen from, the most telling first."""
    own = {metric.name for metric in scenario.metrics} if scenario else set()
    found: dict[str, list[str]] = {}
    for _, metric, vantage in (key for one in sweep.comparisons for key in one.figures):
        base = metric.removesuffix(PER_CPU_S).removesuffix(PER_1000)
        known = found.setdefault(metric, [])
        if base in own or metric.startswith(_SHOWN_ELSEWHERE) or base != metric:
            del found[metric]
        elif vantage not in known:
            known.append(vantage)
    return {metric: sorted(vantages, key=_place) for metric, vantages in found.items()}


def is_compared(metric: str, vantage: str) -> bool:
    """Say whether a report has a figure's ratio to bare, not its median alone or what is derived from it."""
    if metric.startswith("memory."):
        return not (vantage.startswith("processes:") and metric.startswith(_SPLIT))
    return metric == "timeline.ready" or not metric.startswith(_INGREDIENTS)


def named(metric: str, vantage: str) -> str:
    """Return a title for a metric of which nothing but its name is known."""
    name = words.capital(words.metric(metric))
    return name if vantage in ("workload", "host", metric.partition(".")[0]) else f"{name} ({words.vantage(vantage)})"


def slug(metric: str) -> str:
    """Return a metric's name as part of a file name."""
    return "".join(letter if letter.isalnum() else "-" for letter in metric.lower()).strip("-")


def is_seen_as_parts(vantages: Sequence[str]) -> bool:
    """Say whether these vantages are not who saw a figure, but parts or forms of what was seen."""
    return len(vantages) > 1 and vantages[0] not in _VANTAGES


def _place(vantage: str) -> tuple[int, str]:
    return (_VANTAGES.index(vantage) if vantage in _VANTAGES else len(_VANTAGES), vantage)
