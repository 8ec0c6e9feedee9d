"""``bench widths``: how sure the figures of a run are that still goes on, for the run itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer

from bench.analysis.widths import widths
from bench.errors import BenchError


def answer() -> None:
    """Answer every folder on standard input, one a line, with its cells' widest half-widths, or what is wrong."""
    for line in sys.stdin:
        try:
            found: object = [[list(key), width] for key, width in widths(Path(json.loads(line))).items()]
        except BenchError as error:
            found = str(error)
        typer.echo(json.dumps(found))
        sys.stdout.flush()
