"""Options and arguments that several commands have, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import completion

Results = Annotated[Path, typer.Option("--results", metavar="DIR", help="Folder that keeps the runs.")]
Scenarios = Annotated[
    Path | None, typer.Option("--scenarios", metavar="DIR", help="Your own scenarios, beside the stock ones.")
]
RunGiven = Annotated[
    str,
    typer.Argument(metavar="RUN", autocompletion=completion.runs, help="A run's id, or the path of its folder."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Consent to what --fix shows, without being asked.")]
Kernel = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A kernel of your own for guests; recorded by its digest.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show every table and claim, not only the glance.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Keep the data alone: `report` makes one later.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
