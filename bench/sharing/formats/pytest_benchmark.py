"""The JSON of ``pytest --benchmark-json``: one benchmark for each cell, in one group for each scenario.

``pytest-benchmark compare FILE`` reads it. Times are seconds, as ``durations`` says which. Quartiles
(Hazen's) and both counts of outliers are as pytest-benchmark computes them.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence

import numpy as np

from bench.sharing.formats.durations import Duration, durations
from bench.sharing.formats.source import Source
from bench.store.manifest import Manifest

TABULAR = False

_TUKEY = 1.5
"""Interquartile ranges beyond the quartiles from which a value counts as an outlier."""


def render(source: Source) -> bytes:
    """Return the run as a document that pytest-benchmark could have saved."""
    manifest = source.manifest
    document = {
        "machine_info": _machine(manifest),
        "commit_info": {"id": f"isobench-{manifest.bench_version}", "time": manifest.started_at, "dirty": False},
        "benchmarks": [_benchmark(one) for one in durations(source)],
        "datetime": manifest.finished_at or manifest.started_at,
        "version": "4.0.0",
    }
    return (json.dumps(document, indent=4) + "\n").encode()


def _machine(manifest: Manifest) -> dict[str, object]:
    host = manifest.host
    return {
        "node": host.name,
        "processor": host.cpu_model,
        "machine": host.architecture,
        "python_version": manifest.harness.python,
        "release": host.kernel,
        "system": "Linux",
        "cpu": {"brand_raw": host.cpu_model, "count": host.cpus, "arch_string_raw": host.architecture},
    }


def _benchmark(one: Duration) -> dict[str, object]:
    values = {"isolation": one.isolation, **one.values}
    return {
        "group": f"{one.scenario}: {one.what}",
        "name": one.name,
        "fullname": f"isobench::{one.name}",
        "params": values,
        "param": one.isolation,
        "extra_info": {"cpu_s": one.cpu_s},
        "options": {"timer": "host monotonic clock", "warmup": False},
        "stats": _stats(one.times_s),
    }


def _stats(times: Sequence[float]) -> dict[str, object]:
    ordered = sorted(times)
    q1, middle, q3 = map(float, np.quantile(ordered, [0.25, 0.5, 0.75], method="hazen"))
    mean, stddev = statistics.fmean(ordered), statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    low, high = q1 - _TUKEY * (q3 - q1), q3 + _TUKEY * (q3 - q1)
    by_quartiles = sum(not low <= time <= high for time in ordered)
    by_deviation = sum(abs(time - mean) > stddev for time in ordered)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": stddev,
        "rounds": len(ordered),
        "median": middle,
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": by_quartiles,
        "stddev_outliers": by_deviation,
        "outliers": f"{by_deviation};{by_quartiles}",
        "ld15iqr": next(time for time in ordered if time >= low),
        "hd15iqr": next(time for time in reversed(ordered) if time <= high),
        "ops": 1 / mean if mean else 0,
        "total": sum(ordered),
        "iterations": 1,
        "data": list(times),
    }
