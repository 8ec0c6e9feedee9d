"""A report as GitHub-flavoured Markdown, with the plots beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from bench.analysis.quality.caveats import Trouble
from bench.report.blocks import (
    Block,
    Chapter,
    Claims,
    Copied,
    DescriptionList,
    Purpose,
    Sentences,
    Tabled,
    Troubles,
    chapters,
)
from bench.report.content import Claimed, GlanceTable, Picture, Report, Seen, Table, Weighing
from bench.report.text import words

_APART = "\N{ZERO WIDTH SPACE}"

_LINKED = re.compile(r"@(?=\w)|#(?=\d)|\bGH-(?=\d)|\bwww(?=\.)|\b(?:https?|ftps?|mailto|xmpp):|://", re.IGNORECASE)
"""Where GitHub begins a mention, a reference to an issue, or a link, in text that asked for none (GitHub Flavored
Markdown Spec, 6.9, Autolinks; GitHub Docs, Autolinked references and URLs). It looks for mentions and references in
the finished page, so that no backslash and no entity hides them from it: something has to stand between."""

_MARKUP = re.compile(r"[\\`*_|\[\]<>~$]|^(?:#+|[+-])(?= |$)|&(?=#?\w+;)")
"""What Markdown reads as markup (GitHub: mathematics too); some of it at the beginning of a line alone."""

_SAID: dict[Purpose, str] = {
    "incomplete": "**{}**", "answer": "- {}", "first": "- {}", "method": "- {}", "question": "*{}*", "caveat": "> {}",
}  # fmt: skip
"""How sentences of a role are marked."""

PicturePath = Callable[[Picture], str]
"""Says where a picture's file lies, relative to the report."""


def render(report: Report, place: PicturePath) -> str:
    """Return the whole report as Markdown; ``place`` gives each picture's path."""
    return page(chapters(report), place)


def page(shown: Iterable[Chapter], place: PicturePath) -> str:
    """Return chapters as Markdown, but for those that only sum up others."""
    lines = (line for chapter in shown if chapter.kind != "brief" for line in _chapter(chapter, place))
    return "\n".join(lines).rstrip() + "\n"


def weighing(shown: Weighing) -> Iterator[str]:
    """Return a ranking: who comes first, the table, what else is to be said."""
    said = (f"- {escape(text)}" for text in shown.said)
    yield from (f"**{escape(shown.first)}**", "", table(shown.table), "", *said, "")


def table(shown: Table) -> str:
    """Return one table: names left, figures right, its notes below."""
    rule = [":---" if place < shown.names else "---:" for place in range(len(shown.head))]
    rows = [shown.head, *shown.rows]
    lines = ["| " + " | ".join(map(escape, row)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join(rule) + " |")
    notes = [line for note in shown.notes for line in ("", f"*{escape(note)}*")]
    return "\n".join([*lines, *notes])


def glance_table(shown: GlanceTable) -> Iterator[str]:
    """Return the glance as a table, what it cannot say below it."""
    head = ("isolation", *(f"{one.group}: {one.figure}" for one in shown.asked))
    rows = tuple((shown.label(name), *map(_seen, row)) for name, row in zip(shown.names, shown.rows, strict=True))
    meant = "; ".join(f"{word}: {meaning}" for word, meaning in shown.words)
    notes = tuple(filter(None, (f"{shown.legend} {shown.brackets}".strip(), meant)))
    yield from (table(Table(title="", head=head, rows=rows, notes=notes)), "") if rows else ()
    yield from (line for text in (shown.limits, *shown.gaps) for line in (escape(text), ""))


def _seen(cell: Seen) -> str:
    sure = f"{cell.ratio} {cell.interval}".rstrip()
    return ", ".join(filter(None, (cell.figure, sure, f"{cell.mark} {cell.word}".strip())))


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, inside a table cell or out: no markup, link or mention."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", unlinked(" ".join(text.split())))


