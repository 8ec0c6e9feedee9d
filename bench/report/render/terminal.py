"""The report's answer for a terminal, as rich renderables. Prints nothing itself."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from bench.report import content
from bench.report.blocks import Claims, Purpose, Sentences, Tabled, chapters
from bench.report.render.at_a_glance import Glanced
from bench.report.text import words

_NAMES_WIDTH = 15
"""Wide enough for ``  vm (emulated)``, so that the tables of one report line up."""

_CLAIMS_WIDTH = 100
"""Fewest columns in which a claim, what was published and what was measured stand beside each other."""

_LONGEST_FIGURE, _SENTENCE_WIDTH = 20, 14
"""Letters of an interval with its unit; columns of what is said instead, where a terminal is narrow."""

_MOST_GAPS, _LONGEST_GAP = 4, 150
"""Reasons why there is no figure, and letters of each, that a screen has room for."""

_UNCUT = 10_000
"""More columns than any table needs."""

_SAID: dict[Purpose, tuple[str, str]] = {
    "flawed": ("yellow", ""), "incomplete": ("yellow", ""), "answer": ("bold", ""), "summary": ("", "- "),
    "remark": ("yellow", ""), "not run": ("", ""),
}  # fmt: skip
"""What is said in a terminal: the style of each role, and what stands before it."""

_STYLES = {"supported": "green", "refuted": "red", "not testable here": "dim"}
"""Colours that go with the words."""


def render(report: content.Report) -> Group:
    """Return a composed report's answer: the glance, tables, summary, what was left out, what did not run."""
    return Group(*_parts(report))


def brief(report: content.Report) -> Group:
    """Return what of it a screen has room for: how the run went, the glance, and what is to be read in full."""
    return Group(*_brief(report))


def weighing(shown: content.Weighing) -> Group:
    """Return a ranking: who comes first, the table, what else is to be said."""
    parts = (Text(shown.first, style="bold"), Text(), *_facet(shown.table), *map(Text, shown.said))
    return Group(*parts)


class Fitted:
    """A table in the width there is: where a terminal is too narrow, its intervals stand below their figures.

    A grouped table then has its first column as headings. Nothing is ever cut: what still is too wide is folded.
    """

    def __init__(self, shown: content.Table) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table as wide as it wants to be, else narrowed."""
        whole = _table(_joined(self._shown))
        wanted = Measurement.get(console, options.update_width(_UNCUT), whole).maximum
        yield whole if wanted <= options.max_width else _table(_narrowed(self._shown))


class Verdicts:
    """What people claim and what came of it: side by side, or one below the other where a terminal is narrow."""

    def __init__(self, title: str, shown: Claims) -> None:
        self._title, self._shown = title, shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield every claim with its verdict; of those that were not measured, how many they are."""
        yield Text(f"{self._title}. {self._shown.tally}", style="bold")
        wide = options.max_width >= _CLAIMS_WIDTH
        yield from [_side_by_side(self._shown.claims)] if wide and self._shown.claims else _listed(self._shown.claims)
        yield from (
            (Padding(Text(f"{self._shown.folded}.", style="dim"), (0, 0, 0, 2)),) if self._shown.unmeasured else ()
        )


def shortened(says: str, most: int = 90) -> str:
    """Return a claim's first words, cut between two of them."""
    return says if len(says) <= most else f"{says[:most].rsplit(' ', 1)[0].rstrip(',;:')} …"


