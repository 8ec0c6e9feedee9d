"""The report's answer for a terminal, as rich renderables. Prints nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from bench.report import content
from bench.report.compose import compose

_NAMES_WIDTH = 15
"""Wide enough for ``  vm (emulated)``, so that the tables of one report line up."""


_STYLES = {"supported": "green", "refuted": "red", "not testable here": "dim"}
"""Colours that go with the words."""


def answer(path: str | Path) -> Group:
    """Return what a terminal shows of the run folder ``path``: the answering tables, then what they mean.

    Raises ResultsError when the run is missing, broken or from a newer Isobench.
    """
    return render(compose(path))


def render(report: content.Report) -> Group:
    """Return a composed report's answer: tables, summary, what was left out, what did not run."""
    return Group(*_parts(report))


def table(shown: content.Table) -> RichTable:
    """Return one table: names left, figures right, its title above."""
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
            "" if place == 0 else head,
            justify="left" if left else "right",
            overflow="fold",  # a narrow terminal breaks lines; it never cuts what tells rows apart
            min_width=_NAMES_WIDTH if place == 0 else None,
        )
    for row in shown.rows:
        made.add_row(*(Text(f"  {cell}" if place == 0 else cell) for place, cell in enumerate(row)))
    return made


def verdicts(report: content.Report) -> RichTable:
    """Return what people claim and what came of it, one line each as far as the terminal is wide."""
    made = RichTable(
        title=Text(f"What people claim. {report.tally}", style="bold"),
        title_justify="left",
        box=None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    made.add_column("", no_wrap=True)
    made.add_column("claim", ratio=5)
    made.add_column("published", ratio=2)
    made.add_column("here", ratio=3)
    for one in report.claims:
        verdict = Text(f"  {one.mark} {one.verdict}", style=_STYLES.get(one.verdict, ""))
        made.add_row(verdict, Text(shortened(one.says)), Text(one.published), Text(one.here))
    return made


def shortened(says: str, most: int = 90) -> str:
    """Return a claim's first words, cut between two of them."""
    return says if len(says) <= most else f"{says[:most].rsplit(' ', 1)[0].rstrip(',;:')} …"


def _parts(report: content.Report) -> Iterator[RenderableType]:
    if report.incomplete or report.troubles:
        yield Text(report.status, style="yellow")
        yield Text()
    for section in report.sections:
        yield Text(section.title, style="bold underline")
        for facet in section.facets[: section.leading]:
            shown = facet.brief or facet.table
            yield table(shown)
            yield from (Padding(Text(note, style="dim"), (0, 0, 0, 2)) for note in shown.notes)
            yield Text()
    if report.summary:
        yield from (Text(f"- {said}") for said in report.summary)
        yield Text()
    if report.claims:
        yield verdicts(report)
        yield Text()
    said = dict.fromkeys(caveat for one in report.sections for caveat in one.caveats)
    yield from (Text(caveat, style="yellow") for caveat in said)
    for name, reason, remedy in report.not_run.rows:
        yield Text(f"{name} did not run: {reason}. To do: {remedy}.")
