"""What a user sees while a run goes on: a progress line on a terminal, plain lines elsewhere.

The line is drawn between trials only, never by a timer: drawing must not cost CPU time while a trial runs.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from bench import __version__
from bench.isolations.base import Availability
from bench.model import Kind, Measurement, Trial
from bench.session import Listener
from bench.stopping import Look


@contextmanager
def listener() -> Iterator[Listener]:
    """Yield the listener that suits where standard output goes."""
    console = Console(highlight=False)
    if not console.is_terminal:
        yield Lines(console)
        return
    progress = Progress(
        TextColumn("  {task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        console=console,
        auto_refresh=False,
        transient=True,
    )
    with progress:
        yield Bar(console, progress)


class Lines:
    """One plain line for each thing that happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._trials: Sequence[Trial] = ()
        self._done = 0
        self._times = Times()

    def say(self, line: str) -> None:
        """Print a line of preparation."""
        self._console.print(f"  {line}", style="dim", soft_wrap=True, markup=False)

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        """Print the host and what really runs on it."""
        self._console.print(f"Isobench {__version__}   {host}", soft_wrap=True, markup=False)
        for line in state_lines(availabilities):
            self._console.print(line, soft_wrap=True, markup=False)
        self._console.print()

    def planned(self, trials: Sequence[Trial]) -> None:
        """Remember what is to come."""
        self._trials = trials

    def starting(self, trial: Trial) -> None:
        """Start the trial's clock."""
        self._times.start()

    def measured(self, measurement: Measurement) -> None:
        """Print what became of a trial."""
        self._done += 1
        self._times.stop(measurement.trial)
        left = self._times.left(self._trials[self._done :])
        self._console.print(
            f"  {self._done} of {len(self._trials)}  {trial_words(measurement.trial)}: "
            f"{outcome_words(measurement)}{left}",
            soft_wrap=True,
            markup=False,
        )

    def looked(self, look: Look) -> None:
        """Print how sure the figures are by now."""
        self._console.print(f"  {look_words(look)}", soft_wrap=True, markup=False)


class Bar(Lines):
    """A progress bar; only what went wrong leaves a line."""

    def __init__(self, console: Console, progress: Progress) -> None:
        super().__init__(console)
        self._progress = progress
        self._task: TaskID | None = None
        self._sure = ""

    def planned(self, trials: Sequence[Trial]) -> None:
        """Show the empty bar."""
        super().planned(trials)
        if self._task is None:
            self._task = self._progress.add_task("", total=len(trials), left="")
        else:
            self._progress.update(self._task, total=len(trials))

    def starting(self, trial: Trial) -> None:
        """Show which trial runs now, and how long the rest will take."""
        last = max(coming.round for coming in self._trials)
        self._show(f"round {trial.round} of {last}   {trial_words(trial)}")
        super().starting(trial)

    def measured(self, measurement: Measurement) -> None:
        """Move the bar; leave a line where a trial did not end ok."""
        self._done += 1
        self._times.stop(measurement.trial)
        if measurement.outcome.kind is not Kind.OK:
            words = f"  {trial_words(measurement.trial)}: {outcome_words(measurement)}"
            self._console.print(words, soft_wrap=True, markup=False)
        self._show("")

    def looked(self, look: Look) -> None:
        """Show from here on how sure the figures are."""
        self._sure = f"   {look_words(look)}"
        self._show("")

    def _show(self, description: str) -> None:
        if self._task is not None:
            left = self._sure or self._times.left(self._trials[self._done :])
            self._progress.update(self._task, completed=self._done, description=description, left=left)
            self._progress.refresh()


class Times:
    """How long trials of a cell take, to say how long the rest will."""

    def __init__(self) -> None:
        self._spent_s: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        self._began_s = 0.0

    def start(self) -> None:
        """A trial starts."""
        self._began_s = time.monotonic()

    def stop(self, trial: Trial) -> None:
        """The trial has ended."""
        self._spent_s[_cell(trial)].append(time.monotonic() - self._began_s)

    def left(self, trials: Sequence[Trial]) -> str:
        """Return the time these trials will take, in words; nothing when there is none left or known."""
        spent = [value for values in self._spent_s.values() for value in values]
        if not trials or not spent:
            return ""
        anywhere_s = sum(spent) / len(spent)
        known = {cell: sum(values) / len(values) for cell, values in self._spent_s.items()}
        seconds = round(sum(known.get(_cell(trial), anywhere_s) for trial in trials))
        return f"   {_duration(seconds)} left"


def look_words(look: Look) -> str:
    """Say how wide the widest ratio is, what was asked, and how long it will take."""
    if look.widest is None or look.widest.half_width is None:
        return f"after {look.rounds} rounds no ratio has an interval"
    scenario, _, isolation = look.widest.key
    said = f"after {look.rounds} rounds the widest is {scenario} on {isolation}, +- {look.widest.half_width:.1%}"
    said += f" where {look.precision:.1%} is asked" if look.precision else ""
    if not math.isfinite(look.left_s):
        return said
    return f"{said}, about {_duration(max(0, round(look.left_s)))} left"


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


def outcome_words(measurement: Measurement) -> str:
    """Return the outcome with its reason, and the console's last line where that helps."""
    outcome = measurement.outcome
    words = f"{outcome.kind}: {outcome.reason}" if outcome.reason else str(outcome.kind)
    return f"{words} (last line: {measurement.tail[-1]})" if measurement.tail else words


def _cell(trial: Trial) -> tuple[str, str, str]:
    return (trial.cell.scenario.name, trial.cell.parameters_text, trial.cell.isolation)
