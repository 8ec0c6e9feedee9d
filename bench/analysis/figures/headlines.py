"""Which figures answer a scenario's question: what a report compares first, and what stopping rules look at."""

from __future__ import annotations

import pandas as pd

from bench.analysis.data.derive import OWN, PER_1000, PER_CPU_S

READY = ("timeline.ready", "host")
IDLE = ("memory.idle.pss", OWN)
SURFACE = (("surface.host_functions", "host"), ("surface.host_syscalls", "host"), ("surface.answered", "workload"))
"""What an instance reaches of the host, what tells most first: functions of its kernel, system calls made there, and,
where neither can be traced, system calls that anybody answers from inside."""
_NO_ANSWERS = ("clock.", "client.", "surface.")


def is_headline(metric: str, vantage: str) -> bool:
    """Say whether a figure is one: start-up, idle memory, and what workloads report; not what is derived from it."""
    if (metric, vantage) in (READY, IDLE, *SURFACE):
        return True
    return vantage == "workload" and not metric.endswith((PER_CPU_S, PER_1000)) and not metric.startswith(_NO_ANSWERS)


def headlines(summary: pd.DataFrame) -> pd.Series[bool]:
    """Say which rows of a summary are headline figures; one without a figure is none."""
    pairs = list(zip(*(summary[name].astype("string").fillna("") for name in ("metric", "vantage")), strict=True))
    known = {pair: is_headline(*pair) for pair in set(pairs)}
    return pd.Series([known[pair] for pair in pairs], index=summary.index, dtype="bool")
