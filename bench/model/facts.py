"""What an isolation's row says of it to whoever reads a run: facts that nobody measures, told in the manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COLOUR = re.compile(r"(#[0-9A-Fa-f]{6})?")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a process of the host is to an instance, and how reports show what such processes hold.

    Raises ValueError for a name that is not of 1 to 32 lower-case letters, digits and ``-``, beginning with a letter.
    """

    name: str
    place: int = 9
    """Where it stands in a bar, and among the columns of a table; its hatching goes with it. The workload's is 0."""
    peak: int = 0
    """Where its own peak stands among those that are told; 0: it is not told."""
    machine: bool = False
    """Whether it is a machine's monitor: who has such a process is a machine."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"role {self.name!r}: lower-case letters, digits and - are expected, a letter first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How an isolation stands among the others. Raises ValueError for a colour that is none."""

    order: int | None = None
    """Its place from a process, 0, to a machine; None: behind all that have one, by name."""
    colour: str = ""
    """In pictures, as ``#RRGGBB``; empty: one that is left over."""
    roles: tuple[Role, ...] = ()
    """What its processes are beside the workload."""

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.colour):
            raise ValueError(f"colour {self.colour!r}: #RRGGBB is expected, such as #0072B2")
