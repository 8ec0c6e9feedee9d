"""A job summary for GitHub Actions: the report's answer as Markdown, its other tables folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.analysis.quality.caveats import Trouble
from bench.report.blocks import Chapter, Sentences, Tabled, Troubles, chapters
from bench.report.compose import compose
from bench.report.content import GlanceTable
from bench.report.render.markdown import escape, fold, glance_table, sentences, table
from bench.sharing.formats.source import Source

TABULAR = False

MOST_BYTES = 900_000
"""GitHub drops a step's summary that is larger than 1 MiB, all of it."""

MOST_TROUBLES = 50


def render(source: Source) -> bytes:
    """Return the summary; whole sections are left out, and named, where it would be too long."""
    report = compose(source.run_dir)
    every = chapters(replace(report, answer=report.answer or report.summary))
    opening = [line for chapter in every if chapter.kind != "scenario" for line in _opening(chapter)]
    made = "\n".join([*opening, "\n"]).encode()
    for chapter in every:
        if chapter.kind == "scenario":
            text = "\n".join(_section(chapter)).encode()
            if len(made) + len(text) > MOST_BYTES:
                text = f"## {escape(chapter.title)}\n\n*Too long for a job summary: see the report.*\n\n".encode()
            made += text
    return made


def _opening(chapter: Chapter) -> Iterator[str]:
    if chapter.kind == "head":
        yield from (f"# {escape(chapter.title)}", "")
    for block in chapter.blocks:
        match block:
            case GlanceTable():
                yield from glance_table(block)
            case Sentences(role="host" | "status" | "flawed" | "incomplete" | "answer"):
                yield from sentences(block)
            case Sentences(role="first"):
                yield from (f"> {escape(text)}\n" for text in block.texts)
            case Troubles():
                yield f"<details><summary>{chapter.title}</summary>\n"
                yield from map(_trouble, block.troubles[:MOST_TROUBLES])
                yield "\n</details>\n"


def _trouble(one: Trouble) -> str:
    where = f"{one.scenario} on {one.isolation}, round {one.round}"
    return f"- {escape(where)}: **{escape(one.outcome)}**, {escape(one.reason[:300])}"


def _section(chapter: Chapter) -> Iterator[str]:
    """Return a section: what answers its question, what that is to be read with, and the rest on demand."""
    yield f"## {escape(chapter.title)}\n"
    more: list[str] = []
    for block in chapter.blocks:
        match block:
            case Tabled(manner="headed", leading=True):
                yield from (f"### {escape(block.table.title)}", "", table(block.table), "")
            case Tabled(manner="headed"):
                more += fold(block.table)
            case Sentences(role="caveat"):
                yield from sentences(block)
    yield from (*more, "\n")
