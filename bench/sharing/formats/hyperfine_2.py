"""The JSON of ``hyperfine --export-json``, as of hyperfine 2.x, schema version 2: one result for each cell.

``time_wall_clock`` is a trial's duration, as ``durations`` says which; ``time_cpu`` all host CPU-seconds of the
instance's own processes. Isobench splits them into user and system as little as it knows the peak of memory, so these
metrics are left out, as hyperfine does with what it could not collect; and ``time_cpu`` where some trial's is unknown.
Only trials that ended well are told, with exit code 0. ``stddev`` is null for a single trial, as in hyperfine.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.sharing.formats.durations import Duration, durations
from bench.sharing.formats.source import Source

TABULAR = False

_SCHEMA_VERSION = 2
_WALL_CLOCK, _CPU = "time_wall_clock", "time_cpu"


def render(source: Source) -> bytes:
    """Return the run as a document that hyperfine 2 could have written."""
    started = datetime.fromisoformat(source.manifest.started_at).astimezone(UTC)
    document = {
        "schema_version": _SCHEMA_VERSION,
        "metadata": {
            "hyperfine_version": f"isobench {source.manifest.bench_version}",
            "start_time": f"{started:%Y-%m-%dT%H:%M:%SZ}",
            "platform": {"os": "Linux", "architecture": source.manifest.host.architecture},
        },
        "primary_metric": _WALL_CLOCK,
        "results": [_result(one) for one in durations(source)],
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _result(one: Duration) -> dict[str, object]:
    metrics = {_WALL_CLOCK: one.times_s}
    costs_s = [cost for cost in one.costs_s if cost is not None]
    if len(costs_s) == len(one.times_s):
        metrics[_CPU] = tuple(costs_s)
    measurements = [
        {name: {"value": value, "unit": "second"} for name, value in zip(metrics, values, strict=True)}
        | {"exit_code": 0}
        for values in zip(*metrics.values(), strict=True)
    ]
    parameters = {"scenario": one.scenario, "isolation": one.isolation, **one.values}
    return {
        "command": f"{one.name}: {one.what}",
        "measurements": measurements,
        "parameters": {name: {"value": str(value)} for name, value in parameters.items()},
        "summary": {name: _summary(values) for name, values in sorted(metrics.items())},
    }


def _summary(values: Sequence[float]) -> dict[str, object]:
    return {
        "unit": "second",
        "count": len(values),
        "mean": statistics.fmean(values),
        "stddev": statistics.stdev(values) if len(values) > 1 else None,
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }
