"""A report as GitHub-flavoured Markdown, with the plots beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from bench.analysis.caveats import Trouble
from bench.report import words
from bench.report.content import Claimed, Facet, Picture, Report, Section, Table

_APART = "\N{ZERO WIDTH SPACE}"

_LINKED = re.compile(r"@(?=\w)|#(?=\d)|\bGH-(?=\d)|\bwww(?=\.)|\b(?:https?|ftps?|mailto|xmpp):|://", re.IGNORECASE)
"""Where GitHub begins a mention, a reference to an issue, or a link, in text that asked for none (GitHub Flavored
Markdown Spec, 6.9, Autolinks; GitHub Docs, Autolinked references and URLs). It looks for mentions and references in
the finished page, so that no backslash and no entity hides them from it: something has to stand between."""

_MARKUP = re.compile(r"[\\`*_|\[\]<>~$]|^(?:#+|[+-])(?= |$)|&(?=#?\w+;)")
"""What Markdown reads as markup (GitHub: mathematics too); some of it at the beginning of a line alone."""

Place = Callable[[Picture], str]
"""Says where a picture's file lies, relative to the report."""


def render(report: Report, place: Place) -> str:
    """Return the whole report as Markdown; ``place`` gives each picture's path."""
    return "\n".join(_lines(report, place)).rstrip() + "\n"


def table(shown: Table) -> str:
    """Return one table: names left, figures right, its notes below."""
    rule = [":---" if place < shown.names else "---:" for place in range(len(shown.head))]
    rows = [shown.head, *shown.rows]
    lines = ["| " + " | ".join(map(escape, row)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join(rule) + " |")
    notes = [line for note in shown.notes for line in ("", f"*{escape(note)}*")]
    return "\n".join([*lines, *notes])


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, inside a table cell or out: no markup, link or mention."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", unlinked(" ".join(text.split())))


def unlinked(text: str) -> str:
    """Return text in which nobody is mentioned and nothing is linked to, to the eye the same."""
    return _LINKED.sub(lambda found: f"{found[0]}{_APART}", text)


def _lines(report: Report, place: Place) -> Iterator[str]:
    yield from (f"# {escape(report.title)}", "", escape(report.host), "")
    yield from (f"**{escape(report.status)}**" if report.incomplete else escape(report.status), "")
    if report.answer:
        yield from ("## In short", "", *(f"- {escape(text)}" for text in report.answer), "")
    if report.caveats:
        yield from ("## Read this first", "", *(f"- {escape(text)}" for text in report.caveats), "")
    if report.overview:
        yield from ("## Against bare", "", *_picture(report.overview.picture, place), *_fold(report.overview.table))
    for section in report.sections:
        yield from _section(section, place)
    yield from _claims(report)
    yield from ("## What ran", "", table(report.isolations), "")
    if report.not_run.rows:
        yield from (f"**{report.not_run.title}**", "", table(report.not_run), "")
    yield from ("### Where each stopwatch starts and stops", "")
    yield from (*(f"- **{escape(name)}**: {escape(text)}" for name, text in report.stopwatches), "")
    yield from ("## How it was measured", "", *(f"- {escape(text)}" for text in report.method), "")
    yield from ("### The machine", "", *_facts(report.machine), "")
    yield from _troubles(report.troubles)
    if report.disturbed:
        first, *rest = report.disturbed
        yield from ("## What else happened on the host", "", table(first), "")
        yield from (line for detail in rest for line in _fold(detail))
    yield from ("## How to reproduce it", "", *_facts(report.facts), "", table(report.images), "")
    yield from ("```sh", *(line.replace("```", "ʼʼʼ") for line in report.reproduce), "```")


def _section(section: Section, place: Place) -> Iterator[str]:
    yield from (f"## {escape(section.title)}", "")
    if section.question:
        yield from (f"*{escape(section.question)}*", "")
    yield from (line for text in section.left_out for line in (escape(text), ""))
    for facet in section.facets:
        yield from _facet(facet, place, folded=section.folded)
    yield from (line for text in section.caveats for line in (f"> {escape(text)}", ""))
    yield from (*_facts(section.facts), "")


def _claims(report: Report) -> Iterator[str]:
    if report.claims:
        yield from ("## What people claim", "", escape(report.tally), "")
    for one in report.claims:
        yield from _claim(one)


def _claim(one: Claimed) -> Iterator[str]:
    yield from (f"### {one.mark} {one.verdict}: “{escape(one.says)}”", "")
    yield from (f"{escape(one.source)}. Scenario: {escape(one.scenario)}.", "")
    yield from ("| claimed | published | measured here |", "| :--- | :--- | :--- |")
    yield from (f"| {escape(one.claimed)} | {escape(one.published)} | {escape(one.here)} |", "")
    yield from (f"{escape(words.capital(one.verdict))}: {escape(one.reason)}.", "")
    if one.settings:
        yield from _fold(one.settings)


def _fold(shown: Table) -> Iterator[str]:
    """Return a table that is shown on demand; what does not know these elements shows it all the same."""
    yield from (
        f"<details><summary>{html.escape(unlinked(shown.title))}</summary>",
        "",
        table(shown),
        "",
        "</details>",
        "",
    )


def _facet(facet: Facet, place: Place, *, folded: bool) -> Iterator[str]:
    yield from (f"### {escape(facet.table.title)}", "", table(facet.table), "")
    if facet.sentences:
        yield from (" ".join(map(escape, facet.sentences)), "")
    yield from _picture(facet.picture, place)
    for detail in facet.details:
        yield from _fold(detail) if folded else (f"**{escape(detail.title)}**", "", table(detail), "")


def _picture(shown: Picture | None, place: Place) -> tuple[str, ...]:
    return (f"![{escape(shown.alt)}]({place(shown)})", "") if shown else ()


def _facts(facts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    return (f"- {escape(name)}: {escape(value)}" for name, value in facts)


def _troubles(troubles: tuple[Trouble, ...]) -> Iterator[str]:
    if not troubles:
        return
    yield from ("## Trials in no figure", "")
    for one in troubles:
        label = f"{one.isolation} (emulated)" if one.emulated else one.isolation
        what = f"{one.scenario} {one.parameters}" if one.parameters != "{}" else one.scenario
        where = f"Trial {one.number}, round {one.round}, {escape(what)} on {escape(label)}"
        yield f"- {where}: **{escape(one.outcome)}**, {escape(one.reason)}"
        if one.tail:
            yield from (
                "",
                "  ```text",
                *(f"  {line.replace('```', 'ʼʼʼ')}" for line in one.tail),
                "  ```",
                "",
            )
    yield ""
