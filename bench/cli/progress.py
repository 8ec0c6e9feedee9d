"""What a user sees while a run goes on: how far it is and the answer so far on a terminal, plain lines elsewhere.

Both are drawn between trials only, never by a timer: drawing must not cost CPU time while a trial runs.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.cli.live.answer import SoFar, table
from bench.cli.live.in_place import InPlace
from bench.cli.live.time_left import TimeLeft
from bench.cli.terminal import Terminal
from bench.errors import BenchError
from bench.isolations.base import Availability
from bench.measuring.request import Listener
from bench.measuring.stopping import PILOT, Look, Rule
from bench.model import Kind, Measurement, Trial
from bench.model.version import __version__

Ask = Callable[[Path], SoFar]
"""Reads the answer so far from a run's folder; raises BenchError."""

_SHARE = 30
"""The answer is asked for again when the run has gone on for so many times as long as asking took."""
_BAR = 24


@contextmanager
def listener(rule: Rule | None = None, ask: Ask | None = None) -> Iterator[Listener]:
    """Yield the listener that suits where standard output goes.

    ``rule`` is when the run stops, None after a known number of rounds; ``ask`` reads the answer so far, None: nobody.
    """
    console, rule = Terminal(), rule or Rule()
    if not _is_watched(console):
        yield Lines(console, rule)
        return
    bar = Bar(console, rule, ask)
    try:
        yield bar
    finally:
        bar.end()


def _is_watched(console: Terminal) -> bool:
    """Whether somebody looks at a terminal that can draw over itself.

    rich takes a pipe for a terminal where colours are forced, and a log kept by CI may come from a terminal.
    """
    return console.file.isatty() and not console.is_dumb_terminal and not os.environ.get("CI")


class Lines:
    """One plain line for each thing that happens."""

    def __init__(self, console: Terminal, rule: Rule | None = None) -> None:
        self._console = console
        self._left = TimeToGo(rule or Rule())
        self._trials: Sequence[Trial] = ()
        self._kept = self._done = 0

    def say(self, line: str) -> None:
        """Print a line of preparation."""
        self._console.print(f"  {line}", style="dim", soft_wrap=True)

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        """Print the host and what really runs on it."""
        self._left.times.checked(availabilities)
        self._console.print(f"Isobench {__version__}   {host}", soft_wrap=True)
        for line in state_lines(availabilities):
            self._console.print(line, soft_wrap=True)
        self._console.print()

    def opened(self, folder: Path) -> None:
        """Nothing is read from it before the run is over."""

    def resumed(self, kept: int) -> None:
        """Count from there."""
        self._kept = self._done = kept
        self._console.print(f"  taken up after {kept} trials", soft_wrap=True)

    def planned(self, trials: Sequence[Trial]) -> None:
        """Remember what is to come."""
        self._trials = trials
        self._left.planned(trials[self._kept :])

    def starting(self, _trial: Trial) -> None:
        """Start the trial's clock."""
        self._left.times.start()

    def measured(self, measurement: Measurement) -> None:
        """Print what became of a trial."""
        self._count(measurement)
        left = f"   {words}" if (words := self._left.words()) else ""
        self._console.print(f"  {self._so_many}  {_told(measurement)}{left}", soft_wrap=True)

    def looked(self, look: Look) -> None:
        """Print how sure the figures are by now."""
        self._left.looked(look)
        self._console.print(f"  {', '.join(filter(None, (look_words(look), self._left.words())))}", soft_wrap=True)

    def _count(self, measurement: Measurement) -> None:
        self._done += 1
        self._left.times.stop(measurement.trial)

    @property
    def _so_many(self) -> str:
        return f"{self._done} of {len(self._trials)}"


