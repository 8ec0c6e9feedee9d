"""The commands that look after instruments and hosts, not after runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.given import Results, Yes


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
