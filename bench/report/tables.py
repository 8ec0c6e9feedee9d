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
            no_wrap=place == 0 or not left,
            min_width=_NAMES_WIDTH if place == 0 else None,
        )
    for row in shown.rows:
        made.add_row(*(Text(f"  {cell}" if place == 0 else cell) for place, cell in enumerate(row)))
    return made


def _parts(report: content.Report) -> Iterator[RenderableType]:
    if report.incomplete or report.troubles:
        yield Text(report.status, style="yellow")
        yield Text()
    for section in report.sections:
        yield Text(section.title, style="bold underline")
        for facet in section.facets[: section.leading]:
            yield table(facet.table)
            yield from (Padding(Text(note, style="dim"), (0, 0, 0, 2)) for note in facet.table.notes)
            yield Text()
    if report.summary:
        yield from (Text(f"- {said}") for said in report.summary)
        yield Text()
    said = dict.fromkeys(caveat for one in report.sections for caveat in one.caveats)
    yield from (Text(caveat, style="yellow") for caveat in said)
    for name, reason, remedy in report.not_run.rows:
        yield Text(f"{name} did not run: {reason}. To do: {remedy}.")
