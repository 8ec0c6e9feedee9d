"""``bench fleet``: many hosts by dask.distributed."""

from __future__ import annotations

import platform
import secrets
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli.amounts import span_s
from bench.cli.exits import ExitCode, of_signal
from bench.cli.terminal import Terminal
from bench.errors import BenchError, InputError, UnknownNameError, written
from bench.measuring.fleet.installed import require_installed
from bench.store.fleets import FLEET, Fleet, FleetAsked, find_fleet, load_fleet
from bench.store.layout import JOURNAL

if TYPE_CHECKING:
    from distributed import Client

    from bench.measuring.fleet.coordinator import FleetRequest
    from bench.measuring.fleet.talk import FleetMember

_USUAL = ("startup",)
"""Whose image doctor makes ready where no scenario is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which hosts, and how they are reached, as the command line says it."""

    scheduler: str | None
    hosts: Path | None
    listen: str
    tls: Path | None
    wait: str
    one_machine: bool

    @property
    def names(self) -> list[str]:
        """The hosts of the file, in its order, none for those of a scheduler; raises InputError where it is not said.

        And for a file that names none, or one twice.
        """
        if (self.scheduler is None) == (self.hosts is None):
            raise InputError("one of --scheduler and --hosts says which hosts", remedy="--hosts brings a scheduler")
        return [] if self.hosts is None else read_hosts(self.hosts)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Yield a client of the scheduler that was named, or of one that is started here."""
        from bench.measuring.fleet import network

        with network.quiet():
            if self.scheduler is not None:
                with network.connected(network.endpoint(self.scheduler, self.tls)) as client:
                    yield client
            else:
                with network.scheduling(network.endpoint(self.listen, self.tls)) as client:
                    yield client


def run(asked: FleetAsked, reach: Reach, *, silence: str, seed: int | None, results: Path) -> None:
    """Ask the hosts, keep what they send, and report."""
    require_installed()
    from bench.measuring.fleet.coordinator import execute_fleet

    request = _request(asked, reach, reach.names, silence=silence, seed=seed, results=results)
    with reach.client() as client:
        folder, fleet = execute_fleet(request, client, _say(Terminal()))
    _end(folder, fleet)


def resume(named: str, reach: Reach, *, silence: str, results: Path) -> None:
    """Have the hosts of a fleet that are not done measure what is missing, and report."""
    require_installed()
    from bench.measuring.fleet.coordinator import lacking, resume_fleet

    folder = _found(named, results)
    before = load_fleet(folder)
    if before.asked is None:
        raise InputError(f"{folder / FLEET} does not tell what its hosts were asked for", remedy="Measure a new fleet")
    if not lacking(before):
        Terminal().print(f"{folder} is whole: all {len(before.hosts)} hosts have measured.", soft_wrap=True)
        return
    reached = replace(reach, one_machine=before.one_machine)
    request = _request(before.asked, reached, (), silence=silence, seed=before.seed, results=results)
    with reach.client() as client:
        fleet = resume_fleet(request, folder, client, _say(Terminal()))
    _end(folder, fleet)


def _end(folder: Path, fleet: Fleet) -> None:
    """Show the report, say how what is missing can be had, and exit with what the fleet came to."""
    if any(host.trials for host in fleet.hosts.values()):
        show(folder)
    if any(host.state != "measured" for host in fleet.hosts.values()):
        again = shlex.join(["python", "-m", "bench", "fleet", "resume", str(folder)])
        Terminal().print(f"Have the rest measured with: {again}", soft_wrap=True)
    if fleet.interrupted:
        raise SystemExit(of_signal(fleet.interrupted))
    states = {host.state for host in fleet.hosts.values()}
    if states != {"measured"}:
        raise SystemExit(ExitCode.SOME_FAILED if "measured" in states else ExitCode.NOTHING_MEASURED)


def doctor(scenarios: Sequence[str], reach: Reach) -> None:
    """Make the hosts ready, and say of each whether it would take part, or why not; exit 1 where one would not."""
    require_installed()
    from bench.measuring.fleet.coordinator import examine_fleet

    console = Terminal()
    asked = FleetAsked(scenarios=tuple(scenarios or _USUAL))
    request = _request(asked, reach, reach.names, silence="30m", seed=0, results=Path())
    with reach.client() as client:
        members = examine_fleet(request, client, _say(Terminal(stderr=True)))
    width = max(len(one.name) for one in members)
    for one in members:
        ready = one.state == "measuring"
        console.print(f"{one.name:<{width}}  {'ready    ' if ready else 'not ready'}  {_told(one)}", soft_wrap=True)
    if any(one.state != "measuring" for one in members):
        raise SystemExit(ExitCode.SOME_FAILED)


def status(scheduler: str, tls: Path | None) -> None:
    """Say which hosts a scheduler has, what they do, and where dask's own pages are."""
    require_installed()
    from bench.measuring.fleet import network
    from bench.measuring.fleet.coordinator import hosts_there

    console = Terminal()
    with network.quiet(), network.connected(network.endpoint(scheduler, tls)) as client:
        hosts, busy = hosts_there(client), client.processing()
        console.print(f"Dashboard, on the scheduler's host: {client.dashboard_link}", soft_wrap=True)
        for name, address in hosts.items():
            doing = ", ".join(str(task).partition("-")[0] for task in busy.get(address, ())) or "idle"
            console.print(f"{name}  {address}  {doing}", soft_wrap=True)
        if not hosts:
            console.print("No host is there.")


