"""What is known of a metric: the record, and the words that many of them share. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass

CAPITALS = re.compile(r"[A-Z]{2,}")
_PATTERNS = {"WHEN": "(?:idle|load)"}

CLOCK = "the host's CLOCK_MONOTONIC, clock_gettime(2), read when bytes arrive"
CGROUP = "Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst"
PROC = "Linux, Documentation/filesystems/proc.rst"
REQUEST = "the request: the first call that asks for the instance"
SETTLED = "read `settle_s` after readiness; at load after a service's last step, while it still runs"
WINDOW = "the workload's own window where the scenario names one; else from readiness to the end mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFacts:
    """What is known of a metric, whatever it was measured on; ``name`` may hold placeholders."""

    name: str
    unit: str
    """Empty: its own, or none."""
    vantages: tuple[str, ...]
    """Who sees it; empty: see the meaning."""
    meaning: str
    begins: str = ""
    """Where its stopwatch starts, or when it is read; empty: nothing to say."""
    ends: str = ""
    """Where its stopwatch stops; empty: it is read at one moment."""
    misses: str = ""
    """What it does not see, or has too much; beside what its vantage misses."""
    source: str = ""
    """Whose definition that is."""

    def is_of(self, metric: str) -> bool:
        """Say whether this row tells of a metric of that name."""
        names = re.split(f"({CAPITALS.pattern})", self.name)
        pattern = "".join(
            _PATTERNS.get(part, r"\S+") if place % 2 else re.escape(part) for place, part in enumerate(names)
        )
        return metric == self.name or re.fullmatch(pattern, metric) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """Who sees a figure: what that one sees, and what it misses or has too much."""

    sees: str
    misses: str


def memory(
    name: str, vantage: str, meaning: str, source: str, *, begins: str = SETTLED, ends: str = "", misses: str = ""
) -> MetricFacts:
    """Return the row of a figure of memory, in bytes; read once the workload has settled where nothing else is said."""
    return MetricFacts(
        name=name,
        unit="B",
        vantages=(vantage,),
        meaning=meaning,
        begins=begins,
        ends=ends,
        misses=misses,
        source=source,
    )
