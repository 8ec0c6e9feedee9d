"""How often chance makes a shift, and how often a true one is found: what the penalty of ``shifts`` rests on."""

from __future__ import annotations

from typing import Literal

import numpy as np

from bench.analysis.history.shifts import shifts
from bench.analysis.statistics.resampling import Floats

Scatter = Literal["normal", "heavy tails", "skewed", "two modes", "bad runs", "kept in mind"]
SCATTERS: tuple[Scatter, ...] = ("normal", "heavy tails", "skewed", "two modes", "bad runs")
"""Shapes of scatter from run to run for which the penalty holds: Student's t with 3 degrees of freedom, an exponential,
one run in five two units higher with a third of the scatter about either level, one run in twenty scattering ten times
as much. In ``kept in mind`` each run keeps three tenths of how far off the one before it was: there it does not."""


def scattered(rng: np.random.Generator, shape: Scatter, *, runs: int, spread: float) -> Floats:
    """Return positive values about 1 of runs in which nothing changes, shape (runs,); ``spread`` as a share: 0.01."""
    off = rng.normal(size=runs)
    if shape == "heavy tails":
        off = rng.standard_t(3, size=runs)
    elif shape == "skewed":
        off = rng.exponential(size=runs)
    elif shape == "two modes":
        off = off / 3 + 2.0 * (rng.random(runs) < 0.2)
    elif shape == "bad runs":
        off = off * np.where(rng.random(runs) < 0.05, 10, 1)
    elif shape == "kept in mind":
        for run in range(1, runs):
            off[run] += 0.3 * off[run - 1]
    values: Floats = np.exp(spread * off)
    return values


def false_alarms(
    rng: np.random.Generator, shape: Scatter, *, histories: int, runs: int = 100, figures: int = 1, spread: float = 0.01
) -> float:
    """Return the share of histories without any change, of so many figures each, in which a shift is found.

    Every shift counts, also one that would be too small to matter.
    """
    alarms = [
        any(
            shifts(scattered(rng, shape, runs=runs, spread=spread), figures=figures, min_shift=0)
            for _ in range(figures)
        )
        for _ in range(histories)
    ]
    return float(np.mean(alarms))


def power(
    rng: np.random.Generator,
    shape: Scatter,
    *,
    histories: int,
    shift: float,
    within: int,
    runs: int = 100,
    figures: int = 1,
    spread: float = 0.01,
) -> float:
    """Return the share of histories in which a ``shift`` (a share: 0.05) is found ``within`` so many runs after it.

    ``runs`` are before it. It counts as found where the newest shift is seen within two runs of its place.
    """
    found = 0
    for _ in range(histories):
        values = scattered(rng, shape, runs=runs + within, spread=spread)
        values[runs:] *= 1 + shift
        seen = shifts(values, figures=figures)
        found += bool(seen) and abs(seen[-1] - runs) <= 2
    return found / histories
