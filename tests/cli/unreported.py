"""A run whose data nobody reads: its report is a process of its own, with tests of its own, and costs seconds.

``python -m tests.cli.unreported`` is the command line with such runs.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from bench.cli import main
from bench.cli.live.answer import SoFar
from bench.errors import BenchError
from bench.measuring.request import Unread


@dataclass(frozen=True)
class Unreported(Unread):
    """Stands for ``bench.cli.reading.ReaderProcess``; a report fails for the reason that it is given."""

    fails: str

    def so_far(self, _folder: Path) -> SoFar:
        """Tell nothing."""
        return SoFar(columns=[], rows=[])

    def report(self, _folder: Path, *, verbose: bool = False) -> None:
        if self.fails:
            raise BenchError(self.fails, remedy="Do better")


def unreported(_cpus: tuple[int, ...], *, fails: str = "") -> AbstractContextManager[Unreported]:
    """Stand for ``bench.cli.reading.reading``."""
    return nullcontext(Unreported(fails))


if __name__ == "__main__":
    with mock.patch("bench.cli.commands.run.reading", unreported):
        main()