class Bar(Lines):
    """A bar, what runs, the time left, and the answer so far, all in place; only what went wrong leaves a line."""

    def __init__(self, console: Terminal, rule: Rule | None = None, ask: Ask | None = None) -> None:
        super().__init__(console, rule)
        self._place = InPlace(console)
        self._ask, self._folder = ask, Path()
        self._answer = SoFar(columns=[], rows=[])
        self._ask_at_s = math.inf
        self._sure = ""

    def opened(self, folder: Path) -> None:
        """Read the answer from this folder as soon as there is one."""
        self._folder = folder
        self._ask_at_s = -math.inf

    def planned(self, trials: Sequence[Trial]) -> None:
        """Show the empty bar."""
        super().planned(trials)
        self._draw("")

    def starting(self, trial: Trial) -> None:
        """Show which trial runs now, how long the rest will take, and what the figures are so far."""
        self._read()
        last = max(coming.round for coming in self._trials)
        self._draw(f"round {trial.round} of {last}: {trial_words(trial)}", trial.round)
        super().starting(trial)

    def measured(self, measurement: Measurement) -> None:
        """Count; leave a line where a trial did not end ok. The next one draws."""
        self._count(measurement)
        if measurement.outcome.kind is not Kind.OK:
            self._place.erase()
            self._console.print(f"  {_told(measurement)}", soft_wrap=True)

    def looked(self, look: Look) -> None:
        """Show from here on how sure the figures are."""
        self._left.looked(look)
        self._sure = look_words(look)

    def end(self) -> None:
        """Leave the terminal as if nothing had been drawn."""
        self._place.erase()

    def _read(self) -> None:
        """Have the answer read, where it is time to."""
        began_s = time.monotonic()
        if self._ask is None or not self._done or began_s < self._ask_at_s:
            return
        try:
            self._answer = self._ask(self._folder)
        except BenchError:  # what cannot be read now, the report will say
            self._ask = None
        now_s = time.monotonic()
        self._ask_at_s = now_s + _SHARE * (now_s - began_s)

    def _draw(self, doing: str, turn: int = 0) -> None:
        filled = _BAR * self._done // max(1, len(self._trials))
        bar = f"[{'#' * filled}{'-' * (_BAR - filled)}] " if self._place.width > 2 * _BAR else ""
        head = [f"{bar}{', '.join(filter(None, (self._so_many, self._left.words())))}", doing, self._sure]
        lines = [f"  {line}" for line in head if line]
        room = self._place.height - len(lines) - 1
        answer = table(self._answer, width=self._place.width - 2, height=room, turn=turn)
        self._place.draw([*lines, *([""] if answer else []), *(f"  {line}" for line in answer)])


class TimeToGo:
    """How long a run still takes: by its trials, by the time it was given, or by what a look at its data has said."""

    def __init__(self, rule: Rule) -> None:
        self.times = TimeLeft()
        self._rule = rule
        self._end_s: float | None = None

    def planned(self, trials: Sequence[Trial]) -> None:
        """These trials are to come, with those that have been; where the rule gives a time, it begins."""
        self.times.planned(trials)
        if self._end_s is None and self._rule.budget_s is not None:
            self._end_s = time.monotonic() + self._rule.budget_s

    def looked(self, look: Look) -> None:
        """Take what the data say from here on."""
        self._end_s = time.monotonic() + look.left_s

    def words(self) -> str:
        """Say it; empty text where nothing bounds it, or there is none left."""
        if self._rule.is_fixed:
            seconds = self.times.left_s() or 0.0
        elif self._end_s is None:
            return f"time left is known after round {PILOT}"
        else:
            seconds = self._end_s - time.monotonic()
        return f"{_duration(round(seconds))} left" if math.isfinite(seconds) and seconds > 0 else ""


def look_words(look: Look) -> str:
    """Say how wide the widest ratio is, and what was asked."""
    if look.widest is None or look.widest.half_width is None:
        return f"after {look.rounds} rounds no ratio has an interval"
    scenario, _, isolation = look.widest.key
    said = f"after {look.rounds} rounds the widest is {scenario} on {isolation}, +- {look.widest.half_width:.1%}"
    return f"{said} where {look.precision:.1%} is asked" if look.precision else said


def _duration(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def state_lines(availabilities: Sequence[Availability]) -> list[str]:
    """Return each isolation's state: ready and in which versions, or why not and what to do."""
    width = max((len(one.isolation) for one in availabilities), default=0)
    return [f"  {one.isolation:<{width}}  {_state(one)}" for one in availabilities]


def _state(one: Availability) -> str:
    return f"not ready  {one.fault.reason}. {one.fault.remedy}" if one.fault else f"ready      {one.detail}"


def trial_words(trial: Trial) -> str:
    """Name a trial: scenario, parameters, isolation."""
    parameters = " ".join(f"{name}={value}" for name, value in trial.cell.parameters.items())
    return f"{trial.cell.scenario.name}{' ' + parameters if parameters else ''} on {trial.cell.isolation}"


def _told(measurement: Measurement) -> str:
    return f"{trial_words(measurement.trial)}: {outcome_words(measurement)}"


def outcome_words(measurement: Measurement) -> str:
    """Return the outcome with its reason, and the console's last line where that helps."""
    outcome = measurement.outcome
    words = f"{outcome.kind}: {outcome.reason}" if outcome.reason else str(outcome.kind)
    return f"{words} (last line: {measurement.tail[-1]})" if measurement.tail else words
