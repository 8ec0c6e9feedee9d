"""Isobench: what does each way of isolating a workload cost on this machine, and how sure are we?

Glossary. One word for one thing, everywhere.

========== ==========================================================================================
scenario   one question, one file in ``scenarios/``: image, workload, parameters, metrics, claims
workload   the command that runs inside; the same bytes in every isolation
service    a workload that stays and answers, until it is stopped
client     what asks a service, or works in an empty instance, once for every step; inside, or on the host
image      a content-addressed root file system built from a recipe; every isolation runs it
isolation  a way to run a workload: ``bare``, ``docker``, ``vm``; a variant's words follow a colon: ``docker:runsc``
envelope   what every instance of a comparison gets: CPUs, memory, pids, network; the same for all, checked
instance   one started isolation unit
timeline   named marks of one instance on the host's monotonic clock
arm        a named way to run the same scenario: network, storage, the client's place
cell       scenario x parameters (the arm among them) x isolation
step       one set of the client's own parameters; all steps of a cell run in the same instance, in random order
rung       an isolation of a launch ladder: it starts what the rung below it starts, and something more
trial      one fresh instance of one cell, measured once
round      every cell once, in a fresh random order
sample     one number: metric, value, unit, vantage (who saw it), when
outcome    how a trial ended: ok, failed, timed out, out of memory, did not return, unsupported, spoiled
run        one invocation: manifest, journal, samples under ``results/<run-id>/``
claim      an expectation written in a scenario: who says what, and what the data would have to show
verdict    what the data say of a claim: supported, refuted, undecided, or not testable here
========== ==========================================================================================

In a notebook::

    import bench
    frame = bench.load("results/20261123-2105-fir")   # one row per sample; a failed trial is a row without a value
    bench.summarize(frame)                             # medians, intervals, ratios to bare
    bench.verdicts("results/20261123-2105-fir")        # what people claim, and what these data say of it
    bench.disturbances("results/20261123-2105-fir")    # what the sentinels read of every trial, and what spoils
    bench.compare("results/before", "results/after")   # what has changed, one row per figure
    bench.publish("results/after", "two-cores")        # a redacted copy under results/published, and its index
    bench.export("results/before", "csv", "out.csv")   # or parquet, json, hyperfine, pytest-benchmark, github

Names are resolved on first use, so that importing ``bench`` to measure imports no pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.analysis.calibration import calibration as calibration
    from bench.analysis.claims import verdicts as verdicts
    from bench.analysis.compare import compare as compare
    from bench.analysis.disturbances import disturbances as disturbances
    from bench.analysis.frame import load as load
    from bench.analysis.summary import summarize as summarize
    from bench.exports import export as export
    from bench.publishing import publish as publish

__version__ = "0.1.0"
__all__ = ["calibration", "compare", "disturbances", "export", "load", "publish", "summarize", "verdicts"]

_LAZY = {
    "calibration": "bench.analysis.calibration",
    "compare": "bench.analysis.compare",
    "disturbances": "bench.analysis.disturbances",
    "export": "bench.exports",
    "load": "bench.analysis.frame",
    "publish": "bench.publishing",
    "summarize": "bench.analysis.summary",
    "verdicts": "bench.analysis.claims",
}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_LAZY]
