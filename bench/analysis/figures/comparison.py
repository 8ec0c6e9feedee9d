"""One scenario with one set of parameters, all its isolations side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.data import derive
from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.data.trials import counted_endings, counts, outcomes
from bench.analysis.figures.by_round import NOTHING, CellKey, Figures, of_metric
from bench.analysis.figures.summary import (
    BASELINE,
    Cells,
    FigureFilter,
    all_figures,
    confidence_of,
    has_ratio,
    of_cells,
    summarize,
)
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.resampling import Floats
from bench.analysis.statistics.significance import ALPHA
from bench.model import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure of one isolation; NaN where there is no interval, or no bare to hold it against.

    Fields as the columns of ``summarize``; ``rank`` is None for what is no headline figure, ``warmup`` is empty
    where no workload said how it went.
    """

    isolation: str
    emulated: bool
    metric: str
    vantage: str
    unit: str
    better: str
    n: int
    median: float
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    equivalent: bool
    detectable: float
    rank: int | None
    warmup: str
    p95: float
    p95_low: float
    p95_high: float
    p99: float
    p99_low: float
    p99_high: float
    no_ratio: str = ""
    """Why there is no ratio where bare has the figure, too: ``bare is 0``."""

    @property
    def has_interval(self) -> bool:
        """Whether there were enough trials for an interval."""
        return not math.isnan(self.low)

    @property
    def differs(self) -> bool:
        """Whether the ratio to bare is other than 1: by its interval, and by its test after Holm's correction."""
        return (self.ratio_low > 1 or self.ratio_high < 1) and self.p < ALPHA


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The isolations of one scenario and one set of parameters.

    ``isolations`` stand in reading order: bare first. ``rounds`` has, by isolation, every figure's values by round,
    ``summary`` the columns of ``summarize``. ``figures`` are by isolation, metric and vantage; ``ends`` counts, by
    isolation, how trials ended, in the words of ``trials.ending``.
    """

    scenario: str
    parameters: str
    isolations: tuple[str, ...]
    emulated: frozenset[str]
    rounds: Mapping[str, Figures]
    summary: pd.DataFrame
    figures: Mapping[tuple[str, str, str], Finding]
    ends: Mapping[str, Mapping[str, int]]
    confidence: float
    """What intervals are reckoned with."""
    facts: IsolationFacts = UNTOLD

    @property
    def values_of(self) -> dict[str, Scalar]:
        """The parameters by name."""
        values: dict[str, Scalar] = json.loads(self.parameters)
        return values

    def parameters_text(self, names: Set[str] | None = None) -> str:
        """Return these parameters (None: all) for a person: ``threads = 4, size = 1024``; empty for none."""
        values = self.values_of
        return ", ".join(f"{name} = {values[name]}" for name in values if names is None or name in names)

    def name_of(self, isolation: str) -> str:
        """Return the isolation's name, labelled where it is emulated."""
        return f"{isolation} (emulated)" if isolation in self.emulated else isolation

    def finding(self, isolation: str, metric: str, vantage: str) -> Finding | None:
        """Return one figure, or None where this isolation has none."""
        return self.figures.get((isolation, metric, vantage))

    def findings(self, metric: str, vantage: str) -> tuple[Finding, ...]:
        """Return one figure for every isolation that has it, in reading order."""
        found = (self.finding(isolation, metric, vantage) for isolation in self.isolations)
        return tuple(finding for finding in found if finding is not None)

    def values(self, isolation: str, metric: str, vantage: str) -> Floats:
        """Return the value of each round, in the order they were measured; empty where there is none."""
        return self.sides(metric, vantage).get(isolation, NOTHING).values

    def scale(self, metric: str, vantage: str) -> float:
        """Return what ratios are to, the geometric mean of bare's trials; NaN where bare has none above zero."""
        values = self.values(BASELINE, metric, vantage)
        return float(np.exp(np.log(values).mean())) if values.size and values.min() > 0 else math.nan

    def sides(self, metric: str, vantage: str) -> dict[str, Side]:
        """Return the values by round of every isolation that has any, in reading order."""
        known = {name: of_metric(self.rounds.get(name, {}), metric, vantage) for name in self.isolations}
        return {name: side for name, side in known.items() if side.n}

    def vantages(self, metric: str) -> tuple[str, ...]:
        """Return every vantage from which any isolation saw this metric, in order of appearance."""
        return tuple(dict.fromkeys(vantage for _, name, vantage in self.figures if name == metric))

    def lost(self, isolation: str) -> str:
        """Say how an isolation's trials ended that are in no figure here: ``2 of 7 did not return, 1 spoiled``."""
        return counted_endings(self.ends.get(isolation, {}))

    def all_lost(self, isolation: str) -> str:
        """Say the same of an isolation that has no figure here at all; nothing where it has one."""
        return "" if any(name == isolation for name, _, _ in self.figures) else self.lost(isolation)

    def start_up_phases(self, isolation: str) -> tuple[tuple[str, float, float], ...]:
        """Return (mark, begin, finish) up to readiness, at the medians, in seconds since the request."""
        middle = {
            metric.removeprefix(derive.MARK): one.median
            for (name, metric, vantage), one in self.figures.items()
            if name == isolation and vantage == "host" and metric.startswith(derive.MARK)
        }
        if "ready" not in middle:
            return ()
        order = derive.in_order(middle)
        names = order[: order.index("ready") + 1]
        begins = [0.0, *(middle[name] for name in names)]
        steps = zip(names, begins, begins[1:], strict=False)
        return tuple((name, begin, finish) for name, begin, finish in steps if finish > begin)


