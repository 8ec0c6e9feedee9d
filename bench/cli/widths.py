"""``bench widths``: how sure the figures of a run are that still goes on, for the run itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer

from bench.analysis.widths import widths
from bench.errors import BenchError
from bench.store.layout import JOURNAL


def answer() -> None:
    """Answer every folder on standard input, one a line, with its cells' widest half-widths, or what is wrong."""
    for line in sys.stdin:
        folder = Path(json.loads(line))
        try:
            found: object = (
                [] if _is_empty(folder / JOURNAL) else [[list(key), width] for key, width in widths(folder).items()]
            )
        except BenchError as error:
            found = str(error)
        typer.echo(json.dumps(found))
        sys.stdout.flush()


def _is_empty(journal: Path) -> bool:
    """Whether no trial has ended yet: a run asks once before its first, to wait until this has loaded."""
    return journal.exists() and not journal.stat().st_size
