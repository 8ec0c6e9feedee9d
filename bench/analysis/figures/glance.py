"""A run at a glance: a row an isolation, a column a question, and of each cell whether it is better or worse than bare.

A column shows one figure, the same for every isolation, which is chosen before any is looked at: of the group's first
scenario the first figure, at the first of the settings that most isolations have, of those beside a neighbour where
there are such. Of the group's other figures a cell counts what they show.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd

from bench.analysis.data.frame import load
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.data.losses import GROWTH, LOSS
from bench.analysis.data.manifest import load_manifest
from bench.analysis.data.trials import counted_endings
from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.headlines import IDLE, READY, SURFACE
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.analysis.schemas import GLANCE_COLUMNS
from bench.model import BASELINE, Kind, Scalar
from bench.store.manifest import Manifest, RunScenario
from bench.store.table import dtypes

NOT_SHOWN, TOO_FEW = "no difference shown", "too few rounds"
START_UP, IDLE_MEMORY, BUYS = "start-up", "idle memory", "what it buys"
_PROVISION = ("provision.ready", "host")
_RESTORE = ("restore.answer", "host")
_DENSITY = ("density.slope_available", "host")
_BURST = ("burst.makespan", "host")
_EXEC = ("exec.last", "host")
_RATE = ("rate.kept", "host")

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "computing": ("cpu", "memory", "syscalls", "build", "work"),
    "disk": ("disk",),
    "services": ("mysql", "redis", "web", "function"),
    "network": ("network", "latency"),
}
"""Which of our scenarios ask about the same; any other has a column of its own."""


class Mark(StrEnum):
    """How a cell stands to bare's. ``same`` is shown by a test of equivalence; ``unsure`` is neither shown.

    Of a cell without a figure: ``spoiled`` where nothing but others' work was against all its trials.
    """

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNSURE = "unsure"
    NOT_MEASURED = "not measured"
    FAILED = "failed"
    SPOILED = "spoiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFigure:
    """What a scenario is asked for."""

    scenario: str
    metric: str
    vantage: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A column: its group, the figure it shows, and all that its group has, each with where it was compared.

    ``at`` is None where no trial of the scenario is known.
    """

    group: str
    shown: AskedFigure
    at: Comparison | None
    setting: Mapping[str, Scalar]
    """Those parameters of ``at`` that tell it from the other settings."""
    every: tuple[tuple[Comparison, AskedFigure], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GlanceCell:
    """What is known of an isolation in one question; ``mark`` is None for bare's own figure."""

    found: Finding | None
    mark: Mark | None
    reason: str = ""
    """Why there is no figure, or nothing sure to be said of it."""
    others: Counter[Mark] = field(default_factory=Counter)
    """What the group's other figures of this isolation show, counted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glance:
    """The whole table; isolations from a process to a machine, cells by isolation and group."""

    isolations: tuple[str, ...]
    emulated: frozenset[str]
    questions: tuple[Question, ...]
    cells: Mapping[tuple[str, str], GlanceCell]

    @property
    def has_bare(self) -> bool:
        """Whether any figure of bare is there to hold others against."""
        return any(one.found for (isolation, _), one in self.cells.items() if isolation == BASELINE)


def mark(found: Finding) -> Mark | None:
    """Return how a figure stands to bare's; None for bare itself.

    Equivalence comes first: a difference within the margin that is sure is still no more than the margin.
    """
    if found.isolation == BASELINE:
        return None
    if found.equivalent:
        return Mark.SAME
    if not found.differs:
        return Mark.UNSURE
    return Mark.BETTER if (found.ratio > 1) == (found.better == "higher") else Mark.WORSE


def glance(path: str | Path) -> pd.DataFrame:
    """Return the run folder ``path`` at a glance, a row an isolation and question.

    Columns: ``bench.schemas["glance"]``.
    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    manifest = load_manifest(path)
    return frame_of(at_a_glance(sweeps(load(path, compact=True), manifest), manifest))


def at_a_glance(found: Sequence[Sweep], manifest: Manifest) -> Glance:
    """Return the table of a run from its sweeps: of every isolation that was asked for, also where it did not run."""
    names = {*manifest.isolations, *(name for one in found for name in one.isolations)}
    isolations = tuple(sorted(names, key=IsolationFacts.of(manifest).reading_order))
    emulated = {name for name, one in manifest.isolations.items() if one.emulated}
    questions = tuple(question(group, asked, found) for group, asked in groups(found, manifest).items())
    by_name = {one.scenario: one for one in found}
    return Glance(
        isolations=isolations,
        emulated=frozenset(emulated.union(*(one.emulated for one in found))),
        questions=questions,
        cells={
            (name, one.group): _cell(one, name, by_name.get(one.shown.scenario), manifest)
            for one in questions
            for name in isolations
        },
    )


def _surface(found: Sequence[Sweep]) -> AskedFigure | None:
    """Return what tells most of what instances reach of the host: the first of ``SURFACE`` that two isolations have."""
    for metric, vantage in SURFACE:
        for one in found:
            if len(one.shown(metric, vantage)) > 1:
                return AskedFigure(scenario=one.scenario, metric=metric, vantage=vantage)
    return None


def frame_of(shown: Glance) -> pd.DataFrame:
    """Return the same as a DataFrame; columns: ``bench.schemas["glance"]``."""
    rows = [
        _row(one, name, shown.cells[name, one.group], emulated=name in shown.emulated)
        for one in shown.questions
        for name in shown.isolations
    ]
    return pd.DataFrame(rows, columns=[one.name for one in GLANCE_COLUMNS]).astype(dict(dtypes(GLANCE_COLUMNS)))


def groups(sweeps: Sequence[Sweep], manifest: Manifest) -> dict[str, list[AskedFigure]]:
    """Return the groups in reading order, each with the figures that its scenarios ask for; what it buys comes last."""
    reached = _surface(sweeps)
    found: dict[str, list[AskedFigure]] = {START_UP: [], IDLE_MEMORY: []}
    titles: dict[str, set[str]] = {}
    costs = {name: one for name, one in manifest.scenarios.items() if not (reached and name == reached.scenario)}
    for name, scenario in costs.items():
        for group, metric, vantage in _asked(name, scenario):
            found.setdefault(group, []).append(AskedFigure(scenario=name, metric=metric, vantage=vantage))
            titles.setdefault(group, set()).add(scenario.title)
    single = {group: min(titles[group]) for group in _GROUPS if len(titles.get(group, ())) == 1}
    named = {single.get(group, group): asked for group, asked in found.items() if asked}
    return named | ({BUYS: [reached]} if reached else {})


def _asked(name: str, scenario: RunScenario) -> Iterator[tuple[str, str, str]]:
    """Yield group, metric and vantage of what a scenario asks."""
    if scenario.density is not None:
        yield ("one more instance", *_DENSITY)
    elif scenario.surface:
        yield ("system calls answered", *SURFACE[-1])
    elif scenario.entering is not None:
        yield ("a command inside", *_EXEC)
    elif scenario.rate is not None:
        yield ("starts a second", *_RATE)
    elif scenario.burst is not None:
        yield ("many at once", *_BURST)
    elif scenario.provision:
        yield ("making ready", *_PROVISION)
    elif scenario.restore is not None:
        yield ("bringing back", *_RESTORE)
    elif scenario.settle_s is not None:
        yield (IDLE_MEMORY, *IDLE)
    elif not scenario.metrics:
        yield (START_UP, *READY)
    group = next((group for group, names in _GROUPS.items() if name in names), scenario.title)
    yield from ((group, one.name, "workload") for one in scenario.metrics)


def question(group: str, asked: Sequence[AskedFigure], found: Sequence[Sweep]) -> Question:
    """Return a column that shows the first of these figures that is there, at the setting that most isolations have."""
    by_name = {one.scenario: one for one in found}
    every = tuple(
        (row, one)
        for one in asked
        if one.scenario in by_name
        for row in by_name[one.scenario].rows(one.metric, one.vantage)
    )
    first = next((one for _, one in every), asked[0])
    mine = [row for row, one in every if one is first]
    mine = [row for row in mine if _beside_a_neighbour(row, first)] or mine
    known = {id(row): len(row.findings(first.metric, first.vantage)) for row in mine}
    at = max(mine, key=lambda row: known[id(row)], default=None)  # the first of several
    names = by_name[first.scenario].varying(mine) if mine else ()
    setting = {name: at.values_of[name] for name in names if name in at.values_of} if at else {}
    return Question(group=group, shown=first, at=at, setting=setting, every=every)


def _beside_a_neighbour(row: Comparison, asked: AskedFigure) -> bool:
    """Whether a setting has a neighbour, to which something is lost: where there are such, they are the question."""
    return any(row.findings(f"{asked.metric}{how}", asked.vantage) for how in (LOSS, GROWTH))


def _cell(question: Question, isolation: str, sweep: Sweep | None, manifest: Manifest) -> GlanceCell:
    shown, at = question.shown, question.at
    others = Counter(
        shows
        for row, one in question.every
        if (row, one) != (at, shown)
        and (found := row.finding(isolation, one.metric, one.vantage))
        and (shows := mark(found))
    )
    if at and (found := at.finding(isolation, shown.metric, shown.vantage)):
        return GlanceCell(found=found, mark=mark(found), reason=doubt(found), others=others)
    told = manifest.isolations.get(isolation)
    if told and not told.ready:
        return GlanceCell(found=None, mark=Mark.NOT_MEASURED, reason=told.reason or "did not run")
    if at and sweep and (lacking := sweep.reason_left_out(at, isolation)):
        return GlanceCell(found=None, mark=Mark.NOT_MEASURED, reason=lacking, others=others)
    ends = at.ends.get(isolation, {}) if at else _ends(sweep, isolation)
    if lost := counted_endings(ends):
        only_spoiled = {name for name, count in ends.items() if count} == {Kind.SPOILED.value}
        which = Mark.SPOILED if only_spoiled else Mark.FAILED
        return GlanceCell(found=None, mark=which, reason=lost, others=others)
    return GlanceCell(found=None, mark=Mark.NOT_MEASURED, reason="no trial of it was run", others=others)


def _ends(sweep: Sweep | None, isolation: str) -> Mapping[str, int]:
    """Return how an isolation's trials ended in a scenario of which nobody has any figure."""
    every = [one.ends.get(isolation, {}) for one in sweep.comparisons] if sweep else []
    return next(filter(counted_endings, every), {})


def doubt(found: Finding) -> str:
    """Say why nothing sure can be said of a figure; nothing where something can.

    More rounds would tell, too, where the figure's own interval leaves bare out, but not the test among so many.
    """
    if mark(found) is not Mark.UNSURE:
        return ""
    if not math.isfinite(found.ratio):
        return found.no_ratio or f"{BASELINE} has no such figure"
    return NOT_SHOWN if found.ratio_low <= 1 <= found.ratio_high else TOO_FEW


def _row(question: Question, isolation: str, cell: GlanceCell, *, emulated: bool) -> dict[str, object]:
    shown, found = question.shown, cell.found
    kept = ("unit", "better", "n", "median", "low", "high", "ratio", "ratio_low", "ratio_high")
    figures = {name: getattr(found, name) for name in kept} if found else {"n": 0}
    counts = {name: cell.others[which] for name, which in _COUNTED.items()}
    return {
        "isolation": isolation, "emulated": emulated, "question": question.group, "scenario": shown.scenario,
        "parameters": question.at.parameters if question.at else None, "metric": shown.metric,
        "vantage": shown.vantage, **figures, "mark": cell.mark and cell.mark.value, "reason": cell.reason, **counts,
    }  # fmt: skip


_COUNTED: Mapping[str, Mark] = {
    "others_better": Mark.BETTER,
    "others_same": Mark.SAME,
    "others_worse": Mark.WORSE,
    "others_unsure": Mark.UNSURE,
}