def _table(shown: content.Table) -> RichTable:
    made = RichTable(
        title=Text(shown.title, style="bold"),
        title_justify="left",
        box=None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    for place, head in enumerate(shown.head):
        left = place < shown.names
        made.add_column(
            Text("" if place == 0 else head),
            justify="left" if left else "right",
            overflow="fold",
            min_width=_NAMES_WIDTH if place == 0 else None,
        )
    for row in shown.rows:
        made.add_row(
            *(Padding(Text(cell), (0, 0, 0, 2)) if place == 0 else Text(cell) for place, cell in enumerate(row))
        )
    return made


def _joined(shown: content.Table) -> content.Table:
    """Return a grouped table with its first two columns as one."""
    if not shown.grouped:
        return shown
    rows = tuple((", ".join(cell for cell in row[:2] if cell), *row[2:]) for row in shown.rows)
    return content.Table(title=shown.title, head=shown.head[1:], rows=rows, names=shown.names - 1)


def _narrowed(shown: content.Table) -> content.Table:
    """Return a table with every interval on a line of its own, and with headings where it is grouped."""
    rows: list[tuple[str, ...]] = []
    if shown.grouped:
        for heading, group in groupby(shown.rows, key=lambda row: row[0]):
            rows += [(heading, *[""] * (len(shown.head) - 2)), *((f"  {row[1]}", *row[2:]) for row in group)]
    else:
        rows = list(shown.rows)
    head = shown.head[1:] if shown.grouped else shown.head
    names = shown.names - shown.grouped
    broken = tuple((*row[:names], *map(_broken, row[names:])) for row in rows)
    return content.Table(title=shown.title, head=head, rows=broken, names=names)


def _broken(cell: str) -> str:
    """Return a figure with its interval below it; a sentence where a figure would stand in lines as short as one."""
    if isinstance(cell, content.Valued) or len(cell) <= _LONGEST_FIGURE:
        return cell.replace(" (", "\n(")
    return "\n".join(textwrap.wrap(cell, _SENTENCE_WIDTH))


def _side_by_side(claims: Sequence[content.Claimed]) -> RichTable:
    made = RichTable(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    made.add_column("", no_wrap=True)
    made.add_column("claim", ratio=5, overflow="fold")
    made.add_column("published", ratio=2, overflow="fold")
    made.add_column("here", ratio=3, overflow="fold")
    for one in claims:
        made.add_row(
            Padding(_verdict(one), (0, 0, 0, 2)), Text(shortened(one.says)), Text(one.published), Text(one.here)
        )
    return made


def _listed(claims: Sequence[content.Claimed]) -> Iterator[RenderableType]:
    for one in claims:
        yield Padding(Text.assemble(_verdict(one), ": ", shortened(one.says)), (0, 0, 0, 2))
        sides = {"published": one.published, "here": one.here}
        said = [f"{name}: {text}" for name, text in sides.items() if text != words.NONE]
        yield from (Padding(Text(text), (0, 0, 0, 6)) for text in said)


def _verdict(one: content.Claimed) -> Text:
    return Text(f"{one.mark} {one.verdict}", style=_STYLES.get(one.verdict, ""))


def _brief(report: content.Report) -> Iterator[RenderableType]:
    run = report.title.rpartition(" ")[2]
    yield Text(f"{run} on {report.host}", style="dim")
    yield Text(report.status, style="yellow" if report.incomplete or report.troubles else "")
    yield from _glanced(report.glance, most=_MOST_GAPS)
    yield from (Text(report.tally),) if report.tally else ()


def _glanced(shown: content.GlanceTable, *, most: int | None = None) -> Iterator[RenderableType]:
    """Yield the glance and what it cannot say; ``most``: so many reasons for gaps, and no long ones."""
    yield from (Glanced(shown), Text()) if shown.rows else ()
    yield Text(shown.limits)
    gaps = shown.gaps if most is None else [shortened(one, _LONGEST_GAP) for one in shown.gaps[:most]]
    yield from (Text(one, style="yellow") for one in gaps)
    if left := len(shown.gaps) - len(gaps):
        yield Text(f"Of {left} more that have no figure, see the report.", style="yellow")


def _parts(report: content.Report) -> Iterator[RenderableType]:
    for chapter in chapters(report):
        if chapter.kind == "scenario":
            yield Text(chapter.title, style="bold underline")
        for block in chapter.blocks:
            match block:
                case content.GlanceTable():
                    yield from (*_glanced(block), Text())
                case Sentences(role=role, texts=texts) if role in _SAID:
                    style, mark = _SAID[role]
                    yield from (Text(f"{mark}{text}", style=style) for text in texts)
                    yield from () if chapter.anchor == "remarks" else (Text(),)
                case Tabled(leading=True):
                    yield from _facet(block.brief or block.table)
                case Claims():
                    yield from (Verdicts(chapter.title, block), Text())


def _facet(shown: content.Table) -> Sequence[RenderableType]:
    notes = (Padding(Text(note, style="dim"), (0, 0, 0, 2)) for note in shown.notes)
    return [Fitted(shown), *notes, Text()]
