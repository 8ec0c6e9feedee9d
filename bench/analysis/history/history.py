"""The history of runs: each figure's course, its shifts, whether the newest of them is for the worse, and what changed.

Runs of one machine belong together, and of these what measured the same version of a scenario on the same image. Those
of the newest run are told; the others are left out and named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.figures.comparison import naturally
from bench.analysis.figures.summary import has_ratio
from bench.analysis.history import shifts as found_by
from bench.analysis.history.entries import DatedRun, LeftOut, read_entries
from bench.analysis.schemas import HISTORY_COLUMNS
from bench.analysis.statistics.resampling import Floats
from bench.analysis.two_runs.compare import MOST_CHANGE, Change, is_asked_for
from bench.analysis.two_runs.environment import of_machines
from bench.errors import InputError, ResultsError
from bench.store.manifest import Difference
from bench.store.medians import RunMedian
from bench.store.table import dtypes

FEWEST = 2
"""Runs that make a history."""

DTYPES = dtypes(HISTORY_COLUMNS)

_Figure = tuple[str, str, str, bool, str, str, str, str]
"""All that a RunMedian says but for its numbers: which figure it is."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelShift:
    """A shift of a course: its first run after it, the levels around it in the figure's unit, and what else changed.

    ``changes`` are between the two runs around the shift that have this figure.
    """

    place: int
    last: DatedRun
    first: DatedRun
    before: float
    after: float
    change: Change
    changes: tuple[Difference, ...]

    @property
    def ratio(self) -> float:
        """The level after the shift over that before it."""
        return self.after / self.before


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """One figure over the runs that have it, in the order of their dates: medians over rounds, in ``unit``.

    ``levels`` are those between shifts, NaN where no shifts were looked for, and ``note`` says why.
    ``scatter`` is from run to run, as a share.
    """

    scenario: str
    parameters: str
    isolation: str
    emulated: bool
    metric: str
    vantage: str
    unit: str
    better: str
    entries: tuple[DatedRun, ...]
    rounds: tuple[int, ...]
    values: Floats
    levels: Floats
    scatter: float
    shifts: tuple[LevelShift, ...]
    note: str = ""

    @property
    def newest(self) -> LevelShift | None:
        """Its newest shift."""
        return self.shifts[-1] if self.shifts else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """All courses of runs that belong together, and what is left out, each with its reason."""

    entries: tuple[DatedRun, ...]
    courses: tuple[Course, ...]
    left_out: tuple[LeftOut, ...]
    min_shift: float

    @property
    def is_worse(self) -> bool:
        """Whether the newest shift of a figure is for the worse."""
        return any(one.newest is not None and one.newest.change is Change.WORSE for one in self.courses)

    @property
    def judged(self) -> int:
        """How many figures shifts were looked for in."""
        return sum(not one.note for one in self.courses)

    @property
    def table(self) -> pd.DataFrame:
        """One row per figure and run; columns as of ``history``."""
        rows = [row for course in self.courses for row in _rows(course)]
        return pd.DataFrame(rows, columns=list(DTYPES)).astype(dict(DTYPES))


def history(
    runs: str | Path | Sequence[str | Path] = "results",
    *,
    since: datetime | None = None,
    min_shift: float = found_by.MIN_SHIFT,
    every: bool = False,
) -> pd.DataFrame:
    """Tell each figure's course over ``runs``: folders of runs, folders that keep them, files of other tools.

    Columns: ``bench.schemas["history"]``, one row per figure and run, in the order of the runs' dates.

    Arguments and errors as of ``history_of``, which also tells what changed with each shift, and what is left out.
    """
    given = [runs] if isinstance(runs, str | Path) else runs
    return history_of(given, since=since, min_shift=min_shift, every=every).table


def history_of(
    runs: Sequence[str | Path],
    *,
    since: datetime | None = None,
    min_shift: float = found_by.MIN_SHIFT,
    every: bool = False,
) -> History:
    """Read runs, and say how their figures went.

    ``since`` leaves out runs that began before it, in UTC where it has no offset. ``min_shift`` is the smallest shift
    that matters, as a share.
    ``every``: all figures, not only start-up, idle memory, what workloads report, and their work per host CPU-second.

    Raises InputError for a ``min_shift`` that is none and a path that leads nowhere; ResultsError where fewer than two
    runs belong together, and says what became of the others.
    """
    if not 0 < min_shift <= MOST_CHANGE:
        raise InputError(f"a smallest shift of {min_shift:g} means nothing", remedy="Give a share such as 3% or 0.03")
    entries, left = read_entries(runs)
    if not entries and not left:
        raise ResultsError(
            f"{', '.join(map(str, runs))}: there is no run", remedy="Name runs, or a folder that keeps them"
        )
    begin = _begin(since)
    recent = [one for one in entries if one.began >= begin]
    older = [LeftOut(run=one.run, reason=f"it began before {begin}") for one in entries if one.began < begin]
    alike, strangers = _of_one_machine(recent)
    current, others = _of_one_content(alike)
    courses = _courses(alike, current, min_shift=min_shift, every=every)
    left_out = (*left, *strangers, *others)
    if not courses:
        raise _too_few(len(alike), (*left_out, *older))
    return History(entries=tuple(alike), courses=courses, left_out=left_out, min_shift=min_shift)


def _begin(since: datetime | None) -> datetime:
    """Return a moment with its offset, UTC where it tells none; before every run where there is none."""
    if since is None:
        return datetime.min.replace(tzinfo=UTC)
    return since if since.tzinfo else since.replace(tzinfo=UTC)


