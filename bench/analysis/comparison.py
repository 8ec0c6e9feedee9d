"""One scenario with one set of parameters, all its isolations side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis import derive
from bench.analysis.resampling import Floats
from bench.analysis.sides import Side
from bench.analysis.significance import ALPHA
from bench.analysis.summary import BASELINE, confidence_of, measured, summarize
from bench.analysis.trials import counts, outcomes, said
from bench.model import Scalar

_SPECTRUM = (
    BASELINE, "unshare", "bubblewrap", "nspawn", "lxc", "crun", "runc", "runsc", "podman", "docker", "vm", "uml",
)  # fmt: skip


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

    ``samples`` has the columns of ``load`` (trials that ended ok, and what is derived from them), ``summary``
    those of ``summarize``. ``isolations`` stand in reading order: bare first. ``figures`` are by isolation, metric
    and vantage; ``ends`` counts, by isolation, how trials ended, in the words of ``trials.ending``.
    """

    scenario: str
    parameters: str
    isolations: tuple[str, ...]
    emulated: frozenset[str]
    samples: pd.DataFrame
    summary: pd.DataFrame
    figures: Mapping[tuple[str, str, str], Finding]
    ends: Mapping[str, Mapping[str, int]]
    confidence: float
    """What intervals are reckoned with."""

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
        """Return the value of each trial, in the order they were measured."""
        rows = self.samples
        wanted = rows[(rows["isolation"] == isolation) & (rows["metric"] == metric) & (rows["vantage"] == vantage)]
        return wanted.sort_values("trial")["value"].to_numpy()

    def scale(self, metric: str, vantage: str) -> float:
        """Return what ratios are to, the geometric mean of bare's trials; NaN where bare has none above zero."""
        values = self.values(BASELINE, metric, vantage)
        return float(np.exp(np.log(values).mean())) if values.size and values.min() > 0 else math.nan

    def by_isolation(self, metric: str, vantage: str) -> dict[str, Floats]:
        """Return the same for every isolation that has any."""
        rows = self.samples
        wanted = rows[(rows["metric"] == metric) & (rows["vantage"] == vantage)].sort_values("trial")
        groups = wanted.groupby("isolation", sort=False, observed=True)
        return {str(name): own["value"].to_numpy() for name, own in groups}

    def sides(self, metric: str, vantage: str) -> dict[str, Side]:
        """Return the values by round of every isolation that has any, in reading order."""
        rows = self.samples
        wanted = rows[(rows["metric"] == metric) & (rows["vantage"] == vantage)]
        known = {
            str(name): Side.of(own["round"].to_numpy(), own["value"].to_numpy())
            for name, own in wanted.groupby("isolation", observed=True)
        }
        return {name: known[name] for name in self.isolations if name in known}

    def vantages(self, metric: str) -> tuple[str, ...]:
        """Return every vantage from which any isolation saw this metric, in order of appearance."""
        return tuple(dict.fromkeys(vantage for _, name, vantage in self.figures if name == metric))

    def lost(self, isolation: str) -> str:
        """Say how an isolation's trials ended that are in no figure here: ``2 of 7 did not return, 1 spoiled``."""
        return said(self.ends.get(isolation, {}))

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
    frame: pd.DataFrame, samples: pd.DataFrame | None = None, *, confidence: float | None = None
) -> tuple[Comparison, ...]:
    """Split the samples of one run, as ``load`` gives them, into one Comparison per scenario and parameters.

    ``samples`` and ``confidence`` as in ``summarize``. Raises ResultsError when the frame holds more than one run.
    """
    samples = measured(frame) if samples is None else samples
    sure = confidence_of(frame) if confidence is None else confidence
    summary = summarize(frame, samples, confidence=sure)
    pair = ["scenario", "parameters"]
    measured_of = dict(iter(samples.groupby(pair, sort=False, observed=True)))
    ends = counts(outcomes(frame))
    found = [
        _compare(str(key[0]), str(key[1]), rows, measured_of.get(key, samples.iloc[:0]), ends, sure)
        for key, rows in summary.groupby(pair, sort=False)
    ]
    first = list(dict.fromkeys(summary["scenario"]))
    return tuple(sorted(found, key=lambda one: (first.index(one.scenario), naturally(one.parameters))))


def reading_order(isolation: str) -> tuple[int, str]:
    """Sort key: from a process to a machine, then what we do not know; variants after their base."""
    base = isolation.partition(":")[0]
    return (_SPECTRUM.index(base) if base in _SPECTRUM else len(_SPECTRUM), isolation)


def _compare(
    scenario: str,
    parameters: str,
    summary: pd.DataFrame,
    samples: pd.DataFrame,
    ends: Mapping[tuple[str, str, str], Mapping[str, int]],
    confidence: float,
) -> Comparison:
    cells = summary.drop_duplicates("isolation").set_index("isolation")
    return Comparison(
        scenario=scenario,
        parameters=parameters,
        isolations=tuple(sorted(map(str, cells.index), key=reading_order)),
        emulated=frozenset(map(str, cells.index[cells["emulated"]])),
        samples=samples,
        summary=summary,
        figures=_figures(summary),
        ends={str(name): ends[scenario, parameters, str(name)] for name in cells.index},
        confidence=confidence,
    )


def _figures(summary: pd.DataFrame) -> dict[tuple[str, str, str], Finding]:
    names = list(Finding.__dataclass_fields__)
    rows = summary.loc[summary["metric"].notna(), names].itertuples(index=False, name=None)
    found = [Finding(**_known(dict(zip(names, row, strict=True)))) for row in rows]
    return {(one.isolation, one.metric, one.vantage): one for one in found}


def _known(row: dict[str, Any]) -> dict[str, Any]:
    rank, warmup = row["rank"], row["warmup"]
    return row | {"rank": None if rank is pd.NA else int(rank), "warmup": "" if pd.isna(warmup) else str(warmup)}


def naturally(parameters: str) -> list[tuple[bool, float, str]]:
    """Sort key of parameters as canonical JSON: value by value, numbers by size."""
    return [natural(value) for value in json.loads(parameters).values()]


def natural(value: Scalar) -> tuple[bool, float, str]:
    """Sort key of a parameter's value: numbers by size, before text."""
    return (isinstance(value, str), 0.0 if isinstance(value, str) else float(value), str(value))
