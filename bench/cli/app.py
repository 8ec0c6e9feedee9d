"""Commands that measure and read, and their options; what they do is imported when called: --help must be quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import completion, upkeep
from bench.cli.fleets import fleet_app
from bench.cli.given import AsJson, Kernel, NoReport, Results, RunGiven, Scenarios, Verbose, Yes
from bench.cli.helping import Command, Group

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: typer's boxes import rich.markdown, half the time of --help
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What does each way of isolating a workload cost on this machine, and how sure are we?",
    epilog=(
        "Exit codes: 0 all went well; 1 some trials failed (doctor: an isolation is not ready; check-plugin: a check "
        "failed; clean: something could not be looked at); 2 the input is wrong; "
        "3 nothing could be measured; 4 something is worse (compare, history, run --compare-to); 129 SIGHUP; "
        "130 Ctrl-C; 143 SIGTERM. What was measured is kept in every case."
    ),
)

_COMPARED, _OWN = "What is compared, and how long", "A workload of your own, instead of scenarios"
"""Headings of the options of ``run``."""


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from bench.model.version import __version__

        typer.echo(f"isobench {__version__}")
        raise typer.Exit


@app.command(cls=Command)
def run(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO", autocompletion=completion.scenarios, help="Scenarios to run; none means all."
        ),
    ] = None,
    isolation: Annotated[
        str | None,
        typer.Option(
            "--isolation",
            "-i",
            metavar="A,B",
            help="Isolations; `all` for all; else bare,docker,vm.",
            rich_help_panel=_COMPARED,
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            metavar="N",
            help="Of each scenario; with --precision, --budget at most.",
            rich_help_panel=_COMPARED,
        ),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Go on until ratios to bare are this sure: 5%.", rich_help_panel=_COMPARED),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Spend this long, where intervals are widest: 10m.", rich_help_panel=_COMPARED
        ),
    ] = None,
    twin: Annotated[
        bool, typer.Option("--twin", help="Measure bare twice: what chance alone does.", rich_help_panel=_COMPARED)
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rounds and shorter workloads.", rich_help_panel=_COMPARED)
    ] = False,
    compare_to: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            autocompletion=completion.runs,
            help="Then compare with that run, or `baseline`.",
            rich_help_panel=_COMPARED,
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="First apply the remedies that doctor would.")] = False,
    yes: Yes = False,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=(1 << 63) - 1, metavar="N", help="Of the order of trials; else drawn. It is recorded."),
    ] = None,
    results: Results = Path("results"),
    scenarios_folder: Scenarios = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE",
            help="A name, a saved image, an OCI layout, a Dockerfile.",
            rich_help_panel=_OWN,
        ),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="What to run in it; else what it runs by itself.", rich_help_panel=_OWN),
    ] = None,
    ready: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Its line that means ready; else its start.", rich_help_panel=_OWN),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="'NAME=REGEX UNIT higher|lower'; may be repeated.", rich_help_panel=_OWN),
    ] = None,
    cpus: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="CPUs it gets; 1 if not given.", rich_help_panel=_OWN)
    ] = None,
    memory: Annotated[
        int | None, typer.Option(min=64, metavar="MIB", help="Memory it gets; 512 if not given.", rich_help_panel=_OWN)
    ] = None,
    kernel: Kernel = None,
    no_report: NoReport = False,
    verbose: Verbose = False,
) -> None:
    """Measure scenarios on isolations, and report."""
    from bench.cli.commands.run import Stop
    from bench.cli.commands.run import run as measure
    from bench.cli.own import AdhocOptions

    own = AdhocOptions(image=image, command=command, ready=ready, metrics=metric or [], cpus=cpus, memory_mib=memory)
    stop = Stop(rounds=rounds, precision=precision, budget=budget)
    asked = (scenarios or [], isolation, stop, quick, fix, yes, seed, results, scenarios_folder, own, kernel)
    measure(*asked, twin=twin, compare_to=compare_to, reports=not no_report, verbose=verbose)


@app.command(cls=Command)
def resume(
    run_id: RunGiven,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where something has changed since; that is recorded.")
    ] = False,
    results: Results = Path("results"),
    no_report: NoReport = False,
    verbose: Verbose = False,
) -> None:
    """Take up a run that was cut short, where it stopped."""
    from bench.cli.commands.resume import resume as command

    command(run_id, results, anyway=anyway, reports=not no_report, verbose=verbose)


@app.command("list", cls=Command)
def list_(results: Results = Path("results"), scenarios_folder: Scenarios = None, as_json: AsJson = False) -> None:
    """Show scenarios, isolations and runs."""
    from bench.cli.commands.list import show

    show(results, scenarios_folder, as_json=as_json)


@app.command(cls=Command)
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
    kernel: Kernel = None,
    as_json: AsJson = False,
) -> None:
    """Try every isolation by a real start; say reason and remedy."""
    from bench.cli.commands.doctor import doctor as command
    from bench.cli.commands.doctor import stop
    from bench.cli.wanted import wanted

    if stop_engine:
        stop()
    else:
        command(wanted(isolation) if isolation else [], fix=fix, yes=yes, as_json=as_json, kernel=kernel)


@app.command(cls=Command)
def report(
    run_id: RunGiven,
    results: Results = Path("results"),
    verbose: Verbose = False,
    png: Annotated[bool, typer.Option("--png", help="Each plot as PNG as well, for where SVG is not shown.")] = False,
) -> None:
    """Show a run at a glance, and write its report again."""
    from bench.analysis.garbage import left_alone

    with left_alone():
        from bench.cli.commands.report import report as command

        command(run_id, results, verbose=verbose, png=png)


@app.command(cls=Command)
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
    from bench.cli.commands.compare import compare as command

    command(run_a, run_b, results, min_change=min_change, across_hosts=across_hosts, every=every, markdown=markdown)


@app.command(cls=Command)
def recommend(
    run_id: RunGiven,
    weights: Annotated[
        str | None,
        typer.Option(metavar="WEIGHTS", help="`start=3,memory=1`; else all that was measured, alike."),
    ] = None,
    must: Annotated[
        list[str] | None,
        typer.Option(metavar="MUST", help="'own kernel', 'start<200ms'; may be repeated."),
    ] = None,
    markdown: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also write Markdown; - prints it instead.")
    ] = None,
    results: Results = Path("results"),
) -> None:
    """Rank isolations by your own weights; say how sure that is."""
    from bench.cli.commands.recommend import recommend as command

    command(run_id, results, weights=weights, musts=must or [], to=markdown)


@app.command(cls=Command)
def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIGURE]", help="Also a scenario, an isolation, a word; none lists all.", show_default=False
        ),
    ] = None,
    isolation: Annotated[
        str | None,
        typer.Option("--isolation", "-i", metavar="A,B", help="Whose stopwatches are told; else bare,docker,vm."),
    ] = None,
    scenarios_folder: Scenarios = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a figure or a word is, and what it misses."""
    from bench.cli.commands.explain import explain as command

    command(" ".join(words or ()), isolation, scenarios_folder, as_json=as_json)


@app.command(hidden=True)
def reader() -> None:
    """Read a run's data for the run itself, as it goes on and when it is over."""
    from bench.cli.commands.reader import serve

    serve()


@app.command(cls=Command)
def publish(
    run_id: RunGiven,
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
    """Make redacted copies, of runs and fleets, and an index."""
    from bench.cli.commands.publish import publish as command

    command(run_id, name, results, replace=replace, anyway=anyway, console=with_console, keep=keep or [])


@app.command(cls=Command)
def export(
    run_id: RunGiven,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME",
            autocompletion=completion.formats,
            help="csv, parquet, json, hyperfine, hyperfine-2, pytest-benchmark, github, github-smaller, github-bigger.",
        ),
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
    from bench.cli.commands.export import export as command

    command(run_id, results, format_name=format_name, output=output, what=what)


history = app.command(cls=Command)(upkeep.history)
baseline = app.command(cls=Command)(upkeep.baseline)
calibrate = app.command(cls=Command)(upkeep.calibrate)
check_plugin = app.command("check-plugin", cls=Command)(upkeep.check_plugin)
clean = app.command(cls=Command)(upkeep.clean)
app.add_typer(fleet_app.app, name="fleet")