def _request(
    asked: FleetAsked, reach: Reach, hosts: Sequence[str], *, silence: str, seed: int | None, results: Path
) -> FleetRequest:
    from bench.measuring.fleet.coordinator import FleetRequest

    return FleetRequest(
        run=asked,
        hosts=hosts,
        wait_s=span_s(reach.wait, "--wait"),
        silence_s=span_s(silence, "--silence"),
        one_machine=reach.one_machine,
        results=results,
        seed=secrets.randbits(32) if seed is None else seed,
        command_line=["bench", *sys.argv[1:]],
    )


def _say(console: Terminal) -> Callable[[str], None]:
    return lambda line: console.print(f"  {line}", style="dim", soft_wrap=True)


def _told(one: FleetMember) -> str:
    """Say what a host is, or why it would be left out."""
    if one.reason or one.facts is None:
        return one.reason
    said = [f"{name} {version}" for name, version in one.facts.versions.items()]
    images = [f"{scenario} on {digest.removeprefix('sha256:')[:12]}" for scenario, digest in one.facts.images.items()]
    return ", ".join([*said, *images])


def report(fleet: str, results: Path) -> None:
    """Report on a fleet by its id or path; raises UnknownNameError with the fleets there are."""
    show(_found(fleet, results))


def _found(fleet: str, results: Path) -> Path:
    folder = find_fleet(fleet, results)
    if folder is None:
        raise UnknownNameError("fleet", fleet, [path.parent.name for path in results.glob(f"*/{FLEET}")])
    return folder


def show(folder: Path) -> None:
    """Print what a fleet has found, and write its report."""
    _write_tables(folder)
    from bench.report.fleets.fleet_report import compose_fleet, save_fleet
    from bench.report.render.terminal import Fitted

    console, composed = Terminal(), compose_fleet(folder)
    for sentence in composed.sentences:
        console.print(sentence)
    for table in composed.tables:
        console.print()
        console.print(Fitted(table))
    with written(folder):
        page = save_fleet(composed, folder)
    console.print(f"\nReport: {page}", soft_wrap=True)
    console.print(
        f"Each host's run is one of its own: python -m bench report {shlex.quote(str(folder))}/HOST",
        style="dim",
        soft_wrap=True,
    )


def _write_tables(folder: Path) -> None:
    """Write the table of every host whose journal has none: who reads the fleet again need not parse so much."""
    from bench.analysis import forked
    from bench.analysis.fleets.hosts import own_folders
    from bench.store.dataset import is_current, write_dataset

    def write(run: Path) -> None:
        with suppress(BenchError, OSError):  # who reads the run says what is wrong with it
            write_dataset(run)

    runs = [run for run in own_folders(folder, load_fleet(folder)) if (run / JOURNAL).is_file() and not is_current(run)]
    forked.done([partial(write, run) for run in runs], min(forked.cpus(), len(runs)))


def worker(scheduler: str, name: str | None, tls: Path | None) -> None:
    """Serve the fleets of a scheduler until told to end."""
    require_installed()
    from bench.measuring.fleet.coordinator import require_name
    from bench.measuring.fleet.network import endpoint
    from bench.measuring.fleet.serving import serve

    called = name or platform.node()
    require_name(called)
    console = Terminal()
    serve(lambda: endpoint(scheduler, tls), called, lambda line: console.print(line, soft_wrap=True))


def init(folder: Path, hosts: Sequence[str], days: int) -> None:
    """Make an authority and certificates; say where they are, and what to do with them."""
    require_installed()
    from bench.measuring.fleet.certificates import make_certificates
    from bench.measuring.fleet.coordinator import require_name

    for host in hosts:
        require_name(host)
    console = Terminal()
    for made in make_certificates(folder, hosts, days=days):
        console.print(f"{made}: copy it to that host alone", soft_wrap=True)
    console.print(
        f"On a host: python -m bench fleet worker tls://ADDRESS --tls {shlex.quote(hosts[0])}", soft_wrap=True
    )


def read_hosts(file: Path) -> list[str]:
    """Read names of hosts, one a line; ``#`` begins a remark. Raises InputError naming file and line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file} cannot be read: {error}", remedy="A file with the name of a host in each line"
        ) from error
    from bench.measuring.fleet.coordinator import require_name

    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not (name := line.partition("#")[0].strip()):
            continue
        require_name(name)
        if name in found:
            raise InputError(
                f"{file}, line {number}: {name} is listed in line {found[name]} already", remedy="Once is enough"
            )
        found[name] = number
    if not found:
        raise InputError(f"{file} names no host", remedy="The name of a host in each line")
    return list(found)
