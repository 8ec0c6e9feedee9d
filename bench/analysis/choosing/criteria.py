"""What isolations are judged by: a word, the figure that a run has of it, and its resamples.

A criterion's figure is the glance's: of a scenario the first that it declares, at the first of the settings that most
isolations have.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.glance import BUYS, IDLE_MEMORY, START_UP, AskedFigure, groups, question
from bench.analysis.figures.sweep import Sweep, label
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.resampling import Floats
from bench.errors import InputError
from bench.model import TWIN
from bench.store.manifest import Manifest

START, MEMORY, SURFACE = "start", "memory", "surface"
"""Words for what no scenario is named after; any other criterion is a scenario, or ``SCENARIO.METRIC``."""

_GROUP_OF = {START: START_UP, MEMORY: IDLE_MEMORY, SURFACE: BUYS}

_MEASURED_BY = {START: "startup", MEMORY: "footprint", SURFACE: "surface"}

STOCK = (START, MEMORY, "cpu", SURFACE)
"""What is weighed where nobody says by what: as much of it as a run has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Criterion:
    """One figure that isolations are judged by; ``sides`` are its values by round, of every isolation that has any."""

    word: str
    asked: AskedFigure
    at: Comparison
    setting: str
    """What tells its setting from the others of its scenario; empty for none."""
    sides: Mapping[str, Side]

    @property
    def is_lower_better(self) -> bool:
        """Whether less of it is better."""
        return next(iter(self.findings.values())).better == "lower"

    @property
    def unit(self) -> str:
        """The unit of its figures."""
        return next(iter(self.findings.values())).unit

    @property
    def findings(self) -> dict[str, Finding]:
        """The figure of every isolation that has it."""
        return {one.isolation: one for one in self.at.findings(self.asked.metric, self.asked.vantage)}

    def lacking(self, isolation: str) -> str:
        """Say why an isolation cannot be judged by this; nothing where it can."""
        side = self.sides.get(isolation)
        if side is None or not side.n:
            return f"no figure of {self.word}{f': {lost}' if (lost := self.at.lost(isolation)) else ''}"
        if side.n < intervals.MINIMUM:
            return f"{self.word} has {side.n} round{'s' if side.n > 1 else ''}, and {intervals.MINIMUM} are needed"
        return "" if side.is_positive else f"{self.word} is not always above 0"

    def log_costs(self, isolations: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the logarithm of what isolations cost, and that of every resample.

        Shapes (isolations,) and (RESAMPLES, isolations). Geometric means, as of ratios; turned round where more is
        better, so that less is better in any case.
        """
        sides, sign = [self.sides[name] for name in isolations], 1 if self.is_lower_better else -1
        means = np.array([np.log(side.values).mean() for side in sides])
        return sign * means, sign * intervals.log_means(sides)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """What a run has, for criteria to be looked up in."""

    sweeps: Sequence[Sweep]
    manifest: Manifest

    @property
    def isolations(self) -> tuple[str, ...]:
        """Every isolation that was asked for, in reading order; a twin is bare again."""
        found = {*self.manifest.isolations, *(name for one in self.sweeps for name in one.isolations)} - {TWIN}
        return tuple(sorted(found, key=IsolationFacts.of(self.manifest).reading_order))

    def lacking(self, isolation: str, criteria: Iterable[Criterion]) -> str:
        """Say why an isolation cannot be judged by all of these; nothing where it can."""
        told = self.manifest.isolations.get(isolation)
        if told and not told.ready:
            return told.reason or "did not run"
        return next(filter(None, (one.lacking(isolation) for one in criteria)), "")

    def known(self, words: Iterable[str]) -> tuple[Criterion, ...]:
        """Return those of these criteria that the run has."""
        return tuple(one for word in words if (one := self._look_up(word)) is not None)

    def criteria(self, words: Sequence[str]) -> tuple[Criterion, ...]:
        """Return these criteria; raises InputError, with the command that measures them, where the run lacks one."""
        found = {word: self._look_up(word) for word in words}
        lacking = [word for word, one in found.items() if one is None]
        if lacking:
            raise InputError(
                f"{self.manifest.run} has no figure of {', '.join(lacking)}",
                remedy=f"Measure all of it in one run: {self.command(words)}. Words: {', '.join(self.words)}",
            )
        return tuple(one for one in found.values() if one is not None)

    @property
    def words(self) -> tuple[str, ...]:
        """Every criterion that the run has, and those of no scenario's name, whether it has them or not."""
        own = [name for name, one in self.manifest.scenarios.items() if one.metrics and name not in _MEASURED_BY]
        return (START, MEMORY, SURFACE, *own, "SCENARIO.METRIC")

    def command(self, words: Iterable[str]) -> str:
        """Return what measures these criteria, on the isolations that the run was asked for."""
        scenarios = dict.fromkeys(_MEASURED_BY.get(word, word.partition(".")[0]) for word in words)
        isolations = ",".join(name for name in self.manifest.isolations if name != TWIN)
        return shlex.join(["python", "-m", "bench", "run", *scenarios, "--isolation", isolations])

    def _look_up(self, word: str) -> Criterion | None:
        asked = self._asked(word)
        found = question(word, asked, self.sweeps) if asked else None
        if found is None or found.at is None or not found.at.findings(found.shown.metric, found.shown.vantage):
            return None
        return Criterion(
            word=word,
            asked=found.shown,
            at=found.at,
            setting=label(dict(found.setting), list(found.setting)),
            sides=found.at.sides(found.shown.metric, found.shown.vantage),
        )

    def _asked(self, word: str) -> list[AskedFigure]:
        """Return the figures that stand for a criterion, the first that is there for all."""
        if word in _GROUP_OF:
            asked = groups(self.sweeps, self.manifest).get(_GROUP_OF[word], [])
            return sorted(asked, key=lambda one: one.scenario != _MEASURED_BY[word])
        scenario, _, metric = word.partition(".")
        told = self.manifest.scenarios.get(scenario)
        declared = [one.name for one in told.metrics if metric in ("", one.name)] if told else []
        return [AskedFigure(scenario=scenario, metric=name, vantage="workload") for name in declared[:1]]
