"""Of which samples a figure is made: who wants few figures of many samples derives no others."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.analysis.data.at_once import EACH
from bench.analysis.data.derive import PER_1000, PER_CPU_S
from bench.analysis.data.losses import ENDED
from bench.analysis.data.texts import coded

_ALWAYS = ("timeline.ready", "memory.idle.pss", ENDED)
"""Beside what workloads say, and what one of many instances took: what headline figures are made of."""

_FURTHER = {"phase": ("timeline",), "teardown": ("timeline",), "burst": ("harness",)}
"""Of what else a family of figures is made than of the samples that bear its name."""


def needed(samples: pd.DataFrame, figures: Collection[str]) -> npt.NDArray[np.bool_]:
    """Say which samples it takes for the headline figures, and for those of these names, shape (rows,)."""
    families = {family for figure in figures for family in _families(figure)}
    (metrics, names), (vantages, places) = (coded(samples[name]) for name in ("metric", "vantage"))
    known = np.zeros((len(names) + 1, len(places) + 1), dtype=np.bool_)
    for number, name in enumerate(map(str, names)):
        known[number, :-1] = _is_needed(name, families) | (np.asarray(places) == "workload")
    found: npt.NDArray[np.bool_] = known[metrics, vantages]
    return found


def _is_needed(metric: str, families: Collection[str]) -> bool:
    return metric in _ALWAYS or metric.startswith((EACH, "surface.")) or metric.partition(".")[0] in families


def _families(figure: str) -> tuple[str, ...]:
    """Return the first words of the names of the samples that a figure is made of."""
    family = figure.partition(".")[0]
    busy = ("cpu",) if figure.endswith((PER_CPU_S, PER_1000)) else ()
    return (family, *_FURTHER.get(family, ()), *busy)