def comparisons(
    frame: pd.DataFrame,
    cells: Cells | None = None,
    *,
    confidence: float | None = None,
    facts: IsolationFacts = UNTOLD,
    compared: FigureFilter = all_figures,
) -> tuple[Comparison, ...]:
    """Split the samples of one run, as ``load`` gives them, into one Comparison per scenario and parameters.

    ``cells``, ``confidence`` and ``compared`` as in ``summarize``; ``facts`` say in which order isolations stand.
    Raises ResultsError when the frame holds more than one run.
    """
    cells = of_cells(frame) if cells is None else cells
    sure = confidence_of(frame) if confidence is None else confidence
    summary = summarize(frame, cells, confidence=sure, compared=compared)
    ends, findings = counts(outcomes(frame)), _findings(summary)
    found = [
        _compare(*key, rows, findings.get(key, []), cells, ends, sure, facts, compared)
        for (scenario, parameters), rows in summary.groupby(derive.SETTING, sort=False)
        for key in [(str(scenario), str(parameters))]
    ]
    first = list(dict.fromkeys(summary["scenario"]))
    return tuple(sorted(found, key=lambda one: (first.index(one.scenario), naturally(one.parameters))))


def _compare(
    scenario: str,
    parameters: str,
    summary: pd.DataFrame,
    findings: Sequence[Finding],
    measured: Cells,
    ends: Mapping[tuple[str, str, str], Mapping[str, int]],
    confidence: float,
    facts: IsolationFacts,
    compared: FigureFilter,
) -> Comparison:
    cells = summary[["isolation", "emulated"]].drop_duplicates("isolation").set_index("isolation")
    rounds = {str(name): measured.get(CellKey(scenario, parameters, str(name)), {}) for name in cells.index}
    return Comparison(
        scenario=scenario,
        parameters=parameters,
        isolations=tuple(sorted(map(str, cells.index), key=facts.reading_order)),
        emulated=frozenset(map(str, cells.index[cells["emulated"]])),
        rounds=rounds,
        summary=summary,
        figures=_figures(findings, rounds.get(BASELINE, {}), compared),
        ends={str(name): ends[scenario, parameters, str(name)] for name in cells.index},
        confidence=confidence,
        facts=facts,
    )


def _findings(summary: pd.DataFrame) -> dict[tuple[str, str], list[Finding]]:
    """Return every figure, by scenario and parameters."""
    names = [name for name in Finding.__dataclass_fields__ if name != "no_ratio"]
    rows = summary.loc[summary["metric"].notna(), [*derive.SETTING, *names]].itertuples(index=False, name=None)
    found: dict[tuple[str, str], list[Finding]] = {}
    for scenario, parameters, *row in rows:
        finding = Finding(**_known(dict(zip(names, row, strict=True))))
        found.setdefault((scenario, parameters), []).append(finding)
    return found


def _figures(found: Sequence[Finding], bare: Figures, compared: FigureFilter) -> dict[tuple[str, str, str], Finding]:
    known = {(one.isolation, one.metric, one.vantage): one for one in found}
    why = {
        figure[:2]: _no_ratio(figure.metric, figure.unit, side.values) if compared(*figure[:2]) else "not compared"
        for figure, side in bare.items()
    }
    lacking = [key for key, one in known.items() if math.isnan(one.ratio) and key[1:] in why]
    return known | {key: replace(known[key], no_ratio=why[key[1:]]) for key in lacking}


def _no_ratio(metric: str, unit: str, values: Floats) -> str:
    """Say why a figure has no ratio to bare's, whose unit and values these are."""
    if not has_ratio(metric, unit):
        return "no amount"
    if not values.any():
        return f"{BASELINE} is 0"
    if values.min() > 0:
        return "not always above 0"
    return f"{BASELINE} is {'not' if values.max() <= 0 else 'not always'} above 0"


def _known(row: dict[str, Any]) -> dict[str, Any]:
    rank, warmup = row["rank"], row["warmup"]
    return row | {"rank": None if rank is pd.NA else int(rank), "warmup": "" if pd.isna(warmup) else str(warmup)}


def naturally(parameters: str) -> list[tuple[bool, float, str]]:
    """Sort key of parameters as canonical JSON: value by value, numbers by size."""
    return [natural(value) for value in json.loads(parameters).values()]


def natural(value: Scalar) -> tuple[bool, float, str]:
    """Sort key of a parameter's value: numbers by size, before text."""
    return (isinstance(value, str), 0.0 if isinstance(value, str) else float(value), str(value))
