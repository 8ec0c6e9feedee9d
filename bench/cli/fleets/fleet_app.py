"""The commands for many hosts, and their options; what they do is imported when called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import completion
from bench.cli.given import Results
from bench.cli.helping import Command, Group

app = typer.Typer(cls=Group, no_args_is_help=True, help="Measure the same on many hosts, and tell what differs.")

_HOSTS = "Which hosts"
_ASKED = "What is measured, and how long"

Tls = Annotated[
    Path | None,
    typer.Option("--tls", metavar="DIR", help="This host's certificates, as init makes them.", rich_help_panel=_HOSTS),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A scheduler that runs: tls://10.0.0.1:8786.", rich_help_panel=_HOSTS),
]
HostsFile = Annotated[
    Path | None,
    typer.Option("--hosts", metavar="FILE", help="Names to wait for, one a line.", rich_help_panel=_HOSTS),
]
Listen = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Where a scheduler of our own listens.", rich_help_panel=_HOSTS),
]
Wait = Annotated[
    str,
    typer.Option(metavar="TIME", help="How long hosts are waited for, also for one to return.", rich_help_panel=_HOSTS),
]
SilenceGiven = Annotated[
    str, typer.Option(metavar="TIME", help="After it a host has gone away.", rich_help_panel=_HOSTS)
]
FleetGiven = Annotated[str, typer.Argument(metavar="FLEET", help="A fleet's id, or the path of its folder.")]
OneMachine = Annotated[
    bool,
    typer.Option("--one-machine", help="Hosts may share a machine, to try it out.", rich_help_panel=_HOSTS),
]


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
        typer.Option("--isolation", "-i", metavar="A,B", help="As for run.", rich_help_panel=_ASKED),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, max=10_000, metavar="N", help="As for run.", rich_help_panel=_ASKED)
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="SHARE", help="As for run, of each host.", rich_help_panel=_ASKED)
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="As for run, of each host.", rich_help_panel=_ASKED)
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rounds and shorter workloads.", rich_help_panel=_ASKED)
    ] = False,
    scheduler: Scheduler = None,
    hosts: HostsFile = None,
    listen: Listen = "127.0.0.1",
    tls: Tls = None,
    wait: Wait = "60s",
    silence: SilenceGiven = "30m",
    one_machine: OneMachine = False,
    seed: Annotated[
        int | None, typer.Option(min=0, max=(1 << 63) - 1, metavar="N", help="Each host's own comes from it.")
    ] = None,
    results: Results = Path("results"),
) -> None:
    """Measure the same on every host; each keeps a run of its own."""
    from bench.cli.fleets.fleet import Reach
    from bench.cli.fleets.fleet import run as measure
    from bench.store.fleets import FleetAsked

    reach = Reach(scheduler=scheduler, hosts=hosts, listen=listen, tls=tls, wait=wait, one_machine=one_machine)
    asked = FleetAsked(
        scenarios=tuple(scenarios or ()), isolation=isolation, rounds=rounds, precision=precision, budget=budget,
        quick=quick,
    )  # fmt: skip
    measure(asked, reach, silence=silence, seed=seed, results=results)


@app.command(cls=Command)
def resume(
    fleet: FleetGiven,
    scheduler: Scheduler = None,
    listen: Listen = "127.0.0.1",
    tls: Tls = None,
    wait: Wait = "60s",
    silence: SilenceGiven = "30m",
    results: Results = Path("results"),
) -> None:
    """Have hosts that were lost or left out measure what is missing."""
    from bench.cli.fleets.fleet import Reach
    from bench.cli.fleets.fleet import resume as command

    reach = Reach(scheduler=scheduler, hosts=None, listen=listen, tls=tls, wait=wait, one_machine=False)
    command(fleet, reach, silence=silence, results=results)


@app.command(cls=Command)
def worker(
    scheduler: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the scheduler: tls://10.0.0.1:8786.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Of this host; else as it is called.")] = None,
    tls: Tls = None,
) -> None:
    """Let this host measure for the fleets of a scheduler."""
    from bench.cli.fleets.fleet import worker as command

    command(scheduler, name, tls)


@app.command(cls=Command)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Keeps the authority, and a folder for each host.")],
    hosts: Annotated[list[str], typer.Argument(metavar="HOST", help="Names of the hosts, this one among them.")],
    days: Annotated[int, typer.Option(min=1, max=3650, metavar="N", help="For how long certificates are valid.")] = 365,
) -> None:
    """Make certificates, so that the hosts of a fleet know each other."""
    from bench.cli.fleets.fleet import init as command

    command(folder, hosts, days)


@app.command(cls=Command)
def report(
    fleet: FleetGiven,
    results: Results = Path("results"),
) -> None:
    """Tell what holds over hosts and what differs, and write the report."""
    from bench.cli.fleets.fleet import report as command

    command(fleet, results)


@app.command(cls=Command)
def doctor(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO", autocompletion=completion.scenarios, help="Whose images are made ready; else startup."
        ),
    ] = None,
    scheduler: Scheduler = None,
    hosts: HostsFile = None,
    listen: Listen = "127.0.0.1",
    tls: Tls = None,
    wait: Wait = "60s",
    one_machine: OneMachine = False,
) -> None:
    """Say of every host whether it would take part, or why not."""
    from bench.cli.fleets.fleet import Reach
    from bench.cli.fleets.fleet import doctor as command

    reach = Reach(scheduler=scheduler, hosts=hosts, listen=listen, tls=tls, wait=wait, one_machine=one_machine)
    command(scenarios or [], reach)


@app.command(cls=Command)
def status(
    scheduler: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the scheduler: tls://10.0.0.1:8786.")],
    tls: Tls = None,
) -> None:
    """Show which hosts a scheduler has, and its dashboard."""
    from bench.cli.fleets.fleet import status as command

    command(scheduler, tls)
