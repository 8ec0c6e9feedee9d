"""The history of runs as chapters, which the page and Markdown show as they show a report's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from bench.analysis.history.history import Course, History
from bench.report.blocks import Block, Chapter, Sentences, Tabled
from bench.report.content import Picture, Table
from bench.report.plots import over_runs
from bench.report.sections.metrics import slug
from bench.report.tables import courses

MOST_PANELS = 24
"""What a picture holds. Of more courses, those with shifts are drawn first."""


def chapters(found: History) -> tuple[Chapter, ...]:
    """Return the page in reading order, without chapters that are empty."""
    return tuple(one for one in _chapters(found) if one.blocks)


def pictures(shown: Sequence[Chapter]) -> tuple[Picture, ...]:
    """Return every picture, in reading order."""
    return tuple(block for one in shown for block in one.blocks if isinstance(block, Picture))


def _chapters(found: History) -> Iterator[Chapter]:
    said = Sentences(role="host", texts=(courses.span(found),))
    yield Chapter(kind="head", anchor="", title="Isobench history", blocks=(said,))
    yield _chapter("opening", "short", "In short", Sentences(role="answer", texts=(courses.headline(found),)))
    shifts, changes, left = courses.shifts(found), courses.changes(found), courses.left_out(found)
    moved = [course for course in found.courses if course.shifts]
    yield _chapter(
        "opening", "shifts", "Shifts", _picture("shifts", "Figures with shifts", moved), *_table(shifts, "untitled")
    )
    for scenario in dict.fromkeys(course.scenario for course in found.courses):
        mine = [course for course in found.courses if course.scenario == scenario]
        still = [course for course in mine if not course.shifts]
        drawn = _picture(f"history-{slug(scenario)}", f"{scenario}: figures without a shift", still)
        yield _chapter(
            "scenario", f"scenario-{slug(scenario)}", scenario, *_table(courses.courses(mine), "titled"), drawn
        )
    yield _chapter("body", "changes", "What changed with the shifts", *_table(changes, "untitled"))
    yield _chapter("body", "left-out", "Left out", *_table(left, "untitled"))
    yield _chapter("body", "method", "How shifts are found", Sentences(role="method", texts=(courses.method(found),)))


def _picture(name: str, title: str, shown: Sequence[Course]) -> Picture | None:
    if not shown:
        return None
    drawn = shown[:MOST_PANELS]
    most = f", {len(drawn)} of {len(shown)}: the table has them all" if len(drawn) < len(shown) else ""
    told = "; ".join(f"{courses.title(one)}: {courses.verdict(one.newest)}" for one in drawn if one.newest)
    alt = f"{title}{most}: a panel for each, a dot for each run, a line for each level. {told}".rstrip()
    return Picture(name=name, alt=alt, draw=partial(over_runs.draw, drawn, f"{title}{most}"))


def _table(shown: Table, manner: str) -> Iterator[Block]:
    if shown.rows:
        yield Tabled(table=shown, manner="titled" if manner == "titled" else "untitled")


def _chapter(kind: str, anchor: str, title: str, *blocks: Block | None) -> Chapter:
    return Chapter(kind=kind, anchor=anchor, title=title, blocks=tuple(one for one in blocks if one is not None))  # type: ignore[arg-type]
