"""A report's order and its headings, once: chapters of blocks, which every renderer walks and shows in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.analysis.claims.verdict import Verdict
from bench.analysis.quality.caveats import Trouble
from bench.report.content import Claimed, Facet, GlanceTable, Picture, Report, Section, Table, Weighing

Purpose = Literal[
    "host", "status", "flawed", "incomplete", "answer", "first", "question", "left out", "text", "caveat", "summary",
    "method", "remark", "not run",
]  # fmt: skip
"""What sentences are for. ``status`` is that of a run in which all went well; ``first`` is to be read first."""

Manner = Literal["headed", "titled", "untitled", "folded"]
"""How a table's title is shown: as a heading, as a caption, not at all, or as what unfolds the table."""

Position = Literal["head", "opening", "scenario", "body", "brief"]
"""Where a chapter stands: before the contents, or in them. ``brief`` chapters sum up for those who read no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """Sentences of one role."""

    role: Purpose
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabled:
    """A table; ``leading`` where it answers a scenario's question, then ``brief`` is it in a terminal's width."""

    table: Table
    manner: Manner
    leading: bool = False
    brief: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptionList:
    """Names with what is known of each."""

    pairs: tuple[tuple[str, str], ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What people claim, by what came of it; ``tally`` counts that. ``unmeasured`` are about what the run has not."""

    tally: str
    claims: tuple[Claimed, ...]
    unmeasured: tuple[Claimed, ...]

    @classmethod
    def of(cls, report: Report) -> Claims | None:
        """Return a report's claims, those of one verdict together; None for none."""
        order = [verdict.value for verdict in Verdict]
        known = sorted((one for one in report.claims if one.measured), key=lambda one: order.index(one.verdict))
        rest = tuple(one for one in report.claims if not one.measured)
        return cls(tally=report.tally, claims=tuple(known), unmeasured=rest) if report.claims else None

    @property
    def folded(self) -> str:
        """The title of those that are about what was not measured."""
        count = len(self.unmeasured)
        return f"Not measured in this run: {count} claim{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """Trials that are in no figure."""

    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Lines to be copied as they are."""

    title: str
    lines: tuple[str, ...]


Block = GlanceTable | Sentences | Tabled | Picture | DescriptionList | Claims | Troubles | Copied | Weighing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chapter:
    """What stands below one heading."""

    kind: Position
    anchor: str
    title: str
    blocks: tuple[Block, ...]


def chapters(report: Report) -> tuple[Chapter, ...]:
    """Return the whole report in reading order, without chapters that are empty."""
    found = (*_opening(report), *map(_section, report.sections), *_body(report), _remarks(report))
    return tuple(one for one in found if one.blocks)


def _opening(report: Report) -> Iterator[Chapter]:
    status: Purpose = "incomplete" if report.incomplete else "flawed" if report.troubles else "status"
    yield _chapter("head", "", report.title, *_said("host", report.host), *_said(status, report.status))
    yield _chapter("opening", "glance", "At a glance", report.glance if report.glance.rows else None)
    yield _chapter("opening", "short", "In short", *_said("answer", *report.answer))
    yield _chapter("opening", "first", "Read this first", *_said("first", *report.caveats))
    if shown := report.overview:
        yield _chapter("opening", "overview", "Against bare", shown.picture, *_tabled("folded", shown.table))


def _body(report: Report) -> Iterator[Chapter]:
    more = [table for table in (report.engines, report.not_run) if table.rows]
    stopwatches = DescriptionList(title="Where each stopwatch starts and stops", pairs=report.stopwatches)
    machine = DescriptionList(title="The machine", pairs=report.machine)
    troubles = Troubles(troubles=report.troubles) if report.troubles else None
    disturbed = (*_tabled("titled", *report.disturbed[:1]), *_tabled("folded", *report.disturbed[1:]))
    images, copied = _tabled("titled", report.images), Copied(title="To copy", lines=report.reproduce)
    yield _chapter("brief", "summary", "Summary", *_said("summary", *report.summary))
    yield _chapter("body", "choose", "Which to choose", *_beside(report.beside), report.weighing)
    yield _chapter("body", "claims", "What people claim", Claims.of(report))
    ran = (*_tabled("untitled", report.isolations), *_tabled("titled", *more))
    yield _chapter("body", "ran", "What ran", *ran, stopwatches)
    yield _chapter("body", "method", "How it was measured", *_said("method", *report.method), machine)
    yield _chapter("body", "troubles", "Trials in no figure", troubles)
    yield _chapter("body", "host", "What else happened on the host", *disturbed)
    yield _chapter("body", "reproduce", "How to reproduce it", DescriptionList(pairs=report.facts), *images, copied)


def _section(section: Section) -> Chapter:
    question = (section.question,) if section.question else ()
    facets = [
        block
        for place, facet in enumerate(section.facets)
        for block in _facet(facet, leading=place < section.leading, folded=section.folded)
    ]
    said = (*_said("question", *question), *_said("left out", *section.left_out))
    facts = DescriptionList(pairs=section.facts)
    return _chapter(
        "scenario", section.anchor, section.title, *said, *facets, *_said("caveat", *section.caveats), facts
    )


def _beside(facet: Facet | None) -> Iterator[Block | None]:
    if facet:
        yield facet.picture
        yield from _said("text", *facet.sentences)
        yield from _tabled("folded", facet.table, *facet.details)


def _facet(facet: Facet, *, leading: bool, folded: bool) -> Iterator[Block | None]:
    yield Tabled(table=facet.table, manner="headed", leading=leading, brief=facet.brief)
    yield from _said("text", " ".join(facet.sentences)) if facet.sentences else ()
    yield facet.picture
    yield from _tabled("folded" if folded else "titled", *facet.details)


def _remarks(report: Report) -> Chapter:
    """Say once what any section is to be read with, and what has no figure."""
    caveats = dict.fromkeys(caveat for one in report.sections for caveat in one.caveats)
    absent = [f"{name} did not run: {reason}. To do: {remedy}." for name, reason, remedy in report.not_run.rows]
    said = (*_said("remark", *caveats, *report.not_offered), *_said("not run", *absent))
    return _chapter("brief", "remarks", "Remarks", *said)


def _chapter(kind: Position, anchor: str, title: str, *blocks: Block | None) -> Chapter:
    return Chapter(kind=kind, anchor=anchor, title=title, blocks=tuple(one for one in blocks if one is not None))


def _said(role: Purpose, *texts: str) -> Iterator[Block]:
    if texts:
        yield Sentences(role=role, texts=texts)


def _tabled(manner: Manner, *tables: Table) -> Iterator[Block]:
    return (Tabled(table=table, manner=manner) for table in tables)
