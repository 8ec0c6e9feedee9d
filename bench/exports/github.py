"""A job summary for GitHub Actions: the report's answer as Markdown, its other tables folded."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape as html_escape

from bench.exports.source import Source
from bench.report.compose import compose
from bench.report.content import Report, Section
from bench.report.markdown import escape, table, unlinked

TABULAR = False

MOST_BYTES = 900_000
"""GitHub drops a step's summary that is larger than 1 MiB, all of it."""


def render(source: Source) -> bytes:
    """Return the summary; whole sections are left out, and named, where it would be too long."""
    report = compose(source.run_dir)
    made = "\n".join(_opening(report)).encode()
    for section in report.sections:
        text = "\n".join(_section(section)).encode()
        if len(made) + len(text) > MOST_BYTES:
            text = f"## {escape(section.title)}\n\n*Too long for a job summary: see the report.*\n\n".encode()
        made += text
    return made


def _opening(report: Report) -> Iterator[str]:
    yield from (f"# {escape(report.title)}", "", escape(report.host), "")
    yield from (f"**{escape(report.status)}**" if report.incomplete else escape(report.status), "")
    yield from (*(f"- {escape(text)}" for text in (report.answer or report.summary)), "")
    yield from (f"> {escape(text)}\n" for text in report.caveats)
    if report.troubles:
        yield "<details><summary>Trials in no figure</summary>\n"
        for one in report.troubles[:50]:
            where = f"{one.scenario} on {one.isolation}, round {one.round}"
            yield f"- {escape(where)}: **{escape(one.outcome)}**, {escape(one.reason[:300])}"
        yield "\n</details>\n"
    yield "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"## {escape(section.title)}\n"
    for facet in section.facets[: section.leading]:
        yield f"### {escape(facet.table.title)}\n\n{table(facet.table)}\n"
    yield from (f"> {escape(text)}\n" for text in section.caveats)
    for facet in section.facets[section.leading :]:
        title = html_escape(unlinked(facet.table.title))
        yield f"<details><summary>{title}</summary>\n\n{table(facet.table)}\n\n</details>\n"
    yield "\n"
