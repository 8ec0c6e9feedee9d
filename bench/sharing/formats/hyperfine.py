"""The JSON of ``hyperfine --export-json``, as of hyperfine 1.x: one result for each cell.

``times`` are seconds, as ``durations`` says which. Only trials that ended well have one, with exit code 0. Isobench
does not split CPU time: ``user`` is the median of all host CPU-seconds of the instance's own processes and ``system``
is 0; both are null where the cost is not known. ``stddev`` is null for a single trial, as in hyperfine.
"""

from __future__ import annotations

import json
import statistics

from bench.sharing.formats.durations import Duration, durations
from bench.sharing.formats.source import Source

TABULAR = False


def render(source: Source) -> bytes:
    """Return the run as a document that hyperfine could have written."""
    return (json.dumps({"results": [_result(one) for one in durations(source)]}, indent=2) + "\n").encode()


def _result(one: Duration) -> dict[str, object]:
    times = one.times_s
    known: dict[str, object] = {
        "command": f"{one.name}: {one.what}",
        "mean": statistics.fmean(times),
        "stddev": statistics.stdev(times) if len(times) > 1 else None,
        "median": statistics.median(times),
        "user": one.cpu_s,
        "system": None if one.cpu_s is None else 0.0,
        "min": min(times),
        "max": max(times),
        "times": list(times),
        "exit_codes": [0] * len(times),
    }
    parameters = {"scenario": one.scenario, "isolation": one.isolation, **{k: str(v) for k, v in one.values.items()}}
    return known | {"parameters": parameters}
