"""The commands that look beyond one run: at all of them, at instruments, at hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import completion
from bench.cli.given import Results, Yes

_WRITTEN = "What is written"


def history(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            autocompletion=completion.runs,
            help="Runs, their folders, hyperfine's or pytest-benchmark's JSON.",
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only runs that began since: 2026-11-01.")] = None,
    min_shift: Annotated[
        str, typer.Option("--min-shift", metavar="SHARE", help="The smallest shift that matters: 3% or 0.03.")
    ] = "3%",
    every: Annotated[
        bool, typer.Option("--all", help="All figures, not only those that answer the scenarios' questions.")
    ] = False,
    page: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Also write a page.", rich_help_panel=_WRITTEN)
    ] = None,
    markdown: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Also write Markdown; - prints it instead.", rich_help_panel=_WRITTEN),
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Also write the shifts as an Atom feed.", rich_help_panel=_WRITTEN),
    ] = None,
    results: Results = Path("results"),
) -> None:
    """Tell how figures went over runs, and what changed."""
    from bench.cli.commands.history import history as command

    written = {"page": page, "markdown": markdown, "feed": feed}
    command(runs or [], results, since=since, min_shift=min_shift, every=every, **written)


def baseline(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", autocompletion=completion.runs, help="Its id; none says which is marked."),
    ] = None,
    results: Results = Path("results"),
) -> None:
    """Mark the run that others are held against."""
    from bench.cli.commands.baseline import baseline as command

    command(run, results)


def calibrate(
    truths: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRUTH", help="delay, memory, quota, rate, written; none means all."),
    ] = None,
    isolation: Annotated[
        str | None, typer.Option("--isolation", "-i", metavar="A,B", help="Only these; all if not given.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, max=10_000, metavar="N", help="Rounds; 5 if not given, with --quick 3.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds and amounts.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First apply the remedies that doctor would.")] = False,
    yes: Yes = False,
    results: Results = Path("results"),
    judged: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Measure nothing: judge this calibration's folder again."),
    ] = None,
) -> None:
    """Inject known truths; say how well meters recover them."""
    from bench.cli.commands.calibrate import calibrate as command
    from bench.cli.commands.calibrate import judge

    if judged is not None:
        judge(judged)
    else:
        command(truths or [], isolation, rounds, quick=quick, fix=fix, yes=yes, results=results)


def check_plugin(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the isolation, as its package registers it.")],
) -> None:
    """Run the contract that every isolation keeps on one."""
    from bench.cli.commands.check_plugin import check_plugin as command

    command(name)


def clean() -> None:
    """Remove what dead runs have left on this host."""
    from bench.cli.commands.clean import clean as command

    command()
