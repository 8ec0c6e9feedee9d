"""One row per figure: median, interval, ratio to bare, and how many trials stand behind it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.analysis import derive, intervals, trials, warmup
from bench.analysis.headlines import headlines
from bench.analysis.ranks import ranks
from bench.analysis.sides import Ints, Side, over_one_stretch
from bench.analysis.significance import MARGIN, contrast, holm
from bench.errors import ResultsError
from bench.model import BASELINE as BASELINE  # noqa: PLC0414

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

KEYS: Mapping[str, str] = {
    "scenario": "string",
    "parameters": "string",
    "isolation": "string",
    "emulated": "bool",
    "metric": "string",
    "vantage": "string",
    "unit": "string",
    "better": "string",
}
"""Columns that say which figure a row is of, in order."""

DTYPES: Mapping[str, str] = {
    **KEYS,
    "n": "int64",
    "median": "float64",
    "low": "float64",
    "high": "float64",
    "ratio": "float64",
    "ratio_low": "float64",
    "ratio_high": "float64",
    "p": "float64",
    "equivalent": "bool",
    "detectable": "float64",
    "rank": "Int64",
    "warmup": "string",
    "spoiled": "int64",
    "failed": "int64",
    "did_not_return": "int64",
    "unsupported": "int64",
}
"""Columns of a summary, in order."""

FIGURE = ["metric", "vantage", "unit", "better"]
Cell = tuple[str, ...]
"""Scenario, parameters, isolation."""
Figure = tuple[str, ...]
"""Metric, vantage, unit, better."""

_EQUIVALENCE = "equivalence"
_TESTS = (_EQUIVALENCE,)
"""Columns that a summary is made with, and does not keep."""


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the samples of trials that ended ok, and everything derived from them (see ``derive``)."""
    known = ((frame["outcome"] == "ok") & frame["value"].notna()).to_numpy(dtype="bool")
    return derive.with_derived(frame if known.all() else frame[known])


def summarize(
    frame: pd.DataFrame, samples: pd.DataFrame | None = None, *, confidence: float | None = None
) -> pd.DataFrame:
    """Summarize the samples of one run, as ``load`` gives them.

    One row per scenario, parameters, isolation, metric and vantage. Columns: scenario, parameters, isolation
    (string); emulated (bool); metric, vantage, unit, better (string).

    n (int64), the rounds with an instance behind the figure; median, low, high (float64, in ``unit``), the interval
    of order statistics at ``confidence``, the frame's own (see ``load``) if not given; ratio, ratio_low, ratio_high
    (float64), of geometric means, against bare of the same scenario, parameters, metric and vantage, missing where
    bare has no such figure, its interval a bootstrap by round.

    p (float64), of a ratio of 1, paired by round and corrected by Holm over all headline figures of the run, or for
    another figure over all cells that have it; equivalent (bool), whether a test says that the ratio lies within 3 %
    of 1, corrected likewise; detectable (float64), the smallest change, as a share, that this comparison would have
    seen with a power of 80 %; rank (Int64) among the isolations, 1 the best, for headline figures; warmup (string), how
    the speed went behind what a workload reports, where it said so while it ran: flat, warming, slowing or unsteady
    (see ``warmup``).

    spoiled, failed, did_not_return, unsupported (int64), the trials that are left out of every figure here: disturbed
    by the host, ended badly, waited for in vain, never begun because the isolation is not ready. Formulas stand in
    ``intervals``, ``significance``, ``ranks`` and ``derive``; metrics ``overhead.*`` are median minus bare's median.

    Parameters of a scenario with steps: its cells' own (start-up, memory), and those of every step. A trial
    that failed half way is failed in every step of its cell.
    Where no trial ended ok there is one row whose metric is missing and whose n is 0.
    ``samples`` is what ``measured`` gives for this frame, where that is known already.
    Raises ResultsError when the frame holds more than one run: runs are compared, never pooled.
    """
    runs = frame["run"].nunique()
    if runs > 1:
        raise ResultsError(f"the frame holds {runs} runs", remedy="Summarize each run by itself")
    cells = sides(measured(frame) if samples is None else samples)
    sure = confidence_of(frame) if confidence is None else confidence
    ended = trials.outcomes(frame)
    kinds = warmup.kinds(warmup.cells(warmup.classify(frame)))
    emulated = ended.groupby(derive.CELL, observed=True)["emulated"].any().to_dict()
    rows: list[dict[str, object]] = []
    for key, bad in trials.counts(ended).items():
        about: dict[str, object] = dict(zip(derive.CELL, key, strict=True))
        about |= {"emulated": bool(emulated[key]), **{name.replace(" ", "_"): count for name, count in bad.items()}}
        found = _figures(cells.get(key, {}), cells.get((*key[:2], BASELINE), {}), key[2] == BASELINE, sure)
        went = kinds.get(key, {})
        rows += [about | {"warmup": _went(figure, went)} | figure for figure in found or [{"n": 0}]]
    table = pd.DataFrame(rows, columns=[*DTYPES, *_TESTS])
    corrected = _corrected(table).drop(columns=list(_TESTS)).assign(rank=_ranks(table, cells))
    return corrected.astype(dict(DTYPES))


