"""The history of runs in words and tables: shifts with what changed, courses, and what is left out."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable

from bench.analysis.figures.sweep import label
from bench.analysis.history.history import Course, History, LevelShift
from bench.analysis.history.shifts import LEAST
from bench.analysis.two_runs.compare import Change
from bench.report.content import Table, Valued
from bench.report.text import words

_SHIFTS = ("scenario", "isolation", "figure", "shift", "first run", "before it", "what changed", "from", "to", "change")
_BRIEF = ("scenario", "figure", "first run", "shift", "level")
_COURSES = ("scenario", "isolation", "figure", "runs", "first", "newest", "level now", "scatter", "newest shift")
_MOST_CHANGES = 6
"""Changes of circumstances that a cell has room for."""
MOST_ROWS = 40
"""Figures that a screen or two have room for."""
_MOST_RUNS = 5
"""Runs named with one reason."""


def headline(found: History) -> str:
    """Return the answer in a sentence."""
    newest = [course.newest.change for course in found.courses if course.newest]
    counts = Counter(newest)
    said = ", ".join(f"{counts[change]} {change}" for change in (Change.WORSE, Change.BETTER) if counts[change])
    figures = f"{len(found.courses)} figure{'' if len(found.courses) == 1 else 's'} over {len(found.entries)} runs"
    none = "no shift" if found.judged else "too few runs to look for shifts"
    return f"{figures}: {f'the newest shift of {len(newest)} is {said}' if newest else none}."


def span(found: History) -> str:
    """Return which runs these are, from when to when, and of which machine."""
    first, last = found.entries[0], found.entries[-1]
    host = last.host
    machine = ", ".join(filter(None, (host.name, f"{host.cpus} x {host.cpu_model}" if host.cpus else "")))
    told = f" on {machine}" if machine else ""
    return f"From {first.run} ({first.began:%Y-%m-%d}) to {last.run} ({last.began:%Y-%m-%d}){told}."


def shifts(found: History, *, brief: bool = False) -> Table:
    """Return every shift, the newest first, of one run the worse first; ``brief``: in a terminal's width."""
    order = sorted(
        ((course, shift) for course in found.courses for shift in course.shifts),
        key=lambda one: (-one[1].first.began.timestamp(), one[1].change is not Change.WORSE),
    )
    if brief:
        places = {course.scenario: place for place, course in enumerate(reversed(found.courses))}
        by_scenario = sorted(order, key=lambda one: -places[one[0].scenario])
        rows = tuple(_brief(course, shift) for course, shift in by_scenario)
        return Table(title="Shifts", head=_BRIEF, rows=rows, names=3, grouped=True)
    return Table(title="Shifts", head=_SHIFTS, rows=tuple(_shift(course, shift) for course, shift in order), names=7)


def courses(shown: Iterable[Course], title: str = "Courses") -> Table:
    """Return where each figure began and is now."""
    rows = tuple(_course(course) for course in shown)
    return Table(title=title, head=_COURSES, rows=rows, names=3)


def brief(found: History) -> Table:
    """Return where each figure is now, in a terminal's width; of many, those that shifted."""
    shown = [one for one in found.courses if one.shifts or len(found.courses) <= MOST_ROWS]
    left = len(found.courses) - len(shown)
    rows = tuple(
        (_cell(course), _named(course), words.quantity(float(course.values[-1]), course.unit), *_newest(course))
        for course in shown
    )
    notes = (f"{left} more have no shift: --html and --markdown show them all.",) if left else ()
    head = ("scenario", "figure", "newest", "runs", "newest shift")
    return Table(title="Figures", head=head, rows=rows, names=2, notes=notes, grouped=True)


def _newest(course: Course) -> tuple[str, str]:
    return str(len(course.values)), verdict(course.newest) if course.newest else course.note or "none"


def changes(found: History) -> Table:
    """Return what changed around each run that begins a shift: the machine, engines, images, Isobench itself."""
    rows = {
        (shift.last.run, shift.first.run, one.what, one.before, one.after): None
        for course in found.courses
        for shift in course.shifts
        for one in shift.changes
    }
    head = ("before the shift", "first run after it", "what", "before", "after")
    return Table(title="What changed with the shifts", head=head, rows=tuple(rows), names=5)


def left_out(found: History) -> Table:
    """Return what is in no course, by reason."""
    by_reason: dict[str, list[str]] = {}
    for one in found.left_out:
        by_reason.setdefault(one.reason, []).append(one.run)
    rows = tuple((_runs(runs), reason) for reason, runs in by_reason.items())
    return Table(title="Left out", head=("runs", "why"), rows=rows, names=2)


