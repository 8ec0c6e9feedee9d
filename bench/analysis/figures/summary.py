"""One row per figure: median, interval, ratio to bare, and how many trials stand behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.analysis import forked
from bench.analysis.data import derive, plausible, trials
from bench.analysis.data.losses import GROWTH, LOSS
from bench.analysis.data.texts import coded, holds
from bench.analysis.figures.by_round import CellKey, FigureKey, Figures, sides
from bench.analysis.figures.headlines import headlines
from bench.analysis.figures.ranks import ranks
from bench.analysis.quality import warmup
from bench.analysis.schemas import SUMMARY_COLUMNS
from bench.analysis.statistics import intervals, tails
from bench.analysis.statistics.paired_series import Side, over_one_stretch
from bench.analysis.statistics.significance import MARGIN, contrast, holm
from bench.errors import ResultsError
from bench.model import BASELINE as BASELINE  # noqa: PLC0414
from bench.model.codes import CODES
from bench.store.table import dtypes

OVERHEAD = "overhead."
"""Prefix of the metrics that are an isolation's median minus bare's."""

OVERHEADS = (
    ("timeline.ready", "host"),
    ("memory.idle.pss", derive.OWN),
    ("memory.idle.available_change", "host"),
    ("memory.idle.cgroup", "cgroup"),
    ("memory.load.pss", derive.OWN),
    ("memory.load.available_change", "host"),
    ("memory.load.cgroup", "cgroup"),
)
"""Figures whose difference from bare is reported beside them."""

Cells = Mapping[CellKey, Figures]
"""What every cell of a run has of each figure, by round."""

FigureFilter = Callable[[str, str], bool]
"""Says of a metric and vantage whether a figure's ratio to bare is wanted."""

DTYPES = dtypes(SUMMARY_COLUMNS)

_CELLS_EACH = 24
_SAMPLES_EACH = 50_000
"""Cells, or samples, for each process: fewer are reckoned in the time that it takes to begin and to end one."""

_UNREAD = ("at_s", "confidence", "emulated", "host", "reason", "run", "scenario_version", "stretch")
"""Half of what a sample takes, and nothing that figures are made of."""

_EQUIVALENCE = "equivalence"
_TESTS = (_EQUIVALENCE,)
"""Columns that a summary is made with, and does not keep."""


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok, and everything derived from them (see ``derive``)."""
    known = ((frame["outcome"] == "ok") & frame["value"].notna()).to_numpy(dtype="bool")
    return derive.with_derived(frame if known.all() else frame[known])


def of_cells(frame: pd.DataFrame) -> Cells:
    """Return the values by round of every figure of every cell, of a frame as ``load`` gives it: what is ``measured``.

    Of many samples one scenario after another, by several processes, so that what is derived stands beside few of them.
    """
    used = frame.drop(columns=[name for name in _UNREAD if name in frame])
    if len(frame) < _SAMPLES_EACH:
        return sides(measured(used))
    codes, _ = coded(frame["scenario"])

    def of(scenario: int) -> dict[CellKey, dict[FigureKey, Side]]:
        return sides(measured(used[codes == scenario]))

    tasks = [partial(of, int(scenario)) for scenario in pd.unique(codes)]
    parts = forked.done(tasks, min(forked.cpus(), len(tasks), len(frame) // _SAMPLES_EACH))
    return {cell: figures for part in parts for cell, figures in part.items()}


def beside_figures(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what is left of a frame, as ``load`` gives it, when figures are made of it.

    That is how every trial ended, at each of its settings, and the samples that are in no figure: what sentinels read,
    what workloads said while they ran, what cannot be.
    """
    kept = holds(frame["metric"], derive.is_aside)
    if len(doubtful := plausible.doubtful(frame)):
        kept |= frame.index.isin(doubtful.index)
    named = [*derive.TRIAL, "step"]
    begins = np.flatnonzero(np.logical_or.reduce([_differs(frame[name]) for name in named]))
    kept[begins[~frame[named].take(begins).duplicated()]] = True
    return frame[kept]


