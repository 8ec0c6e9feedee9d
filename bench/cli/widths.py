"""``bench widths``: how sure the figures of a run are that still goes on, for the run itself."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from bench.analysis.widths import widths


def show(run_dir: Path) -> None:
    """Print every cell's widest half-width as JSON."""
    typer.echo(json.dumps([[list(key), width] for key, width in widths(run_dir).items()]))
