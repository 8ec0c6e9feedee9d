"""The glance on a terminal, in the width there is: a line for an isolation, a stack of short ones, or a list."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.report.content import GlanceTable, Seen

SeenColumn: TypeAlias = Sequence[Seen]
"""The cells of one question, an isolation each."""

_Form: TypeAlias = tuple[Callable[[SeenColumn], list[Text]], str]
"""What makes cells of a column, and what is then to be said of its intervals."""

_UNCUT = 10_000
"""More columns than any table needs."""

_NAME_WIDTH, _HEAD_WIDTH = 24, 16
"""Columns in which long names are folded, and what a column shows."""

_FEW = 6
"""Of more isolations each has one line, where that leaves out no more than intervals."""

_UNSHOWN = "Intervals: --verbose."

_STYLES = {
    "better": "green",
    "worse": "red",
    "unsure": "yellow",
    "failed": "yellow",
    "spoiled": "yellow",
    "not measured": "dim",
}
"""Colours that go with the words."""


class Glanced:
    """The glance as a table; where not even short lines fit, as a list."""

    def __init__(self, shown: GlanceTable) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield how it is to be read, and it in the first of the forms that fits."""
        shown = self._shown
        brackets = shown.brackets
        unshown = _UNSHOWN if brackets else ""
        lines: list[_Form] = [(_in_lines, brackets)]
        if len(shown.names) > _FEW:
            lines.append((partial(_in_lines, sure=False), unshown))
        stacks: list[_Form] = [(_stacked, brackets), (partial(_stacked, sure=False), unshown)]
        for form, said in (*lines, *stacks):
            made = _table(shown, form, below=(form, said) in stacks)
            if Measurement.get(console, options.update_width(_UNCUT), made).maximum <= options.max_width:
                yield from (_legend(shown, said), made)
                return
        yield from (_legend(shown, brackets), *_listed(shown))


def _legend(shown: GlanceTable, more: str) -> Text:
    return Text(f"{shown.legend} {more}".strip() or "No figures.", style="dim")


def _table(shown: GlanceTable, form: Callable[[SeenColumn], list[Text]], *, below: bool) -> Table:
    made = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column("", overflow="fold", max_width=_NAME_WIDTH)
    heads = [
        (textwrap.wrap(one.group, _HEAD_WIDTH) or [""], textwrap.wrap(one.figure, _HEAD_WIDTH)) for one in shown.asked
    ]
    highest = max(
        len(group) + len(figure) for group, figure in heads
    )  # so that rich, which sets them low, has no choice
    for group, figure in heads:
        below_it = [*figure, *[""] * (highest - len(group) - len(figure))]
        made.add_column(Text.assemble("\n".join(group), "\n", ("\n".join(below_it), "dim")), overflow="fold")
    columns = [form(column) for column in zip(*shown.rows, strict=True)]
    for name, *cells in zip(shown.names, *columns, strict=True):
        label = f"{name}\nemulated" if below and name in shown.emulated else shown.label(name)
        made.add_row(Text(label, style="bold"), *cells)
    return made


def _in_lines(column: SeenColumn, *, sure: bool = True) -> list[Text]:
    """Return each cell on one line, its parts below each other's; ``sure``: with intervals."""
    parts = [(one.figure, one.ratio, one.interval if sure else "") for one in column]
    widths = [max(map(len, some)) for some in zip(*parts, strict=True)]
    return [
        Text("  ").join([*_aligned(some, widths), *_marked(one)]) if some[0] else Text("").join(_marked(one))
        for one, some in zip(column, parts, strict=True)
    ]


def _aligned(parts: Sequence[str], widths: Sequence[int]) -> Iterator[Text]:
    return (Text(part.ljust(width)) for part, width in zip(parts, widths, strict=True) if width)


def _stacked(column: SeenColumn, *, sure: bool = True) -> list[Text]:
    """Return each cell as a figure, below it the mark and the ratio, and below that its interval.

    Without intervals (not ``sure``) the ratio stands below the mark: no line is longer than the longest mark.
    """
    return [Text("\n").join(line for line in _lines(one, sure) if line.plain) for one in column]


def _lines(cell: Seen, sure: bool) -> Iterator[Text]:
    ratio = [Text(cell.ratio)] if cell.ratio else []
    yield Text(cell.figure)
    yield Text(" ").join([*_marked(cell), *(ratio if sure else [])])
    yield from [Text(cell.interval)] if sure else ratio


def _listed(shown: GlanceTable) -> Iterator[RenderableType]:
    for name, row in zip(shown.names, shown.rows, strict=True):
        yield Text(shown.label(name), style="bold", overflow="fold")
        for one, cell in zip(shown.asked, row, strict=True):
            yield Padding(Text.assemble(one.group, ": ", *_in_lines([cell])), (0, 0, 0, 2))


def _marked(cell: Seen) -> Iterator[Text]:
    if cell.word:
        yield Text(f"{cell.mark} {cell.word}", style=_STYLES.get(cell.word, ""))