def _differs(column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Say which rows have another value than the one before."""
    codes = coded(column)[0] if isinstance(column.dtype, pd.CategoricalDtype) else column.to_numpy()
    return np.concatenate([[True], codes[1:] != codes[:-1]])[: len(codes)]


def all_figures(_metric: str, _vantage: str) -> bool:
    """Want the ratio of each."""
    return True


def summarize(
    frame: pd.DataFrame,
    cells: Cells | None = None,
    *,
    confidence: float | None = None,
    compared: FigureFilter = all_figures,
) -> pd.DataFrame:
    """Summarize the samples of one run, as ``load`` gives them.

    One row per scenario, parameters, isolation, metric and vantage; columns: ``bench.schemas["summary"]``. Intervals
    are of the frame's own confidence (see ``load``) where none is given; a ratio is missing where bare has no figure.
    Formulas stand in ``intervals``, ``significance``, ``ranks`` and ``derive``; metrics ``overhead.*`` are median minus
    bare's median.

    Parameters of a scenario with steps: its cells' own (start-up, memory), and those of every step. A trial
    that failed half way is failed in every step of its cell.
    Where no trial ended ok there is one row whose metric is missing and whose n is 0.
    ``cells`` is what ``of_cells`` gives for this frame, where that is known already. ``compared`` says of a metric and
    vantage whether its ratios to bare are wanted: they take most of the time.
    Raises ResultsError when the frame holds more than one run: runs are compared, never pooled; and when it does not
    tell its confidence and none is given.
    """
    runs = frame["run"].nunique()
    if runs > 1:
        raise ResultsError(f"the frame holds {runs} runs", remedy="Summarize each run by itself")
    cells = of_cells(frame) if cells is None else cells
    sure = confidence_of(frame) if confidence is None else confidence
    ended = trials.outcomes(frame)
    kinds = warmup.kinds(warmup.cells(warmup.classify(frame)))
    emulated = ended.groupby(derive.CELL, observed=True)["emulated"].any().to_dict()
    every = _rows(cells, sure, compared)
    rows: list[dict[str, object]] = []
    for key, bad in trials.counts(ended).items():
        cell = CellKey(*key)
        about: dict[str, object] = cell._asdict()
        about |= {"emulated": bool(emulated[key]), "confidence": sure}
        about |= {name.replace(" ", "_"): count for name, count in bad.items()}
        about |= _named("success", trials.success(bad, sure))
        went = kinds.get(key, {})
        rows += [about | {"warmup": _went(figure, went)} | figure for figure in every.get(cell) or [{"n": 0}]]
    table = pd.DataFrame(rows, columns=[*DTYPES, *_TESTS])
    corrected = _corrected(table).drop(columns=list(_TESTS)).assign(rank=_ranks(table, cells))
    return corrected.astype(dict(DTYPES))


def _rows(cells: Cells, confidence: float, compared: FigureFilter) -> dict[CellKey, list[dict[str, object]]]:
    """Return a row for every figure of every cell; of many cells reckoned by several processes."""

    def of(cell: CellKey) -> list[dict[str, object]]:
        bare = cells.get(cell._replace(isolation=BASELINE), {})
        return _figures(cells[cell], bare, cell.isolation == BASELINE, confidence, compared)

    processes = min(forked.cpus(), len(cells) // _CELLS_EACH)
    return dict(zip(cells, forked.done([partial(of, cell) for cell in cells], processes), strict=True))


def _went(figure: Mapping[str, object], kinds: Mapping[str, str]) -> str | None:
    """Return how the speed went behind a figure; None for what no workload reports."""
    metric = str(figure.get("metric", "")).removesuffix(derive.PER_CPU_S).removesuffix(derive.PER_1000)
    reported = figure.get("vantage") == "workload" and not metric.startswith("clock.")
    return warmup.of_figure(metric, kinds) if reported else None


def confidence_of(frame: pd.DataFrame) -> float:
    """Return the confidence that a frame's intervals are reckoned with, which stands in its column ``confidence``.

    Raises ResultsError for a frame that does not tell: a run that stopped by itself needs more than 95 % for 95 %.
    """
    remedy = "Take the frame that bench.load gives, or say it: summarize(frame, confidence=0.95)"
    told = sorted({float(one) for one in frame.get("confidence", pd.Series(dtype="float64")).dropna().unique()})
    if len(told) == 1 and 0 < told[0] < 1:
        return told[0]
    if frame.empty:
        return intervals.CONFIDENCE  # of no interval
    said = f"says {', '.join(map(str, told))}" if told else "does not say it"
    raise ResultsError(
        f"how sure intervals are to be is not known: the frame's column confidence {said}", remedy=remedy
    )


def _figures(
    own: Figures, bare: Figures, is_bare: bool, confidence: float, compared: FigureFilter
) -> list[dict[str, object]]:
    baselines = {figure[:2]: side for figure, side in bare.items()}
    held = {
        figure: over_one_stretch(side, baselines[figure[:2]])
        for figure, side in own.items()
        if figure[:2] in baselines and not is_bare and has_ratio(figure.metric, figure.unit) and compared(*figure[:2])
    }
    ratios = dict(zip(held, intervals.of_ratios([*held.values()]), strict=True))
    rows: list[dict[str, object]] = []
    for figure, side in own.items():
        baseline = baselines.get(figure[:2])
        about: dict[str, object] = figure._asdict()
        middle = intervals.median(side.values, confidence=confidence)
        itself = _OWN if is_bare and has_ratio(figure.metric, figure.unit) else {}
        ratio = _ratio(*held[figure], ratios[figure], confidence) if figure in held else itself
        tails = {} if figure.unit in CODES else _tails(side, confidence)
        rows.append({**about, **_figure(middle), **ratio, **tails})
        if figure[:2] in OVERHEADS and baseline is not None and not is_bare:
            added = intervals.paired_difference(side, baseline, confidence=confidence)
            rows.append(about | {"metric": f"{OVERHEAD}{figure[0]}"} | _figure(added))
    return rows


def has_ratio(metric: str, unit: str) -> bool:
    """Say whether a figure is an amount: no word that a number stands for, and not itself against nobody beside it."""
    return unit not in CODES and not metric.endswith((LOSS, GROWTH))


def _figure(estimate: intervals.Estimate) -> dict[str, object]:
    return {"n": estimate.n, "median": estimate.value, "low": estimate.low, "high": estimate.high}


def _tails(side: Side, confidence: float) -> dict[str, object]:
    found = {
        f"p{share}": tails.percentile(side.values, share / 100, confidence=confidence) for share in tails.PERCENTILES
    }
    return {name: value for one, estimate in found.items() for name, value in _named(one, estimate).items()}


def _named(name: str, estimate: intervals.Estimate) -> dict[str, object]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


_OWN: Mapping[str, object] = {"ratio": 1.0, "ratio_low": math.nan, "ratio_high": math.nan}
"""Bare's ratio to itself: one by definition, not by measurement, and so without an interval."""


def _ratio(side: Side, baseline: Side, resampled: intervals.Resampled, confidence: float) -> dict[str, object]:
    found = resampled.interval(confidence)
    known: dict[str, object] = {"ratio": found.value, "ratio_low": found.low, "ratio_high": found.high}
    tested = contrast(side, baseline)
    if tested is None:
        return known
    inner = resampled.interval(1 - 2 * (1 - confidence))
    within = inner.low >= 1 / (1 + MARGIN) and inner.high <= 1 + MARGIN
    known |= {"p": tested.p(), "detectable": tested.detectable(1 - confidence)}
    return known | {_EQUIVALENCE: tested.equivalence() if within else 1.0}


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its p-values corrected for how many there are, and what is equivalent by them."""
    family = (
        table["metric"]
        .astype("string")
        .str.cat(table["vantage"].astype("string"), " ")
        .where(~headlines(table), "headlines")
    )
    level = 1 - intervals.CONFIDENCE
    made = {name: table[name].astype("float64").groupby(family).transform(_holm) for name in ("p", _EQUIVALENCE)}
    return table.assign(p=made["p"], equivalent=made[_EQUIVALENCE] < level)


def _holm(p_values: pd.Series[float]) -> pd.Series[float]:
    return pd.Series(holm(list(p_values)), index=p_values.index)


def _ranks(table: pd.DataFrame, cells: Mapping[CellKey, Figures]) -> pd.Series[int]:
    """Return the rank of every headline figure among the isolations of its scenario and parameters."""
    rows = table[headlines(table)]
    found = pd.Series(pd.NA, index=table.index, dtype="Int64")
    for key, group in rows.groupby(["scenario", "parameters", *FigureKey._fields], sort=False):
        scenario, parameters, *one = map(str, key)
        figure = FigureKey(*one)
        held = {str(name): cells[CellKey(scenario, parameters, str(name))][figure] for name in group["isolation"]}
        known = ranks(held, better=figure.better)
        found.loc[group.index] = [known.get(str(name), pd.NA) for name in group["isolation"]]
    return found
