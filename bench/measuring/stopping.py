"""When to stop: after so many rounds, once the ratios are as sure as asked, or when the time is spent.

Rounds stay whole and interleaved: a round that leaves out the cells that are sure already still starts every cell
that is not, and the baseline it is held against, once, in a fresh random order. Where a baseline costs little beside
what is held against it, or scatters much, rounds of baselines alone come in between: they are the cheapest way to a
surer ratio.

Looking at the data to decide when to stop shortens intervals: a run that stops on a width stops early where the values
happened to lie close together (Chow & Robbins, Annals of Mathematical Statistics 36, 1965). Such runs therefore look
seldom, at rounds that grow by a tenth, and their intervals are asked for at a higher confidence
(``SEQUENTIAL_CONFIDENCE``), of which ``tests/analysis/statistics/test_coverage.py`` shows that it covers 95 %.
"""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.errors import InputError
from bench.measuring.plan import turn
from bench.model import BASELINE, Cell, Trial
from bench.model import FIXED_CONFIDENCE as FIXED_CONFIDENCE  # noqa: PLC0414 - offered to who simulates stopping
from bench.model import SEQUENTIAL_CONFIDENCE as SEQUENTIAL_CONFIDENCE  # noqa: PLC0414 - likewise

PILOT = 6
"""Rounds before the first look: the fewest from which an interval of 95 % can be had."""
STRETCH_S = 4.0
"""A run that looks lasts at least so long: a host's states last for seconds, and rounds of milliseconds may all have
lain in one of them, as sure of it as can be. Of 19 answers within 5 % by runs of 4 s and 19 of 10 s, in turn on a host
of two CPUs, docker against bare and unshare against bare, the intervals held the mean of all in 18 and in 19."""
GROWTH = 1.1
LOOKS_SHARE = 0.05
"""Of its time a run looks for so much at most: rounds of milliseconds take less than a look."""
PATIENCE = 3 * PILOT
"""Rounds after which a cell is given up of which too few trials have ended well for an interval."""
MOST_BETWEEN = 9
"""Most rounds of baselines alone between two whole ones: beyond that the other side is what is left to make surer."""
MOST_ROUNDS = 1000
"""No run that stops by itself goes on for longer than this."""

