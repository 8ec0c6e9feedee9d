"""Isobench: what does each way of isolating a workload cost on this machine, and how sure are we?

One word for one thing, everywhere: ``python -m bench explain WORD``, or ``bench.model.glossary``.

In a notebook::

    import bench
    run = bench.Run("results/20261123-2105-fir")       # or bench.runs("results")[-1], the newest
    run.samples                                        # one row per sample; a failed trial is a row without a value
    run.glance                                         # the answer: a row an isolation and question, with its mark
    run.summary                                        # medians, intervals, ratios to bare
    run.verdicts                                       # what people claim, and what these data say of it
    run.disturbances                                   # what the sentinels read of every trial, and what spoils
    run.plot.start_up()                                # the report's pictures
    run.compare("results/after").table                 # what has changed, one row per figure
    run.export("csv", "out.csv")                       # or parquet, json, hyperfine, pytest-benchmark, github
    bench.schemas["summary"]                           # a table's columns: dtype, unit, meaning
    bench.publish(run.path, "two-cores")               # a redacted copy under results/published, and its index

Functions do the same for a folder: ``load``, ``summarize``, ``glance``, ``verdicts``, ``disturbances``,
``calibration``, ``compare``, ``export``; ``history`` for all runs of a machine; ``dataset`` for runs and fleets of more
samples than memory holds. Names are resolved on first use, so
that importing ``bench`` to measure imports no pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.analysis.claims.claims import verdicts as verdicts
    from bench.analysis.data.frame import load as load
    from bench.analysis.data.partitions import dataset as dataset
    from bench.analysis.figures.glance import glance as glance
    from bench.analysis.figures.summary import summarize as summarize
    from bench.analysis.history.history import history as history
    from bench.analysis.quality.calibration import calibration as calibration
    from bench.analysis.quality.disturbances import disturbances as disturbances
    from bench.analysis.schemas import schemas as schemas
    from bench.analysis.statistics import studies as studies
    from bench.analysis.two_runs.compare import compare as compare
    from bench.measuring import stopping as stopping
    from bench.model.version import __version__ as __version__
    from bench.report.plots import style as style
    from bench.sharing.formats import export as export
    from bench.sharing.publish import publish as publish
    from bench.sharing.run import Run as Run
    from bench.sharing.run import runs as runs

_LAZY = {
    "Run": "bench.sharing.run",
    "__version__": "bench.model.version",
    "calibration": "bench.analysis.quality.calibration",
    "compare": "bench.analysis.two_runs.compare",
    "dataset": "bench.analysis.data.partitions",
    "disturbances": "bench.analysis.quality.disturbances",
    "export": "bench.sharing.formats",
    "glance": "bench.analysis.figures.glance",
    "history": "bench.analysis.history.history",
    "load": "bench.analysis.data.frame",
    "publish": "bench.sharing.publish",
    "runs": "bench.sharing.run",
    "schemas": "bench.analysis.schemas",
    "stopping": "bench.measuring",
    "studies": "bench.analysis.statistics",
    "style": "bench.report.plots",
    "summarize": "bench.analysis.figures.summary",
    "verdicts": "bench.analysis.claims.claims",
}
"""Where each public name is: a function, a class or a table of that module, or a module of that package."""

__all__ = [
    "Run", "calibration", "compare", "dataset", "disturbances", "export", "glance", "history", "load", "publish",
    "runs", "schemas", "stopping", "studies", "style", "summarize", "verdicts",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        return importlib.import_module("bench.isolations.moved").moved(__name__, frames=2)(name)
    try:
        return getattr(importlib.import_module(_LAZY[name]), name)
    except AttributeError:
        return importlib.import_module(f"{_LAZY[name]}.{name}")


def __dir__() -> list[str]:
    return [*globals(), *_LAZY]
