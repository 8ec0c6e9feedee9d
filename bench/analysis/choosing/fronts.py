"""Cost beside benefit: which isolation is dominated, by one that costs no more and reaches no more of the host."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.analysis.choosing.criteria import MEMORY, START, SURFACE, Criterion, Measured
from bench.analysis.figures.comparison import Finding
from bench.analysis.schemas import PARETO_COLUMNS
from bench.analysis.statistics.resampling import Floats
from bench.store.table import dtypes

_THROUGHPUT = ("cpu", "redis", "web", "mysql", "disk", "network")
"""Whose throughput is a cost to be shown: the first that a run has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPoint:
    """An isolation by what it costs and what it reaches; ``dominated_by`` is empty for one on the front."""

    isolation: str
    cost: Finding
    reached: Finding
    front_probability: float
    dominated_by: str = ""
    dominated_probability: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Front:
    """One cost against what isolations reach of the host; who lacks either figure is in ``left_out``, with why."""

    cost: Criterion
    reached: Criterion
    points: tuple[FrontPoint, ...]
    left_out: Mapping[str, str]


def fronts(measured: Measured) -> tuple[Front, ...]:
    """Return the fronts of start-up, idle memory and throughput; none where a run has not what is reached.

    Isolations are held against each other by the geometric means of their figures, as in ratios, and by those of every
    resample: how often one is dominated there is how sure that is.
    """
    found = measured.known((SURFACE,))
    if not found:
        return ()
    costs = (*measured.known((START, MEMORY)), *measured.known(_THROUGHPUT)[:1])
    return tuple(one for cost in costs if len((one := _front(cost, found[0], measured)).points) > 1)


def table(found: tuple[Front, ...]) -> pd.DataFrame:
    """Return one row per cost and isolation; columns: ``bench.schemas["pareto"]``."""
    rows = [_row(front, point) for front in found for point in front.points]
    return pd.DataFrame(rows, columns=[one.name for one in PARETO_COLUMNS]).astype(dict(dtypes(PARETO_COLUMNS)))


def dominates(costs: Floats, reached: Floats) -> npt.NDArray[np.bool_]:
    """Say of every two whether the first is no worse in both and better in one: shape (..., n, n) of two (..., n)."""
    one, other = (side[..., :, np.newaxis] - side[..., np.newaxis, :] for side in (costs, reached))
    found: npt.NDArray[np.bool_] = (one <= 0) & (other <= 0) & ((one < 0) | (other < 0))
    return found


def _front(cost: Criterion, reached: Criterion, measured: Measured) -> Front:
    lacking = {name: measured.lacking(name, (cost, reached)) for name in measured.isolations}
    names = [name for name, reason in lacking.items() if not reason]
    left_out = {name: reason for name, reason in lacking.items() if reason}
    points = tuple(_points(cost, reached, names)) if names else ()
    return Front(cost=cost, reached=reached, points=points, left_out=left_out)


def _points(cost: Criterion, reached: Criterion, names: list[str]) -> Iterator[FrontPoint]:
    sides = cost.log_costs(names), reached.log_costs(names)
    now = dominates(*(figures for figures, _ in sides))
    drawn = dominates(*(resamples for _, resamples in sides))
    sure, on_front = drawn.mean(axis=0), 1 - drawn.any(axis=1).mean(axis=0)
    for place, name in enumerate(names):
        rivals = np.flatnonzero(now[:, place])
        by = int(rivals[np.argmax(sure[rivals, place])]) if rivals.size else None
        yield FrontPoint(
            isolation=name,
            cost=cost.findings[name],
            reached=reached.findings[name],
            front_probability=float(on_front[place]),
            dominated_by="" if by is None else names[by],
            dominated_probability=math.nan if by is None else float(sure[by, place]),
        )


def _row(front: Front, point: FrontPoint) -> dict[str, object]:
    cost, reached = point.cost, point.reached
    return {
        "cost": front.cost.word, "isolation": point.isolation, "emulated": cost.emulated or reached.emulated,
        "cost_metric": cost.metric, "cost_unit": cost.unit, "cost_better": cost.better,
        "cost_median": cost.median, "cost_low": cost.low, "cost_high": cost.high, "surface_metric": reached.metric,
        "surface_median": reached.median, "surface_low": reached.low, "surface_high": reached.high,
        "front": not point.dominated_by, "front_probability": point.front_probability,
        "dominated_by": point.dominated_by or None, "dominated_probability": point.dominated_probability,
    }  # fmt: skip
