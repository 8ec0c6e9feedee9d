"""One duration for each cell, for the tools that compare commands by how long they take."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from bench.analysis.data import derive
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.figures.sweep import label
from bench.errors import ResultsError
from bench.model import Scalar
from bench.sharing.formats.source import Source
from bench.store.manifest import RunScenario

READY = "time to ready"
WORK = "duration of the workload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long one cell took, trial by trial, in seconds, and what each trial cost in CPU time, None if unknown.

    ``what`` is ``WORK``, from ready to the workload's end, for a scenario whose command reports figures and ends by
    itself, and ``READY`` for every other.
    """

    scenario: str
    isolation: str
    values: dict[str, Scalar]
    what: str
    times_s: tuple[float, ...]
    costs_s: tuple[float | None, ...]

    @property
    def cpu_s(self) -> float | None:
        """The median cost of a trial; None if no trial's is known."""
        known = [cost for cost in self.costs_s if cost is not None]
        return statistics.median(known) if known else None

    @property
    def name(self) -> str:
        """The cell in words: ``cpu, threads = 2 on docker``."""
        place = label(self.values, list(self.values))
        return f"{self.scenario}{f', {place}' if place else ''} on {self.isolation}"


def durations(source: Source) -> tuple[Duration, ...]:
    """Return the durations of every cell of which some trial ended ok, in reading order.

    Raises ResultsError when no cell has any.
    """
    found = tuple(_durations(source))
    if not found:
        raise ResultsError(
            f"{source.manifest.run}: no trial ended well, so there is no duration", remedy="Measure again"
        )
    return found


def _durations(source: Source) -> Iterator[Duration]:
    order, facts = list(source.manifest.scenarios), IsolationFacts.of(source.manifest)
    samples = source.measured
    cost = derive.cpu_used(samples)
    cells = [(str(key[0]), str(key[1]), str(key[2]), rows) for key, rows in samples.groupby(derive.CELL, sort=False)]
    place = {name: number for number, name in enumerate(order)}
    for scenario, parameters, isolation, rows in sorted(
        cells, key=lambda cell: (place.get(cell[0], len(place)), cell[1], facts.reading_order(cell[2]))
    ):
        what = _what(source.manifest.scenarios.get(scenario))
        marks = derive.marks_of(rows).droplevel("parameters")
        times = _times(marks, what)
        if times.empty:
            continue
        yield Duration(
            scenario=scenario,
            isolation=f"{isolation} (emulated)" if rows["emulated"].any() else isolation,
            values=json.loads(parameters),
            what=what,
            times_s=tuple(map(float, times)),
            costs_s=tuple(_known(cost.get((trial, parameters))) for trial in times.index),
        )


def _known(cost: float | None) -> float | None:
    return None if cost is None or math.isnan(cost) else float(cost)


def _what(scenario: RunScenario | None) -> str:
    return WORK if scenario and scenario.metrics and scenario.client is None else READY


def _times(marks: pd.DataFrame, what: str) -> pd.Series[float]:
    needed = {"ready", "end"} if what == WORK else {"ready"}
    if not needed <= set(marks.columns):
        return pd.Series(dtype="float64")
    times: pd.Series[float] = marks["end"] - marks["ready"] if what == WORK else marks["ready"]
    return times.dropna()
