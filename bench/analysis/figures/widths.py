"""How sure the figures of a run are that is still going on: what stopping rules look at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from bench.analysis.data import at_once, derive, plausible
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.data.texts import holds, stack
from bench.analysis.data.trials import cell_parameters
from bench.analysis.figures.by_round import NOTHING, CellKey, sides
from bench.analysis.figures.headlines import IDLE, READY
from bench.analysis.figures.summary import BASELINE
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side
from bench.store.manifest import Manifest


class Sureness(NamedTuple):
    """How sure a cell's headline figure is that is least so."""

    half_width: float | None
    """Of its ratio to bare, as a share: 0.05 is 5 %; where there is no bare, of the median itself. Infinite while too
    few trials ended well for an interval; None where there is no ratio."""
    baseline_scatter: float = 1.0
    """How much bare scatters from each round to the next, of what the cell does; 1 where that is not known."""


def widths(run_dir: Path) -> dict[CellKey, Sureness]:
    """Return, for every cell but bare's, how sure the ratios are that answer its scenario's question.

    Raises ResultsError when the run is broken.
    """
    frame, manifest = load(run_dir, compact=True), load_manifest(run_dir)
    known = _known(answering(frame, manifest), manifest)
    return {key: known.get(key, Sureness(math.inf)) for key in _cells(frame)}


def _cells(frame: pd.DataFrame) -> list[CellKey]:
    """Return every cell that was tried but the baseline's, and that one where it is alone."""
    cells = frame.assign(parameters=cell_parameters(frame))[["scenario", "parameters", "isolation"]].drop_duplicates()
    keys = [CellKey(*map(str, one)) for one in cells.itertuples(index=False, name=None)]
    beside = {key[:2] for key in keys if key.isolation != BASELINE}
    return [key for key in keys if key.isolation != BASELINE or key[:2] not in beside]


def answering(frame: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Return the samples, of a compact frame, that answer the scenarios' questions: a tenth of what ``measured`` makes.

    A run looks again and again between its trials: what no rule looks at is not derived for it.
    """
    wanted = {metric for scenario in manifest.scenarios for metric, _ in answers(manifest, scenario)}
    sources = holds(frame["metric"], lambda metric: metric in wanted or metric.startswith(at_once.EACH))
    samples = plausible.kept(frame[(frame["outcome"] == "ok") & frame["value"].notna() & sources])
    made = stack([derive.figures(samples), at_once.of_bursts(samples), derive.own_memory(samples)])
    return made[_answers(made, manifest)]


def _known(asked: pd.DataFrame, manifest: Manifest) -> dict[CellKey, Sureness]:
    """Return how sure every cell is that has a figure."""
    found: dict[CellKey, Sureness] = {}
    for cell, group in asked.assign(parameters=cell_parameters(asked), setting=asked["parameters"]).groupby(
        ["scenario", "parameters", "setting"], sort=False, observed=True
    ):
        scenario, parameters, _ = map(str, cell)
        for isolation, one in _of_setting(group, manifest.stopping.confidence):
            key = CellKey(scenario, parameters, isolation)
            found[key] = max(found.get(key, one), one, key=_width)
    return found


def _width(one: Sureness) -> float:
    return -1.0 if one.half_width is None else one.half_width


def answers(manifest: Manifest, scenario: str) -> set[tuple[str, str]]:
    """Return the figures, as metric and vantage, that answer a scenario's question."""
    told = manifest.scenarios.get(scenario)
    if told and told.metrics:
        return {(metric.name, "workload") for metric in told.metrics}
    return {IDLE} if told and told.settle_s is not None else {READY}


def _answers(samples: pd.DataFrame, manifest: Manifest) -> pd.Series[bool]:
    known = {(scenario, *pair) for scenario in manifest.scenarios for pair in answers(manifest, scenario)}
    keys = zip(samples["scenario"], samples["metric"], samples["vantage"], strict=True)
    return pd.Series([key in known for key in keys], index=samples.index, dtype="bool")


def _of_setting(group: pd.DataFrame, confidence: float) -> Iterator[tuple[str, Sureness]]:
    """Yield how sure every figure of every isolation is at one set of parameters."""
    by_isolation = {cell.isolation: figures for cell, figures in sides(group).items()}
    baselines = by_isolation.get(BASELINE, {})
    for isolation, figures in by_isolation.items():
        for figure, side in figures.items():
            if isolation != BASELINE or len(by_isolation) == 1:
                alone = BASELINE not in by_isolation or isolation == BASELINE
                yield isolation, sureness(side, None if alone else baselines.get(figure, NOTHING), confidence)


def sureness(side: Side, baseline: Side | None, confidence: float) -> Sureness:
    """Return how sure the ratio of two sides is, and how much the baseline scatters; None: there is no baseline."""
    if min(side.n, side.n if baseline is None else baseline.n) < intervals.MINIMUM:
        return Sureness(math.inf)
    if baseline is None:
        return Sureness(_finite(intervals.median(side.values, confidence=confidence).half_width))
    width = _finite(intervals.paired_ratio(side, baseline, confidence=confidence).half_width)
    return Sureness(width) if width is None else Sureness(width, _scatter(side, baseline))


def _finite(width: float) -> float | None:
    return width if math.isfinite(width) else None


def _scatter(side: Side, baseline: Side) -> float:
    """Return how much a baseline scatters, of what is held against it: standard deviations of logarithms.

    By differences of successive values, in which a host's slow states cancel, as they do in the ratio (von Neumann et
    al., Annals of Mathematical Statistics 12, 1941).
    """
    own, others = (float(np.square(np.diff(np.log(one.values))).mean()) for one in (side, baseline))
    return math.sqrt(others / own) if own else 1.0
