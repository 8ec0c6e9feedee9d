"""How long the trials to come will take, from those that have been, and from what is known before the first one.

A trial costs what its isolation costs to start and to take down, and what its scenario does in it. So a cell that has
not been run is taken for the sum of two parts, both known from other cells as in an analysis of variance of two ways
without interaction; of medians (Tukey, Exploratory Data Analysis, 1977, chapter 11), since a first boot may take thrice
as long as the next. Before any trial the first part is what the isolation's own probe took, the second what the
scenario's file says of a whole run. A cell that has been run is taken for the mean of its trials.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from statistics import median

from bench.isolations.base import Availability
from bench.isolations.registry import DEFAULT
from bench.measuring.stopping import Key, key_of
from bench.model import Cell, Scenario, Trial, combinations

_SWEEPS = 20
"""How often both parts are made to agree with each other; each time their distance shrinks by more than half."""


class TimeLeft:
    """Learns from trials, and says what others will take. Seconds throughout."""

    def __init__(self) -> None:
        self._probes: dict[str, float] = {}
        self._cells: dict[Key, Cell] = {}
        self._spent: dict[Key, list[float]] = defaultdict(list)
        self._coming: Counter[Key] = Counter()
        self._began_s = 0.0

    def checked(self, availabilities: Sequence[Availability]) -> None:
        """Take what an instance of each isolation took that did nothing; nothing where it cannot be started."""
        took = {one.isolation: one.took_s if one.ready else 0.0 for one in availabilities}
        self._probes = {isolation: took_s for isolation, took_s in took.items() if took_s is not None}

    def planned(self, trials: Sequence[Trial]) -> None:
        """These trials are to come, with those that have been."""
        self._cells = {key_of(trial.cell): trial.cell for trial in trials}
        self._coming = Counter(key_of(trial.cell) for trial in trials)
        self._coming.subtract({key: len(spent) for key, spent in self._spent.items()})

    def start(self) -> None:
        """A trial starts."""
        self._began_s = time.monotonic()

    def stop(self, trial: Trial) -> None:
        """The trial has ended."""
        key = key_of(trial.cell)
        self._spent[key].append(time.monotonic() - self._began_s)
        self._coming[key] -= 1

    def left_s(self) -> float | None:
        """Return how long the trials to come will take; None where nothing is known of any of them."""
        coming = {key: count for key, count in self._coming.items() if count > 0}
        known = {key: sum(spent) / len(spent) for key, spent in self._spent.items()}
        if not known and not self._probes:
            return None
        if not coming.keys() <= known.keys():
            known = self._by_parts(known) | known
        return sum(count * known[key] for key, count in coming.items())

    def _by_parts(self, known: Mapping[Key, float]) -> dict[Key, float]:
        """Return every cell as the sum of what its isolation costs and what its scenario does."""
        costs, does = dict(self._probes), {key[:2]: self._told_s(cell) for key, cell in self._cells.items()}
        for _ in range(_SWEEPS if known else 0):
            does = self._does(known, costs)
            costs = self._costs(known, does)
        usual_s = _mean(costs.values())
        return {
            key: 0.0 if self._is_left_out(key) else max(0.0, costs.get(key[2], usual_s) + does[key[:2]])
            for key in self._cells
        }

    def _does(self, known: Mapping[Key, float], costs: Mapping[str, float]) -> dict[tuple[str, str], float]:
        """Return what each scenario does at each set of parameters, beside what its isolation costs.

        Where that has not been run, as at the scenario's other parameters, or else as its file says.
        """
        usual_s = _mean(costs.values())
        rest: dict[tuple[str, str], list[float]] = defaultdict(list)
        for key, seconds in known.items():
            if not self._is_left_out(key):
                rest[key[:2]].append(seconds - costs.get(key[2], usual_s))
        by_scenario: dict[str, list[float]] = defaultdict(list)
        for (scenario, _), values in rest.items():
            by_scenario[scenario] += values
        return {
            key[:2]: median(rest.get(key[:2]) or by_scenario.get(key[0]) or [self._told_s(cell)])
            for key, cell in self._cells.items()
        }

    def _costs(self, known: Mapping[Key, float], does: Mapping[tuple[str, str], float]) -> dict[str, float]:
        """Return what each isolation costs: as its probe, until it has had a trial."""
        rest: dict[str, list[float]] = defaultdict(list)
        for key, seconds in known.items():
            if not self._is_left_out(key):
                rest[key[2]].append(seconds - does[key[:2]])
        return self._probes | {isolation: median(values) for isolation, values in rest.items()}

    def _is_left_out(self, key: Key) -> bool:
        return self._probes.get(key[2]) == 0.0

    def _told_s(self, cell: Cell) -> float:
        """Return what a scenario does in a trial as its file tells: its share of a run, no less than it waits."""
        scenario = cell.scenario
        waits_s = scenario.settle_s or 0.0
        if scenario.took_s is None:
            return waits_s
        trials = scenario.rounds * len(DEFAULT) * _settings(scenario)
        return max(waits_s, scenario.took_s / trials - _mean(self._probes.values()))


def _settings(scenario: Scenario) -> int:
    """Return how many instances of it a round starts on each isolation."""
    return max(1, len(scenario.arms)) * len(list(combinations(scenario.parameters)))


def _mean(values: Collection[float]) -> float:
    return sum(values) / len(values) if values else 0.0
