"""The commands and their options. What they do is imported when they are called: ``--help`` must be quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import __version__
from bench.cli.exits import leave_with
from bench.errors import BenchError, Interrupted

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: typer's boxes import rich.markdown, half the time of --help
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What does each way of isolating a workload cost on this machine, and how sure are we?",
    epilog=(
        "Exit codes: 0 all went well; 1 some trials failed (doctor: an isolation is not ready); 2 the input is wrong; "
        "3 nothing could be measured; 4 something is worse (compare); 130 Ctrl-C; 143 SIGTERM. "
        "What was measured is kept in every case."
    ),
)

Results = Annotated[Path, typer.Option("--results", metavar="DIR", help="Folder that keeps the runs.")]
Scenarios = Annotated[
    Path | None, typer.Option("--scenarios", metavar="DIR", help="Your own scenarios, beside the stock ones.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Consent to what --fix shows, without being asked.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def main() -> None:
    """Run the command line; errors raised on purpose become a message and an exit code."""
    try:
        app()
    except (BenchError, Interrupted) as error:
        leave_with(error)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"isobench {__version__}")
        raise typer.Exit


@app.command()
def run(
    scenarios: Annotated[
        list[str] | None, typer.Argument(metavar="SCENARIO", help="Scenarios to run; none means all.")
    ] = None,
    isolation: Annotated[
        str | None,
        typer.Option(
            "--isolation",
            "-i",
            metavar="A,B",
            help="Isolations to compare, `all` for all there are; else bare,docker,vm.",
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            metavar="N",
            help="Rounds, instead of each scenario's own; with --precision or --budget, at most.",
        ),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Go on until every ratio to bare is within this: 5%."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Spend this long, where intervals are widest: 10m."),
    ] = None,
    twin: Annotated[
        bool, typer.Option("--twin", help="Measure bare twice, as bare:twin, to see what chance alone does.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds and shorter workloads.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First apply the remedies that doctor would.")] = False,
    yes: Yes = False,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seed of the order of trials; drawn and recorded if not given."),
    ] = None,
    results: Results = Path("results"),
    scenarios_folder: Scenarios = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE",
            help="Your own workload instead: an image's name, a saved image, an OCI layout or a Dockerfile.",
        ),
    ] = None,
    command: Annotated[
        str | None, typer.Option(metavar="WORDS", help="What to run in it; else what it runs by itself.")
    ] = None,
    ready: Annotated[
        str | None, typer.Option(metavar="REGEX", help="The line it prints when it is ready; else its start.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="A number it prints: 'NAME=REGEX UNIT higher|lower'. May be repeated."),
    ] = None,
    cpus: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPUs it gets; 1 if not given.")] = None,
    memory: Annotated[int | None, typer.Option(min=64, metavar="MIB", help="Memory it gets; 512 if not given.")] = None,
) -> None:
    """Measure scenarios on isolations, and report."""
    from bench.cli.own import Own
    from bench.cli.run import Stop
    from bench.cli.run import run as measure

    own = Own(image=image, command=command, ready=ready, metrics=metric or [], cpus=cpus, memory_mib=memory)
    stop = Stop(rounds=rounds, precision=precision, budget=budget)
    measure(scenarios or [], isolation, stop, quick, fix, yes, seed, results, scenarios_folder, own, twin=twin)


@app.command("list")
def list_(results: Results = Path("results"), scenarios_folder: Scenarios = None, as_json: AsJson = False) -> None:
    """Show scenarios, isolations and runs."""
    from bench.cli.list import show

    show(results, scenarios_folder, as_json=as_json)


@app.command()
def doctor(
    isolation: Annotated[
        str | None, typer.Option("--isolation", "-i", metavar="A,B", help="Only these; all if not given.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Show what the remedies that can be applied would change, and apply them.")
    ] = False,
    yes: Yes = False,
    stop_engine: Annotated[
        bool,
        typer.Option("--stop-engine", help="Stop the Docker engine that --fix has started, and do no more."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try every isolation by a real start; say reason and remedy."""
    from bench.cli.doctor import doctor as command
    from bench.cli.doctor import stop
    from bench.cli.wanted import wanted

    if stop_engine:
        stop()
    else:
        command(wanted(isolation) if isolation else [], fix=fix, yes=yes, as_json=as_json)


@app.command()
def report(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the path of its folder.")],
    results: Results = Path("results"),
) -> None:
    """Show a run's tables, and write its report again."""
    from bench.cli.report import report as command

    command(run_id, results)


@app.command()
def compare(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="Before: a run's id, or the path of its folder.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="After.")],
    min_change: Annotated[
        str, typer.Option("--min-change", metavar="SHARE", help="The smallest change that matters: 5% or 0.05.")
    ] = "5%",
    every: Annotated[
        bool, typer.Option("--all", help="All figures, not only those that answer the scenarios' questions.")
    ] = False,
    markdown: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also write Markdown for a pull request; - prints it instead.")
    ] = None,
    across_hosts: Annotated[
        bool, typer.Option("--across-hosts", help="Compare runs of different machines all the same.")
    ] = False,
    results: Results = Path("results"),
) -> None:
    """Tell what has changed from one run to another."""
    from bench.cli.compare import compare as command

    command(run_a, run_b, results, min_change=min_change, across_hosts=across_hosts, every=every, markdown=markdown)


@app.command(hidden=True)
def reader() -> None:
    """Read a run's data for the run itself, as it goes on and when it is over."""
    from bench.cli.reader import serve

    serve()


@app.command()
def publish(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the path of its folder.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and hyphens: two-cores.")],
    results: Results = Path("results"),
    replace: Annotated[bool, typer.Option("--replace", help="A report of that name makes room.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also a run that is quick, not finished or interrupted; the page says so.")
    ] = False,
    with_console: Annotated[bool, typer.Option("--with-console", help="Add the consoles, redacted.")] = False,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="A name that is not to be redacted. May be repeated.")
    ] = None,
) -> None:
    """Make a redacted copy of a run, and an index of them."""
    from bench.cli.publish import publish as command

    command(run_id, name, results, replace=replace, anyway=anyway, console=with_console, keep=keep or [])


@app.command()
def export(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the path of its folder.")],
    format_name: Annotated[
        str,
        typer.Option("--format", "-f", metavar="NAME", help="csv, parquet, json, hyperfine, pytest-benchmark, github."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; standard output if not given.")
    ] = None,
    what: Annotated[
        str, typer.Option(metavar="TABLE", help="samples or summary, for csv, parquet and json.")
    ] = "samples",
    results: Results = Path("results"),
) -> None:
    """Write a run in the format of another tool."""
    from bench.cli.export import export as command

    command(run_id, results, format_name=format_name, output=output, what=what)


@app.command()
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
    """Inject known truths; say how well the meters recover them here."""
    from bench.cli.calibrate import calibrate as command
    from bench.cli.calibrate import judge

    if judged is not None:
        judge(judged)
    else:
        command(truths or [], isolation, rounds, quick=quick, fix=fix, yes=yes, results=results)


@app.command()
def clean() -> None:
    """Remove what dead runs have left on this host."""
    from bench.cli.clean import clean as command

    command()