def unlinked(text: str) -> str:
    """Return text in which nobody is mentioned and nothing is linked to, to the eye the same."""
    return _LINKED.sub(lambda found: f"{found[0]}{_APART}", text)


def sentences(said: Sentences) -> Iterator[str]:
    """Return sentences: a list, or paragraphs."""
    mark = _SAID.get(said.role, "{}")
    apart = [] if mark.startswith("-") else [""]
    yield from (line for text in said.texts for line in (mark.format(escape(text)), *apart))
    yield from () if apart else ("",)


def fold(shown: Table) -> Iterator[str]:
    """Return a table that is shown on demand; what does not know these elements shows it all the same."""
    title = html.escape(unlinked(shown.title))
    yield from (f"<details><summary>{title}</summary>", "", table(shown), "", "</details>", "")


def _chapter(chapter: Chapter, place: PicturePath) -> Iterator[str]:
    yield from (f"{'#' if chapter.kind == 'head' else '##'} {escape(chapter.title)}", "")
    yield from (line for block in chapter.blocks for line in _block(block, place))


def _block(block: Block, place: PicturePath) -> Iterator[str]:
    match block:
        case GlanceTable():
            yield from glance_table(block)
        case Sentences():
            yield from sentences(block)
        case Tabled(manner="folded"):
            yield from fold(block.table)
        case Tabled():
            title = escape(block.table.title)
            yield from {"headed": (f"### {title}", ""), "titled": (f"**{title}**", "")}.get(block.manner, ())
            yield from (table(block.table), "")
        case Picture():
            yield from (f"![{escape(block.alt)}]({place(block)})", "")
        case DescriptionList():
            yield from (f"### {block.title}", "") if block.title else ()
            yield from (*(f"- {escape(name)}: {escape(value)}" for name, value in block.pairs), "")
        case Claims():
            yield from (escape(block.tally), "", *(line for one in block.claims for line in _claim(one)))
            yield from _unmeasured(block)
        case Troubles():
            yield from (*(line for one in block.troubles for line in _trouble(one)), "")
        case Weighing():
            yield from weighing(block)
        case Copied():
            yield from (f"### {block.title}", "", *_fenced("sh", block.lines), "")


def _fenced(kind: str, lines: Sequence[str]) -> tuple[str, ...]:
    """Return lines as they are, to be copied: the fence is longer than any run of backticks in them."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return (f"{fence}{kind}", *(part for line in lines for part in line.split("\n")), fence)


def _claim(one: Claimed) -> Iterator[str]:
    yield from (f"### {one.mark} {one.verdict}: “{escape(one.says)}”", "")
    yield from (f"{escape(one.source)}. Scenario: {escape(one.scenario)}.", "")
    yield from ("| claimed | published | measured here |", "| :--- | :--- | :--- |")
    yield from (f"| {escape(one.claimed)} | {escape(one.published)} | {escape(one.here)} |", "")
    yield from (f"{escape(words.capital(one.verdict))}: {escape(one.reason)}.", "")
    if one.settings:
        yield from fold(one.settings)


def _unmeasured(block: Claims) -> Iterator[str]:
    """Return claims about what was not measured, on demand, a line each."""
    if block.unmeasured:
        said = (
            f"- {one.mark} {one.verdict}: “{escape(one.says)}” {escape(one.source)}: {escape(one.reason)}."
            for one in block.unmeasured
        )
        yield from (f"<details><summary>{block.folded}</summary>", "", *said, "", "</details>", "")


def _trouble(one: Trouble) -> Iterator[str]:
    label = f"{one.isolation} (emulated)" if one.emulated else one.isolation
    what = f"{one.scenario} {one.parameters}" if one.parameters != "{}" else one.scenario
    where = f"Trial {one.number}, round {one.round}, {escape(what)} on {escape(label)}"
    yield f"- {where}: **{escape(one.outcome)}**, {escape(one.reason)}"
    if one.tail:
        yield from ("", *(f"  {line}" for line in _fenced("text", one.tail)), "")