def _went(figure: Mapping[str, object], kinds: Mapping[str, str]) -> str | None:
    """Return how the speed went behind a figure; None for what no workload reports."""
    metric = str(figure.get("metric", "")).removesuffix(derive.PER_CPU_S).removesuffix(derive.PER_1000)
    reported = figure.get("vantage") == "workload" and not metric.startswith("clock.")
    return warmup.of_figure(metric, kinds) if reported else None


def confidence_of(frame: pd.DataFrame) -> float:
    """Return the confidence that a loaded frame's intervals are reckoned with; 95 % for one that says nothing."""
    return float(frame.attrs.get("confidence", intervals.CONFIDENCE))


def sides(samples: pd.DataFrame) -> dict[Cell, dict[Figure, Side]]:
    """Return the values by round of every figure (metric, vantage, unit, better) of every cell, in order of sight."""
    columns = [
        (codes, known.tolist()) for codes, known in (pd.factorize(samples[name]) for name in (*derive.CELL, *FIGURE))
    ]
    rows = np.flatnonzero(np.logical_and.reduce([codes >= 0 for codes, _ in columns]))  # without a name: no figure
    groups = _numbered([codes[rows] for codes, _ in columns])
    order = np.argsort(groups, kind="stable")
    begins = np.flatnonzero(np.diff(groups[order], prepend=-1))
    rows = rows[order]
    rounds, values = samples["round"].to_numpy()[rows], samples["value"].to_numpy()[rows]
    rising = np.diff(rounds) > 0  # one number for each round, in order: as a rule there is nothing to arrange
    found: dict[Cell, dict[Figure, Side]] = {}
    for begin, end in itertools.pairwise([*begins.tolist(), rows.size]):
        key = tuple(str(known[codes[rows[begin]]]) for codes, known in columns)
        make = Side.in_order if rising[begin : end - 1].all() else Side.of
        side = make(rounds[begin:end], values[begin:end])
        found.setdefault(key[: len(derive.CELL)], {})[key[len(derive.CELL) :]] = side
    return found


def _numbered(columns: Sequence[Ints]) -> Ints:
    """Number the rows that agree in all of these columns of codes, in order of sight."""
    found = columns[0]
    for codes in columns[1:]:
        found, _ = pd.factorize(found * (int(codes.max(initial=0)) + 1) + codes)
    return found


def _figures(
    own: Mapping[Figure, Side], bare: Mapping[Figure, Side], is_bare: bool, confidence: float
) -> list[dict[str, object]]:
    baselines = {figure[:2]: side for figure, side in bare.items()}
    held = {
        figure: over_one_stretch(side, baselines[figure[:2]])
        for figure, side in own.items()
        if figure[:2] in baselines and not is_bare
    }
    ratios = dict(zip(held, intervals.of_ratios([*held.values()]), strict=True))
    rows: list[dict[str, object]] = []
    for figure, side in own.items():
        baseline = baselines.get(figure[:2])
        about: dict[str, object] = dict(zip(FIGURE, figure, strict=True))
        middle = intervals.median(side.values, confidence=confidence)
        ratio = _ratio(*held[figure], ratios[figure], confidence) if figure in held else _OWN if is_bare else {}
        rows.append({**about, **_figure(middle), **ratio})
        if figure[:2] in OVERHEADS and baseline is not None and not is_bare:
            added = intervals.of_difference(*over_one_stretch(side, baseline)).interval(confidence)
            rows.append(about | {"metric": f"{OVERHEAD}{figure[0]}"} | _figure(added))
    return rows


def _figure(estimate: intervals.Estimate) -> dict[str, object]:
    return {"n": estimate.n, "median": estimate.value, "low": estimate.low, "high": estimate.high}


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


def _ranks(table: pd.DataFrame, cells: Mapping[Cell, Mapping[Figure, Side]]) -> pd.Series[int]:
    """Return the rank of every headline figure among the isolations of its scenario and parameters."""
    rows = table[headlines(table)]
    found = pd.Series(pd.NA, index=table.index, dtype="Int64")
    for key, group in rows.groupby(["scenario", "parameters", *FIGURE], sort=False):
        one = tuple(map(str, key))
        held = {str(name): cells[(one[0], one[1], str(name))][one[2:]] for name in group["isolation"]}
        known = ranks(held, better=one[-1])
        found.loc[group.index] = [known.get(str(name), pd.NA) for name in group["isolation"]]
    return found
