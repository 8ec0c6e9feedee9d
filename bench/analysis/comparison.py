"""One scenario with one set of parameters, all its isolations side by side: a section of a report."""

from __future__ import annotations

import json
import math
from collections.abc import Set
from dataclasses import dataclass

import pandas as pd

from bench.analysis import derive
from bench.analysis.intervals import Floats
from bench.analysis.summary import BASELINE, measured, summarize


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure of one isolation; NaN where there is no interval, or no bare to hold it against."""

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

    @property
    def has_interval(self) -> bool:
        """Whether there were enough trials for an interval."""
        return not math.isnan(self.low)

    @property
    def differs(self) -> bool:
        """Whether the interval of the ratio to bare leaves out 1."""
        return self.ratio_low > 1 or self.ratio_high < 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The isolations of one scenario and one set of parameters.

    ``samples`` has the columns of ``load`` (trials that ended ok, and what is derived from them), ``summary``
    those of ``summarize``. ``isolations`` stand in reading order: bare first.
    """

    scenario: str
    parameters: str
    isolations: tuple[str, ...]
    emulated: frozenset[str]
    samples: pd.DataFrame
    summary: pd.DataFrame

    def parameters_text(self, names: Set[str] | None = None) -> str:
        """Return these parameters (None: all) for a person: ``threads = 4, size = 1024``; empty for none."""
        values = json.loads(self.parameters)
        return ", ".join(f"{name} = {values[name]}" for name in values if names is None or name in names)

    def name_of(self, isolation: str) -> str:
        """Return the isolation's name, labelled where it is emulated."""
        return f"{isolation} (emulated)" if isolation in self.emulated else isolation

    def finding(self, isolation: str, metric: str, vantage: str) -> Finding | None:
        """Return one figure, or None where this isolation has none."""
        table = self.summary
        rows = table[(table["isolation"] == isolation) & (table["metric"] == metric) & (table["vantage"] == vantage)]
        if rows.empty:
            return None
        row = rows.iloc[0]
        return Finding(**{name: row[name] for name in Finding.__dataclass_fields__})

    def findings(self, metric: str, vantage: str) -> tuple[Finding, ...]:
        """Return one figure for every isolation that has it, in reading order."""
        found = (self.finding(isolation, metric, vantage) for isolation in self.isolations)
        return tuple(finding for finding in found if finding is not None)

    def values(self, isolation: str, metric: str, vantage: str) -> Floats:
        """Return the value of each trial, in the order they were measured."""
        rows = self.samples
        wanted = rows[(rows["isolation"] == isolation) & (rows["metric"] == metric) & (rows["vantage"] == vantage)]
        return wanted.sort_values("trial")["value"].to_numpy()

    def vantages(self, metric: str) -> tuple[str, ...]:
        """Return every vantage from which any isolation saw this metric, in order of appearance."""
        rows = self.summary[self.summary["metric"] == metric]
        return tuple(dict.fromkeys(rows["vantage"].tolist()))

    def start_up_phases(self, isolation: str) -> tuple[tuple[str, float, float], ...]:
        """Return (mark, begin, finish) up to readiness, at the medians, in seconds since the request."""
        rows = self.samples[self.samples["isolation"] == isolation]
        marks = derive.marks_of(rows)
        if "ready" not in marks.columns:
            return ()
        middle = marks.median()
        names = list(marks.columns)[: list(marks.columns).index("ready") + 1]
        begins = [0.0, *(float(middle[name]) for name in names)]
        steps = zip(names, begins, begins[1:], strict=False)
        return tuple((name, begin, finish) for name, begin, finish in steps if finish > begin)


def comparisons(frame: pd.DataFrame) -> tuple[Comparison, ...]:
    """Split the samples of one run, as ``load`` gives them, into one Comparison per scenario and parameters.

    Raises ResultsError when the frame holds more than one run.
    """
    summary, samples = summarize(frame), measured(frame)
    pairs = summary[["scenario", "parameters"]].drop_duplicates().itertuples(index=False)
    ordered = sorted(pairs, key=lambda pair: _naturally(str(pair[1])))
    first = list(dict.fromkeys(summary["scenario"]))
    ordered.sort(key=lambda pair: first.index(pair[0]))
    return tuple(_compare(summary, samples, str(scenario), str(parameters)) for scenario, parameters in ordered)


def reading_order(isolation: str) -> tuple[int, str]:
    """Sort key: bare, then containers, then virtual machines, then the rest; variants after their base."""
    base = isolation.partition(":")[0]
    known = (BASELINE, "docker", "vm")
    return (known.index(base) if base in known else len(known), isolation)


def _compare(summary: pd.DataFrame, samples: pd.DataFrame, scenario: str, parameters: str) -> Comparison:
    def of_this(table: pd.DataFrame) -> pd.DataFrame:
        return table[(table["scenario"] == scenario) & (table["parameters"] == parameters)]

    mine = of_this(summary)
    return Comparison(
        scenario=scenario,
        parameters=parameters,
        isolations=tuple(sorted(set(mine["isolation"]), key=reading_order)),
        emulated=frozenset(mine.loc[mine["emulated"], "isolation"]),
        samples=of_this(samples),
        summary=mine,
    )


def _naturally(parameters: str) -> list[tuple[bool, float, str]]:
    values = json.loads(parameters).values()
    return [(isinstance(v, str), 0.0 if isinstance(v, str) else float(v), str(v)) for v in values]