_MOST_TOLD = 3
"""Reasons that an error has room for."""


def _too_few(alike: int, left_out: Sequence[LeftOut]) -> ResultsError:
    """Return why there is no history, with what became of the other runs."""
    told = [f"{one.run}: {one.reason}" for one in left_out[:_MOST_TOLD]]
    more = [f"and {len(left_out) - len(told)} more"] if len(left_out) > len(told) else []
    said = f". Left out: {'; '.join((*told, *more))}" if told else ""
    return ResultsError(
        f"a history takes {FEWEST} runs with a figure in common, of one machine, scenario version and image; "
        f"here {'is' if alike == 1 else 'are'} {alike}{said}",
        remedy="Measure again on the same machine, with the same scenarios and images",
    )


def _of_one_machine(entries: Sequence[DatedRun]) -> tuple[list[DatedRun], list[LeftOut]]:
    """Return the runs of the newest run's machine, and the others with what is other about theirs."""
    alike, left = [], []
    for one in entries:
        apart = of_machines(one.host, entries[-1].host)
        if apart and one is not entries[-1]:
            said = ", ".join(
                f"{it.what} {it.before}, not {it.after}" if it.before != it.after else "their names are redacted"
                for it in apart
            )
            left.append(LeftOut(run=one.run, reason=f"another machine: {said}"))
        else:
            alike.append(one)
    return alike, left


def _of_one_content(entries: Sequence[DatedRun]) -> tuple[Mapping[str, Mapping[str, str]], list[LeftOut]]:
    """Return by scenario the content that its newest run measured, and the runs that measured another."""
    current = {name: content for one in entries for name, content in one.measured.items()}
    left = []
    for one in entries:
        for name, content in one.measured.items():
            apart = [
                f"{what} {content[what]}, not {now}" for what, now in current[name].items() if content[what] != now
            ]
            if apart:
                left.append(LeftOut(run=one.run, reason=f"another content of {name}: {', '.join(apart)}"))
    return current, left


def _courses(
    entries: Sequence[DatedRun], current: Mapping[str, Mapping[str, str]], *, min_shift: float, every: bool
) -> tuple[Course, ...]:
    found: dict[_Figure, list[tuple[DatedRun, RunMedian]]] = {}
    for entry in entries:
        for one in entry.medians:
            known = entry.measured.get(one.scenario)
            if known == current.get(one.scenario) and (every or is_asked_for(one.metric, one.vantage)):
                found.setdefault(one[:8], []).append((entry, one))
    told = {figure: points for figure, points in found.items() if len(points) >= FEWEST}
    notes = {figure: _note(figure, points) for figure, points in told.items()}
    judged = sum(not note for note in notes.values())
    facts = IsolationFacts.of(entries[-1].manifest if entries else None)
    place = {name: number for number, name in enumerate(current)}
    order = sorted(told, key=lambda it: (place[it[0]], naturally(it[1]), facts.reading_order(it[2])))
    return tuple(_course(figure, told[figure], notes[figure], judged, min_shift) for figure in order)


def _note(figure: _Figure, points: Sequence[tuple[DatedRun, RunMedian]]) -> str:
    """Say why no shift is looked for in a course; nothing where one is."""
    if not has_ratio(figure[4], figure[6]):
        return "no amount: no ratio"
    if any(one.median <= 0 for _, one in points):
        return "has values that are not above zero: no ratio"
    return f"fewer than {found_by.LEAST} runs" if len(points) < found_by.LEAST else ""


def _course(
    figure: _Figure, points: Sequence[tuple[DatedRun, RunMedian]], note: str, judged: int, min_shift: float
) -> Course:
    entries = tuple(entry for entry, _ in points)
    values = np.array([one.median for _, one in points])
    places = [] if note else found_by.shifts(values, figures=judged, min_shift=min_shift)
    levels = np.full(len(values), math.nan) if note else found_by.levels(values, places)
    return Course(
        **dict(zip(_NAMES, figure, strict=True)),  # type: ignore[arg-type]  # each of its own type
        entries=entries,
        rounds=tuple(one.n for _, one in points),
        values=values,
        levels=levels,
        scatter=math.nan if note else found_by.scatter(np.log(values)),
        shifts=tuple(_shift(figure, entries, levels, place) for place in places),
        note=note,
    )


_NAMES = RunMedian._fields[:8]


def _shift(figure: _Figure, entries: Sequence[DatedRun], levels: Floats, place: int) -> LevelShift:
    before, after = float(levels[place - 1]), float(levels[place])
    worse = (after > before) == (figure[7] == "lower")
    last, first = entries[place - 1], entries[place]
    return LevelShift(
        place=place,
        last=last,
        first=first,
        before=before,
        after=after,
        change=Change.WORSE if worse else Change.BETTER,
        changes=last.changes(first, figure[0]),
    )


def _rows(course: Course) -> list[dict[str, object]]:
    taken = {one.place: one for one in course.shifts}
    about = {name: getattr(course, name) for name in _NAMES}
    return [
        about
        | {
            "run": entry.run,
            "began": entry.began.isoformat(),
            "n": course.rounds[place],
            "median": course.values[place],
            "level": course.levels[place],
            "shift": str(taken[place].change) if place in taken else "",
            "ratio": taken[place].ratio if place in taken else math.nan,
        }
        for place, entry in enumerate(course.entries)
    ]
