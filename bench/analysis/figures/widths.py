"""How sure the figures of a run are that is still going on: what stopping rules look at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.data.trials import cell_parameters
from bench.analysis.figures.by_round import NOTHING, CellKey, sides
from bench.analysis.figures.headlines import IDLE, READY
from bench.analysis.figures.summary import BASELINE, measured
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side
from bench.store.manifest import Manifest


def widths(run_dir: Path) -> dict[CellKey, float | None]:
    """Return, for every cell but bare's, the widest half-width of the ratios that answer its scenario's question.

    A share of the ratio: 0.05 is 5 %. Where there is no bare, of the medians themselves. Infinite while too few trials
    ended well for an interval; None where there is no ratio. Raises ResultsError when the run is broken.
    """
    frame, manifest = load(run_dir), load_manifest(run_dir)
    samples = measured(frame)
    found = dict.fromkeys(_cells(frame), math.inf)
    known = _known(samples, manifest)
    return {key: known.get(key, width) for key, width in found.items()}


def _cells(frame: pd.DataFrame) -> list[CellKey]:
    """Return every cell that was tried but the baseline's, and that one where it is alone."""
    cells = frame.assign(parameters=cell_parameters(frame))[["scenario", "parameters", "isolation"]].drop_duplicates()
    keys = [CellKey(*map(str, one)) for one in cells.itertuples(index=False, name=None)]
    beside = {key[:2] for key in keys if key.isolation != BASELINE}
    return [key for key in keys if key.isolation != BASELINE or key[:2] not in beside]


def _known(samples: pd.DataFrame, manifest: Manifest) -> dict[CellKey, float | None]:
    """Return the width of every cell that has a figure."""
    asked = samples[_answers(samples, manifest)]
    found: dict[CellKey, float | None] = {}
    for cell, group in asked.assign(parameters=cell_parameters(asked), setting=asked["parameters"]).groupby(
        ["scenario", "parameters", "setting"], sort=False
    ):
        scenario, parameters, _ = map(str, cell)
        for isolation, width in _of_setting(group, manifest.stopping.confidence):
            key = CellKey(scenario, parameters, isolation)
            wider = [one for one in (found.get(key), width) if one is not None]
            found[key] = max(wider, default=None)
    return found


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


def _of_setting(group: pd.DataFrame, confidence: float) -> Iterator[tuple[str, float | None]]:
    """Yield the half-width of every figure of every isolation at one set of parameters."""
    by_isolation = {cell.isolation: figures for cell, figures in sides(group).items()}
    baselines = by_isolation.get(BASELINE, {})
    for isolation, figures in by_isolation.items():
        for figure, side in figures.items():
            if isolation != BASELINE or len(by_isolation) == 1:
                alone = BASELINE not in by_isolation or isolation == BASELINE
                yield isolation, _half_width(side, None if alone else baselines.get(figure, NOTHING), confidence)


def _half_width(side: Side, baseline: Side | None, confidence: float) -> float | None:
    if min(side.n, side.n if baseline is None else baseline.n) < intervals.MINIMUM:
        return math.inf
    found = (
        intervals.median(side.values, confidence=confidence)
        if baseline is None
        else intervals.paired_ratio(side, baseline, confidence=confidence)
    )
    return found.half_width if math.isfinite(found.half_width) else None
