"""What a report says, before it becomes a page, a text or a terminal: records without any markup."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from matplotlib.figure import Figure

from bench.analysis.quality.caveats import Trouble


class Valued(str):
    """A cell that stands for a number: its text is for people, its ``value`` for sorting; NaN comes last."""

    __slots__ = ("value",)
    value: float

    def __new__(cls, text: str, value: float) -> Self:
        """Make a cell of its text and its number, in the unit of the column's figures."""
        made = super().__new__(cls, text)
        made.value = value
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text, ``Valued`` where a page sorts by a number. The first ``names`` columns are names, set left.

    The others are figures, set right.

    ``grouped``: rows that agree in the first column stand together, and a page may make a heading of it.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    notes: tuple[str, ...] = ()
    grouped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A cell of the glance: a figure, its ratio to bare and that ratio's interval, each empty where there is none.

    ``mark`` is one character that goes with ``word``; both are empty for bare itself. ``value`` sorts.
    """

    figure: str = ""
    ratio: str = ""
    interval: str = ""
    mark: str = ""
    word: str = ""
    value: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class GlanceColumn:
    """A column of the glance: what is asked, which figure answers it, and whether ``lower`` or ``higher`` is better."""

    group: str
    figure: str
    better: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GlanceTable:
    """The answer as a table: a row an isolation, a column a question.

    ``legend`` says how its cells are to be read, ``brackets`` what their intervals are, ``limits`` in one sentence what
    it cannot say, ``gaps`` why cells have no figure. ``emulated`` are those of ``names`` that were.
    """

    asked: tuple[GlanceColumn, ...]
    names: tuple[str, ...]
    emulated: frozenset[str]
    rows: tuple[tuple[Seen, ...], ...]
    legend: str
    brackets: str
    limits: str
    gaps: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    """The words of the glossary in all this, each with its meaning."""

    def label(self, name: str) -> str:
        """Return an isolation's name, labelled where it is emulated."""
        return f"{name} (emulated)" if name in self.emulated else name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """The file name of a picture, what it shows for those who cannot see it, and what draws it when it is wanted."""

    name: str
    alt: str
    draw: Callable[[], Figure]

    @property
    def figure(self) -> Figure:
        """The figure, drawn now."""
        return self.draw()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facet:
    """One thing that was measured in a scenario: its figures, a sentence or two, its picture.

    ``brief`` is the table in a terminal's width, where ``table`` itself is too wide for one.
    """

    table: Table
    sentences: tuple[str, ...] = ()
    picture: Picture | None = None
    details: tuple[Table, ...] = ()
    brief: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """A ranking by weights that a page may let its reader move.

    ``first`` says who comes first, ``said`` what would change that. ``data`` is JSON, all that it takes to rank anew:
    ``criteria`` with their weights, ``isolations`` in the order of the table's rows, ``costs`` as logarithms by
    isolation and criterion, and ``draws``: of some resamples, in the same order, by how many thousandths each differs.
    """

    first: str
    table: Table
    said: tuple[str, ...]
    data: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One scenario. ``facets[:leading]`` answer its question; ``summary`` says the answer.

    ``left_out`` says which cells were not offered. ``folded``: the details are so long that they are shown on demand.
    """

    anchor: str
    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    facets: tuple[Facet, ...]
    leading: int = 1
    summary: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What people say, where, what they published, what was measured here, and what the data say of it.

    ``mark`` is one character that goes with ``verdict``, a word. ``measured``: the run has a figure of what the claim
    is about. ``settings`` has a row for each setting of a claim
    that was judged at several.
    """

    says: str
    source: str
    scenario: str
    claimed: str
    published: str
    here: str
    mark: str
    verdict: str
    reason: str
    measured: bool
    settings: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """A whole report, in reading order.

    ``glance`` is the answer as a table, ``answer`` says in at most three sentences what the run found, ``overview``
    shows every headline figure against bare, ``summary`` has the sentences of each scenario. ``disturbed`` shows what
    the sentinels read: a summary, then its details. ``caveats`` are to be read first, ``not_offered`` among them: the
    cells that were left out. ``beside`` shows cost beside what isolation buys, ``weighing`` ranks by both.
    ``reproduce`` is the block of text to copy.
    """

    title: str
    host: str
    status: str
    incomplete: bool
    emulated: tuple[str, ...]
    glance: GlanceTable
    answer: tuple[str, ...]
    overview: Facet | None
    summary: tuple[str, ...]
    tally: str
    claims: tuple[Claimed, ...]
    sections: tuple[Section, ...]
    isolations: Table
    engines: Table
    not_run: Table
    stopwatches: tuple[tuple[str, str], ...]
    troubles: tuple[Trouble, ...]
    disturbed: tuple[Table, ...]
    method: tuple[str, ...]
    machine: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    images: Table
    reproduce: tuple[str, ...]
    caveats: tuple[str, ...] = field(default=())
    not_offered: tuple[str, ...] = ()
    beside: Facet | None = None
    weighing: Weighing | None = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture, in reading order."""
        facets = (self.overview, *(one for part in self.sections for one in part.facets), self.beside)
        return tuple(facet.picture for facet in facets if facet and facet.picture)