Key = tuple[str, str, str]
"""Scenario, the cell's parameters, isolation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTrial:
    """A trial of a run that is taken up: which cell it was of, in which round."""

    round: int
    key: Key

    def __str__(self) -> str:
        """Say it as a person would."""
        scenario, parameters, isolation = self.key
        return f"{scenario} {parameters} on {isolation}, in round {self.round}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When to stop, as it was asked for; what is None was not."""

    rounds: int | None = None
    """Without the others: exactly so many; with them: at most."""
    precision: float | None = None
    """Largest half-width of a headline ratio, as a share of it."""
    budget_s: float | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the number of rounds is known from the beginning."""
        return self.precision is None and self.budget_s is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """How sure a cell is: the widest half-width of its headline ratios, as a share.

    Infinite while too few trials ended well for an interval; None where there can be none, as for signed figures.
    """

    key: Key
    half_width: float | None
    baseline_scatter: float = 1.0
    """How much the baseline's values scatter, of what the cell's do: standard deviations of logarithms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at the data has found; ``widest`` is None while no ratio has an interval."""

    rounds: int
    widest: Width | None
    precision: float | None
    left_s: float
    """About how long the run will still take; infinite where nothing bounds it."""


class Heard(Protocol):
    """Who is told how the schedule goes on."""

    def planned(self, trials: Sequence[Trial]) -> None:
        """These trials are known to come, those that were given already among them."""

    def looked(self, look: Look) -> None:
        """The data were looked at."""


Widths = Callable[[], Sequence[Width]]
"""Looks at what the journal holds so far; called between rounds only."""


class Schedule:
    """Gives one round of trials after another until the rule says stop."""

    def __init__(
        self,
        cells: Sequence[Cell],
        rounds: Mapping[str, int],
        rule: Rule,
        *,
        seed: int,
        widths: Widths,
        now_s: Callable[[], float] = time.monotonic,
        kept: Sequence[KeptTrial] = (),
    ) -> None:
        """``rounds`` are each scenario's own, for a rule that is fixed; ``kept`` are the trials of a run taken up.

        Raises InputError where these are not what the plan begins with.
        """
        self._cells, self._rounds, self._rule = cells, rounds, rule
        self._seed, self._rng = seed, random.Random(seed)
        self._widths, self._now_s = widths, now_s
        self._spent_s: dict[Key, list[float]] = defaultdict(list)
        self._wanted: set[Key] = {key_of(cell) for cell in cells}
        self._scatter: dict[tuple[str, str], float] = {}
        """By scenario and parameters, that of the baseline, of what its widest ratio's other side has."""
        self._began_s = now_s()
        self._next_look, self._next_look_s = PILOT, self._began_s + STRETCH_S
        self.given = 0
        """Trials given so far."""
        self.rounds: dict[str, int] = {}
        """Rounds in which a scenario took part so far."""
        self.reason = ""
        """Why it stopped, once it has."""
        self._kept = len(kept)
        self._kept_rounds = self._recalled(kept)

    def took(self, cell: Cell, seconds: float) -> None:
        """Remember what a trial cost."""
        self._spent_s[key_of(cell)].append(seconds)

    def turns(self, heard: Heard) -> Iterator[tuple[Trial, ...]]:
        """Yield one round after another; ``heard`` is told what is known to come, and of every look at the data."""
        ahead, number = self._ahead(), 0
        heard.planned(ahead)
        for whole in range(1, self._most() + 1):
            if self.given < self._kept:
                self._pass_look(whole)
            elif not self._goes_on(whole, heard):
                return
            for cells in self._kept_rounds.get(whole) or (self._of_round(whole), *self._between(whole)):
                number += 1
                trials = turn(self._rng, cells, number=number, after=self.given)
                self.given += len(trials)
                self.rounds |= {trial.cell.scenario.name: number for trial in trials}
                if self.given > len(ahead):
                    ahead = (*ahead, *trials)
                    heard.planned(ahead)
                yield trials
        self.reason = f"all {self._most()} rounds were run"

    @property
    def sure(self) -> int:
        """How many trials are known to be run from the beginning."""
        return len(self._ahead())

    def _ahead(self) -> tuple[Trial, ...]:
        """Return the trials of all rounds that are known from the beginning: with a rule that looks, the pilot's."""
        rng, trials = random.Random(self._seed), list[Trial]()
        for number in range(1, (self._most() if self._rule.is_fixed else min(PILOT, self._most())) + 1):
            trials += turn(rng, self._of_round(number), number=number, after=len(trials))
        return tuple(trials)

    def _recalled(self, kept: Sequence[KeptTrial]) -> dict[int, list[list[Cell]]]:
        """Return, by the number of the whole round, who took part in those that the plan does not tell.

        A whole round that was cut short stays so: which of its cells were to come, only its own looks knew.
        """
        cells = {key_of(cell): cell for cell in self._cells}
        ahead = [KeptTrial(round=trial.round, key=key_of(trial.cell)) for trial in self._ahead()] if kept else []
        for number, one in enumerate(kept, start=1):
            planned = ahead[number - 1] if number <= len(ahead) else None
            if one != planned and (planned or self._rule.is_fixed or one.key not in cells):
                raise InputError(
                    f"trial {number} was {one}, and the same request makes it {planned or 'none'} now",
                    remedy="Measure again: this run cannot be taken up",
                )
        whole, rounds = min(PILOT, self._most()), dict[int, list[list[Cell]]]()
        for _, trials in itertools.groupby(kept[len(ahead) :], lambda one: one.round):
            keys = [one.key for one in trials]
            whole += not rounds or any(key[2] != BASELINE for key in keys)
            rounds.setdefault(whole, []).append([cells[key] for key in keys])
        return rounds

    def _pass_look(self, whole: int) -> None:
        """Leave out the look before a round that was kept: the next one comes when it would have come."""
        if whole - 1 >= self._next_look:
            self._next_look = math.ceil((whole - 1) * GROWTH)

    def _most(self) -> int:
        if self._rule.is_fixed:
            return max((self._rule.rounds or self._rounds[cell.scenario.name] for cell in self._cells), default=0)
        return self._rule.rounds or MOST_ROUNDS

    def _of_round(self, number: int) -> list[Cell]:
        if self._rule.is_fixed:
            return [one for one in self._cells if (self._rule.rounds or self._rounds[one.scenario.name]) >= number]
        held_against = {(*key[:2], BASELINE) for key in self._wanted}
        return [cell for cell in self._cells if key_of(cell) in self._wanted | held_against]

    def _between(self, whole: int) -> list[list[Cell]]:
        """Return the rounds of baselines alone that follow a whole one: a cheap side is made sure by more of itself.

        A side is worth trials in proportion to its scatter over the root of what a trial costs (Neyman, Journal of the
        Royal Statistical Society 97, 1934; Cochran, Sampling Techniques, 1977, section 5.5). Costs are known after the
        pilot, scatters from the first look on; where the number of rounds is fixed, nothing is added.
        """
        if self._rule.is_fixed or whole <= PILOT:
            return []
        cells = {key_of(cell): cell for cell in self._of_round(whole)}
        further = {key: self._further(key) for key in cells if key[2] == BASELINE}
        return [
            [cells[key] for key, most in further.items() if most > place]
            for place in range(max(further.values(), default=0))
        ]

    def _further(self, baseline: Key) -> int:
        """Return how many times more than the cells that are held against it a baseline is worth being started."""
        own_s, setting = self._own_s(baseline), baseline[:2]
        others_s = sum(self._own_s(key) for key in self._wanted if key[:2] == setting and key[2] != BASELINE)
        if not own_s:
            return 0
        worth = self._scatter.get(setting, 1.0) * math.sqrt(others_s / own_s)
        return round(min(MOST_BETWEEN + 1, max(1, worth))) - 1

    def _goes_on(self, number: int, heard: Heard) -> bool:
        if self._rule.is_fixed or number == 1:
            return True
        done = number - 1
        if done >= self._next_look and (asked_s := self._now_s()) >= self._next_look_s:
            widths = self._widths()
            self._next_look, now_s = math.ceil(done * GROWTH), self._now_s()
            self._next_look_s = now_s + (now_s - asked_s) / LOOKS_SHARE
            self._wanted = self._unsure(widths, done)
            self._scatter = self._scatters(widths)
            heard.looked(self._look(widths, done))
            if not self._wanted:
                self.reason = self._why_no_cell_goes_on(widths, done)
                return False
        if self._left_s() < self._cost_s(number):
            self.reason = f"the time is spent, after {done} rounds"
            return False
        return True

    def _why_no_cell_goes_on(self, widths: Sequence[Width], done: int) -> str:
        known = [one.half_width for one in widths if one.half_width is not None]
        given_up = sum(not math.isfinite(width) for width in known)
        if len(known) == given_up:
            why = "too few trials have ended well for any headline ratio" if given_up else "there is no headline ratio"
            return f"{why}, after {done} rounds"
        within = "as sure as can be" if self._rule.precision is None else f"within {self._rule.precision:.3g} of itself"
        others = f"; too few trials have ended well in {given_up} further cells" if given_up else ""
        return f"every headline ratio is {within}, after {done} rounds{others}"

    def _unsure(self, widths: Sequence[Width], done: int) -> set[Key]:
        """Return the cells that go on: those wider than asked, or than the time left can make all of them."""
        given = {one.key: one.half_width for one in widths if one.half_width is not None}
        known = {key: width for key, width in given.items() if math.isfinite(width)}
        goal = max(self._rule.precision or 0.0, self._affordable(known, done))
        waiting = given.keys() - known.keys() if done < PATIENCE else set()
        return {key for key, width in known.items() if width > goal} | waiting

    def _scatters(self, widths: Sequence[Width]) -> dict[tuple[str, str], float]:
        """Return how much each baseline scatters, of what is held against it and is the widest of what goes on."""
        unsure = [one for one in widths if one.key in self._wanted and one.half_width != math.inf]
        return {one.key[:2]: one.baseline_scatter for one in sorted(unsure, key=lambda one: one.half_width or 0.0)}

    def _affordable(self, known: Mapping[Key, float], done: int) -> float:
        """Return the half-width that every ratio can be brought to in the time left; 0 where time is no matter.

        A half-width shrinks with 1 / sqrt(rounds), so a cell needs ``done * (width / goal) ** 2`` of them. Time goes
        to what is widest: cells below the goal get none of it.
        """
        if self._rule.budget_s is None:
            return 0.0
        low, high = 0.0, max(known.values(), default=0.0)
        for _ in range(40):
            goal = (low + high) / 2
            cost_s = sum(
                self._each_s(key) * done * ((width / goal) ** 2 - 1) for key, width in known.items() if width > goal
            )
            low, high = (goal, high) if cost_s > self._left_s() else (low, goal)
        return high * (1 - 1e-9)

    def _look(self, widths: Sequence[Width], done: int) -> Look:
        known = [one for one in widths if one.half_width is not None and math.isfinite(one.half_width)]
        widest = max(known, key=lambda one: one.half_width or 0.0, default=None)
        return Look(rounds=done, widest=widest, precision=self._rule.precision, left_s=self._expected_s(known, done))

    def _expected_s(self, known: Sequence[Width], done: int) -> float:
        """Return how long the run will take to be as sure as asked, or the time left where that is less."""
        left_s = self._left_s()
        if self._rule.precision is None:
            return left_s
        wide = [(one.key, one.half_width) for one in known if one.half_width and one.half_width > self._rule.precision]
        needed_s = sum(self._each_s(key) * done * ((width / self._rule.precision) ** 2 - 1) for key, width in wide)
        return min(needed_s, left_s)

    def _each_s(self, key: Key) -> float:
        """Return what a further round of a cell costs, with its share of the baseline's."""
        if key[2] == BASELINE:
            return self._own_s(key)
        baseline = (*key[:2], BASELINE)
        sharing = max(1, sum(one[:2] == key[:2] and one[2] != BASELINE for one in self._wanted))
        return self._own_s(key) + self._own_s(baseline) * (1 + self._further(baseline)) / sharing

    def _own_s(self, key: Key) -> float:
        """Return what a trial of a cell has cost on average; 0 while none has been run."""
        spent_s = self._spent_s.get(key)
        return sum(spent_s) / len(spent_s) if spent_s else 0.0

    def _cost_s(self, whole: int) -> float:
        rounds = (self._of_round(whole), *self._between(whole))
        return sum(self._own_s(key_of(cell)) for cells in rounds for cell in cells)

    def _left_s(self) -> float:
        budget_s = self._rule.budget_s
        return math.inf if budget_s is None else self._began_s + budget_s - self._now_s()


def key_of(cell: Cell) -> Key:
    """Return what a cell is called where it is looked at from outside."""
    return (cell.scenario.name, cell.parameters_text, cell.isolation)