def method(found: History) -> str:
    """Return how a shift is found, and what that does not cover."""
    if not found.judged:
        return f"A figure of a run is its median over rounds. Shifts are looked for in {LEAST} runs or more."
    least = f"{found.min_shift * 100:.3g} %"
    return (
        "A figure of a run is its median over rounds. Shifts are found by PELT on logarithms in units of the scatter "
        "from run to run, with a penalty from simulation: where nothing changes, at most one history in 20 has a shift "
        f"in any of its {found.judged} figures, as long as runs do not remember each other. Shifts below {least} are "
        "left out, and those that fewer than three runs stand for. A change beside a shift need not be its cause."
    )


def title(course: Course) -> str:
    """Return a figure's full name: ``startup on docker: time until ready``."""
    return f"{_cell(course)}{f' on {_name(course)}' if course.isolation else ''}: {_figure(course)}"


def cause(shift: LevelShift) -> str:
    """Return what changed with a shift, in a cell."""
    said = [f"{one.what}: {one.before} → {one.after}" for one in shift.changes[:_MOST_CHANGES]]
    more = len(shift.changes) - len(said)
    return "; ".join((*said, *([f"and {more} more"] if more else ()))) or "nothing that runs tell of"


def verdict(shift: LevelShift) -> str:
    """Return what a shift is, and by how much: ``worse, +5.1 %``."""
    return f"{shift.change}, {change(shift)}"


def change(shift: LevelShift) -> str:
    """Return by how much a level changed: ``+5.1 %``, ``2.3x`` where it is more than twice as much."""
    return words.times(shift.ratio) if shift.ratio >= 2 else f"{(shift.ratio - 1) * 100:+.1f} %"


def told(course: Course, shift: LevelShift) -> str:
    """Return a shift in sentences."""
    before, after = (words.quantity(level, course.unit) for level in (shift.before, shift.after))
    return (
        f"From {before} to {after} with {shift.first.run} ({shift.first.began:%Y-%m-%d}); before it: {shift.last.run}. "
        f"What changed between them: {cause(shift)}."
    )


def _shift(course: Course, shift: LevelShift) -> tuple[str, ...]:
    return (
        _cell(course),
        _name(course),
        _figure(course),
        str(shift.change),
        f"{shift.first.run} ({shift.first.began:%Y-%m-%d})",
        shift.last.run,
        cause(shift),
        Valued(words.quantity(shift.before, course.unit), shift.before),
        Valued(words.quantity(shift.after, course.unit), shift.after),
        Valued(change(shift), shift.ratio),
    )


def _brief(course: Course, shift: LevelShift) -> tuple[str, ...]:
    before, after = (words.quantity(level, course.unit) for level in (shift.before, shift.after))
    return (_cell(course), _named(course), shift.first.run, verdict(shift), f"{before} to {after}")


def _course(course: Course) -> tuple[str, ...]:
    first, newest, level = (float(one) for one in (course.values[0], course.values[-1], course.levels[-1]))
    return (
        _cell(course),
        _name(course),
        _figure(course),
        Valued(str(len(course.values)), len(course.values)),
        Valued(words.quantity(first, course.unit), first),
        Valued(words.quantity(newest, course.unit), newest),
        Valued(words.quantity(level, course.unit), level),
        Valued(words.NONE if math.isnan(course.scatter) else f"{course.scatter * 100:.2g} %", course.scatter),
        verdict(course.newest) if course.newest else course.note or "none",
    )


def _runs(runs: list[str]) -> str:
    more = f" and {len(runs) - _MOST_RUNS} more" if len(runs) > _MOST_RUNS else ""
    return f"{', '.join(runs[:_MOST_RUNS])}{more}"


def _cell(course: Course) -> str:
    values = json.loads(course.parameters)
    place = label(values, list(values))
    return f"{course.scenario}, {place}" if place else course.scenario


def _name(course: Course) -> str:
    return f"{course.isolation} (emulated)" if course.emulated else course.isolation


def _named(course: Course) -> str:
    return f"{_name(course)}: {_figure(course)}" if course.isolation else _figure(course)


def _figure(course: Course) -> str:
    seen = "" if course.vantage in ("workload", "host", "processes") else f" ({words.vantage(course.vantage)})"
    return f"{words.metric(course.metric)}{seen}"
