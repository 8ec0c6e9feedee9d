"""Runs whose truth is known: simulated values of realistic shapes, to see what intervals and tests make of them.

Shapes, after what published studies found in real start-up and throughput figures (Maricq et al., OSDI 2018; Kalibera
& Jones, ISMM 2013; Abedi & Brecht, ICPE 2017):

``log-normal``        every instance by itself, skewed to the right
``two modes``         three instances in ten take a quarter longer
``instance shifts``   every instance has a level of its own, about which its iterations scatter little
``drift``             the host becomes slower by 15 % over the run, for all isolations alike
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from bench.analysis.statistics.intervals import CONFIDENCE
from bench.analysis.statistics.resampling import Floats
from bench.store.dataset import DTYPES
from bench.store.stored import canonical

Shape = Literal["log-normal", "two modes", "instance shifts", "drift"]
SHAPES: tuple[Shape, ...] = ("log-normal", "two modes", "instance shifts", "drift")

_SPREAD = 0.1
_WITHIN = 0.02
_MODE = 1.25
_MODE_SHARE = 0.3
_DRIFT = 0.15


def values(rng: np.random.Generator, shape: Shape, *, runs: int, rounds: int, iterations: int = 1) -> Floats:
    """Return positive values of one isolation, shape (runs, rounds, iterations); their scale is about 1.

    Two isolations of one shape, of which one is multiplied by a factor, have that factor as their true ratio.
    """
    instances = rng.normal(0, _SPREAD, (runs, rounds, 1))
    if shape == "two modes":
        slow = rng.random((runs, rounds, 1)) < _MODE_SHARE
        instances = rng.normal(0, _SPREAD / 3, (runs, rounds, 1)) + np.where(slow, np.log(_MODE), 0.0)
    if shape == "drift":
        instances = instances + np.linspace(0, np.log1p(_DRIFT), rounds)[None, :, None]
    within = _WITHIN if shape == "instance shifts" or iterations > 1 else 0.0
    scattered: Floats = np.exp(instances + rng.normal(0, within, (runs, rounds, iterations)))
    return scattered


def run(
    rng: np.random.Generator,
    *,
    rounds: int,
    ratios: dict[str, float],
    shape: Shape = "log-normal",
    iterations: int = 1,
    metric: tuple[str, str, str] = ("timeline.ready", "host", "s"),
) -> pd.DataFrame:
    """Return one simulated run as ``load`` gives a real one: one scenario, one metric, a trial per round and isolation.

    ``ratios`` are the true ratios to the scale, by isolation: give ``bare`` 1. ``metric`` is name, vantage, unit.
    """
    order = np.concatenate([rng.permutation(len(ratios)) for _ in range(rounds)])
    names = np.array(list(ratios))
    data = {
        name: ratio * values(rng, shape, runs=1, rounds=rounds, iterations=iterations)[0]
        for name, ratio in ratios.items()
    }
    number_of_round = np.repeat(np.arange(rounds), len(ratios))
    flat = np.concatenate(
        [data[str(names[which])][number] for which, number in zip(order, number_of_round, strict=True)]
    )
    each = [iterations] * len(order)
    about: dict[str, object] = {
        "isolation": np.repeat(names[order], each), "round": np.repeat(number_of_round + 1, each),
        "trial": np.repeat(np.arange(1, len(order) + 1), each), "value": flat,
    }  # fmt: skip
    fixed = {
        "run": "simulated", "host": "nowhere", "scenario": "simulated", "scenario_version": "0", "reason": "",
        "parameters": canonical({}), "step": canonical({}), "emulated": False, "outcome": "ok", "better": "lower",
        "stretch": 1, "at_s": 0.0, "confidence": CONFIDENCE,
        **dict(zip(("metric", "vantage", "unit"), metric, strict=True)),
    }  # fmt: skip
    return pd.DataFrame(fixed | about, columns=list(DTYPES)).astype(dict(DTYPES))
