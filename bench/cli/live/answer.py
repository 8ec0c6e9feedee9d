"""The answer of a run that goes on, in as many lines and columns as a terminal has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_APART = "  "
_LEAST_NAME, _LEAST_FIGURE, _MOST_TITLE = 8, 10, 18


class SoFar(NamedTuple):
    """The figures by now: a column for each scenario and set of parameters, a row for each isolation."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    """An isolation and its figures, each with its interval in brackets once there is one; empty text for none yet."""


def table(answer: SoFar, *, width: int, height: int, turn: int) -> list[str]:
    """Return the answer as at most ``height`` lines of at most ``width`` characters; none where that is too few.

    Where not all columns have room, those shown change with ``turn``.
    """
    if not answer.rows or height < 3 or width < _LEAST_NAME + len(_APART) + _LEAST_FIGURE:
        return []
    shown = answer.rows if len(answer.rows) < height else answer.rows[: height - 2]
    name_width = min(max(len(name) for name, _ in shown), max(_LEAST_NAME, width // 3))
    room = width - name_width
    widths = [
        min(
            max(_LEAST_FIGURE, min(len(title), _MOST_TITLE), *(len(figures[place]) for _, figures in shown))
            + len(_APART),
            room,
        )
        for place, title in enumerate(answer.columns)
    ]
    pages = _pages(widths, room)
    page = pages[turn % len(pages)]
    lines = [_line("", [answer.columns[place] for place in page], name_width, [widths[place] for place in page])]
    for name, figures in shown:
        cells = [_fitting(figures[place], widths[place] - len(_APART)) for place in page]
        lines.append(_line(name, cells, name_width, [widths[place] for place in page]))
    more = [f"{len(answer.rows) - len(shown)} more isolations"] if len(shown) < len(answer.rows) else []
    more += [f"{len(answer.columns) - len(page)} more columns in turn"] if len(pages) > 1 else []
    return [*lines, ", ".join(more)[:width]][: height if more else -1]


def _pages(widths: Sequence[int], room: int) -> list[list[int]]:
    """Return which columns stand side by side."""
    pages: list[list[int]] = [[]]
    left = math.inf
    for place, width in enumerate(widths):
        left = (room if math.isinf(left) else left) - width
        if left < 0:
            pages.append([])
            left = room - width
        pages[-1].append(place)
    return pages


def _fitting(figure: str, width: int) -> str:
    """Return a figure without its interval where that has no room."""
    return figure if len(figure) <= width else figure.partition(" (")[0]


def _line(name: str, cells: Sequence[str], name_width: int, widths: Sequence[int]) -> str:
    rooms = [width - len(_APART) for width in widths]
    texts = (f"{_APART}{cell[:room]:<{room}}" for cell, room in zip(cells, rooms, strict=True))
    return f"{name[:name_width]:<{name_width}}{''.join(texts)}".rstrip()
