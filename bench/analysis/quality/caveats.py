"""What the data themselves say against trusting a figure: troubled trials, clocks, too few trials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.analysis.data import plausible
from bench.analysis.data.texts import holds
from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.sweep import Sweep, label
from bench.analysis.quality import warmup
from bench.analysis.statistics import intervals
from bench.store import stored

CLOCK_TOLERANCE = 0.01
"""A clock that runs over 1 % off the host's makes every rate it reports wrong by as much."""

_CHANGES = {
    warmup.WARMING: "the workload became faster and then stayed so",
    warmup.SLOWING: "the workload became slower",
    warmup.UNSTEADY: "its speed changed in some and not in others, or until the end",
}
"""What a cell's kind means, for a person."""

_CLIMBS = ("density.", "burst.", "rate.")
"""Prefixes of the metrics of climbs, which end for a reason that the journal has."""

_STOPPED_BEFORE = "density_stopped"
"""Where the journals of Isobench 0.1 have that reason."""

ENOUGH = 6
"""Fewest values whose range can cover the median with 95 % confidence (``intervals.best_coverage``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A trial that is in no figure, why, and its last console lines."""

    number: int
    round: int
    scenario: str
    parameters: str
    isolation: str
    emulated: bool
    outcome: str
    reason: str
    tail: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the journal tells beside figures: the trials that did not end ok, in order; why climbs stopped.

    ``stops`` has, by scenario, each reason of each isolation once.
    """

    troubles: tuple[Trouble, ...]
    stops: Mapping[str, tuple[str, ...]]


def told_endings(path: str | Path, frame: pd.DataFrame) -> Told:
    """Read the journal of the run folder ``path`` once, for all that is told of how its trials ended.

    ``frame`` is what ``load`` gives of it: where all its trials ended ok, and none was a climb, nothing is told, and
    the journal, the largest file of a run, is not read. Raises ResultsError when it is missing or broken.
    """
    if len(frame) and (frame["outcome"] == "ok").all() and not holds(frame["metric"], _is_of_a_climb).any():
        return Told(troubles=(), stops={})
    bad, stopped = [], dict[str, dict[str, None]]()
    for trial in stored.read_endings(Path(path)):
        if trial.outcome != "ok":
            bad.append(_trouble(trial))
        if why := trial.seen.get("stopped") or trial.seen.get(_STOPPED_BEFORE):
            stopped.setdefault(trial.scenario, {})[f"{trial.isolation} stopped: {why}"] = None
    return Told(troubles=tuple(bad), stops={scenario: tuple(reasons) for scenario, reasons in stopped.items()})


def _is_of_a_climb(metric: str) -> bool:
    return metric.startswith(_CLIMBS)


def _trouble(trial: stored.StoredEnding) -> Trouble:
    return Trouble(
        number=trial.number,
        round=trial.round,
        scenario=trial.scenario,
        parameters=trial.parameters_text,
        isolation=trial.isolation,
        emulated=trial.emulated,
        outcome=trial.outcome,
        reason=trial.reason,
        tail=trial.tail,
    )


def doubts(frame: pd.DataFrame) -> tuple[Trouble, ...]:
    """Return the trials of a frame, as ``load`` gives it, that ended ok but left samples that cannot be."""
    found = []
    for number, rows in plausible.doubtful(frame).groupby("trial", sort=True):
        first = rows.iloc[0]
        samples = rows[["metric", "vantage", "value", "unit"]].itertuples(index=False, name=None)
        found.append(
            Trouble(
                number=int(str(number)),
                round=int(first["round"]),
                scenario=str(first["scenario"]),
                parameters=str(first["parameters"]),
                isolation=str(first["isolation"]),
                emulated=bool(first["emulated"]),
                outcome="ok, with samples that cannot be",
                reason=plausible.together([plausible.why(*sample) for sample in samples]),
                tail=(),
            )
        )
    return tuple(found)


def unsteady(cells: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return, by scenario, which cells had no steady speed, in words; ``cells`` as ``warmup.cells`` gives them."""
    found: dict[str, list[str]] = {}
    for row in cells.to_dict("records"):
        cell = {str(name): str(value) for name, value in row.items()}
        if (kind := cell["kind"]) in _CHANGES:
            where = ", ".join(f"{name} = {value}" for name, value in json.loads(cell["parameters"]).items())
            place = f"{cell['isolation']} at {where}" if where else cell["isolation"]
            found.setdefault(cell["scenario"], []).append(
                f"{cell['metric']} on {place} is {kind}: in {cell['trials']} trials {_CHANGES[kind]}. Its median is "
                "over the whole run: read its series before you compare it."
            )
    return {scenario: tuple(said) for scenario, said in found.items()}


