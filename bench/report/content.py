"""What a report says, before it becomes a page, a text or a terminal: records without any markup."""

from __future__ import annotations

from dataclasses import dataclass, field

from matplotlib.figure import Figure

from bench.analysis.caveats import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text. The first ``names`` columns are names, set left; the others are figures, set right."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A drawn figure, the file name it gets, and what it shows for those who cannot see it."""

    name: str
    alt: str
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facet:
    """One thing that was measured in a comparison: its figures, a sentence or two, its picture."""

    table: Table
    sentences: tuple[str, ...] = ()
    picture: Picture | None = None
    details: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One scenario with one set of parameters. ``facets[:leading]`` answer the scenario's question."""

    anchor: str
    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    claims: tuple[tuple[str, str], ...]
    facets: tuple[Facet, ...]
    leading: int = 1
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """A whole report, in reading order."""

    title: str
    host: str
    status: str
    incomplete: bool
    emulated: tuple[str, ...]
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    isolations: Table
    not_run: Table
    stopwatches: tuple[tuple[str, str], ...]
    troubles: tuple[Trouble, ...]
    method: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    images: Table
    caveats: tuple[str, ...] = field(default=())

    @property
    def leading_tables(self) -> tuple[Table, ...]:
        """The tables that answer the scenarios' questions."""
        return tuple(facet.table for section in self.sections for facet in section.facets[: section.leading])
