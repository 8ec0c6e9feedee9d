"""Where links into a page lead: ids of its tables, their rows and its pictures, made of titles and names alone.

Two reports of one scenario have the same ids, whatever was measured. Where two of a page would be the same, the second
has a 2 behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.report.blocks import Chapter, Tabled
from bench.report.content import Picture, Table

_LONGEST = 48
_DIRECTION = re.compile(r", (higher|lower) is better$")
_SEPARATOR = re.compile(r"[^a-z0-9]+")


class Anchors:
    """The ids of a page's parts. A table's rows may be asked for once, in their order."""

    def __init__(self, chapters: Iterable[Chapter]) -> None:
        chapters = tuple(chapters)
        self._taken = {"content", "said", *(one.anchor for one in chapters)}
        self._tables: dict[int, str] = {}
        for chapter in chapters:
            for block in chapter.blocks:
                if isinstance(block, Tabled):
                    self._name(block.table, chapter.anchor)

    def table(self, table: Table) -> str:
        """Return the id of a table, or of the heading that stands for it."""
        return self._tables.get(id(table)) or self._name(table)

    def row(self, table: Table, row: tuple[str, ...]) -> str:
        """Return the id of a table's row: the table's, and what the row is called."""
        return self.named(self.table(table), " ".join(row[: table.names]))

    def named(self, place: str, name: str) -> str:
        """Return the id of what has a name in a place of the page; asked for once."""
        return self._free(f"{place}.{slug(name)}")

    def heading(self, title: str) -> str:
        """Return the id of a heading that stands for no table; asked for once."""
        return self._free(slug(title))

    def picture(self, picture: Picture) -> str:
        """Return the id of a picture."""
        return f"picture-{slug(picture.name)}"

    def _name(self, table: Table, chapter: str = "") -> str:
        name = self._tables[id(table)] = self._free(slug(f"{chapter} {_DIRECTION.sub('', table.title)}"))
        return name

    def _free(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name)
        return name


def slug(text: str) -> str:
    """Return what a text is called in an address: small letters, digits and hyphens, 48 at most, words whole."""
    found = _SEPARATOR.sub("-", text.lower()).strip("-")
    short = found if len(found) <= _LONGEST else found[: _LONGEST + 1].rpartition("-")[0] or found[:_LONGEST]
    return short or "unnamed"