def caveats(sweep: Sweep) -> tuple[str, ...]:
    """Return what a reader must know before trusting a scenario's figures, one sentence each."""
    return (*_clocks(sweep), *_nothing_left(sweep), *_few_trials(sweep))


def _clocks(sweep: Sweep) -> list[str]:
    rows = sweep.rows("clock.disagreement", "workload")
    said = []
    for isolation in sweep.shown("clock.disagreement", "workload"):
        found = [(one, one.finding(isolation, "clock.disagreement", "workload")) for one in rows]
        known = [(where, finding) for where, finding in found if finding is not None]
        where, worst = max(known, key=lambda pair: abs(pair[1].median))
        if abs(worst.median) > CLOCK_TOLERANCE:
            place = label(where.values_of, sweep.varying(rows))
            said.append(
                f"The clock inside {sweep.name_of(isolation)} disagrees with the host's by "
                f"{'up to ' if place else ''}{worst.median * 100:+.1f} % ({f'at {place}, ' if place else ''}"
                f"median of {worst.n} trials): what the workload reports per second is off by as much; read work "
                "per host CPU-second with the same care."
            )
    return said


def _nothing_left(sweep: Sweep) -> list[str]:
    varying = sweep.varying(sweep.comparisons)
    said = []
    for isolation in sweep.isolations:
        mine = [one for one in sweep.comparisons if isolation in one.isolations]
        bad = [one for one in mine if one.all_lost(isolation) not in ("", "did not run")]
        places = "; ".join(text for one in _widest(bad) if (text := label(one.values_of, varying)))
        if bad and len(bad) == len(mine):
            said.append(f"No trial of {sweep.name_of(isolation)} ended well: it has no figures.")
        elif bad:
            said.append(f"No trial of {sweep.name_of(isolation)} ended well at {places}: it has no figures there.")
    return said


def _widest(found: list[Comparison]) -> list[Comparison]:
    """Leave out the steps of a cell that is itself among these comparisons."""
    cells = [one.values_of for one in found]
    return [
        one
        for one, values in zip(found, cells, strict=True)
        if not any(cell.items() < values.items() for cell in cells)
    ]


def _few_trials(sweep: Sweep) -> list[str]:
    counts: dict[str, int] = {}
    for one in sweep.comparisons:
        for isolation, figures in one.rounds.items():
            count = max((side.n for side in figures.values()), default=ENOUGH)  # of none, there is nothing to doubt
            counts[isolation] = min(count, counts.get(isolation, count))
    fewest = min(counts.values(), default=0)
    if 0 < fewest < intervals.MINIMUM:
        few = [sweep.name_of(name) for name in sweep.isolations if counts.get(name, ENOUGH) < intervals.MINIMUM]
        return [
            f"Fewer than {intervals.MINIMUM} good trials of {', '.join(few)} give no interval: "
            "treat the median as a first look."
        ]
    if 0 < fewest < ENOUGH:
        coverage = intervals.best_coverage(fewest) * 100
        return [
            f"With {fewest} good trials no interval for a median can cover more than {coverage:.0f} %, "
            f"whatever it is called: ask for {ENOUGH} or more rounds."
        ]
    return []
