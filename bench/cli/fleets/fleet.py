"""``bench fleet``: many hosts by dask.distributed."""

from __future__ import annotations

import platform
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cli.amounts import span_s
from bench.cli.exits import ExitCode, of_signal
from bench.cli.terminal import Terminal
from bench.errors import InputError
from bench.fleet.installed import require_installed

if TYPE_CHECKING:
    from distributed import Client


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
        """The hosts of the file, in its order; raises InputError for a file that names none, or one twice."""
        return [] if self.hosts is None else read_hosts(self.hosts)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Yield a client of the scheduler that was named, or of one that is started here."""
        from bench.fleet import network

        if (self.scheduler is None) == (self.hosts is None):
            raise InputError("one of --scheduler and --hosts says which hosts", remedy="--hosts brings a scheduler")
        with network.quiet():
            if self.scheduler is not None:
                with network.connected(network.endpoint(self.scheduler, self.tls)) as client:
                    yield client
            else:
                with network.scheduling(network.endpoint(self.listen, self.tls)) as client:
                    yield client


def run(asked: Mapping[str, Any], reach: Reach, *, silence: str, seed: int | None, results: Path) -> None:
    """Ask the hosts, keep what they send, and report."""
    require_installed()
    from bench.fleet.session import FleetRequest, execute_fleet

    request = FleetRequest(
        run=asked,
        hosts=reach.names,
        wait_s=span_s(reach.wait, "--wait"),
        silence_s=span_s(silence, "--silence"),
        one_machine=reach.one_machine,
        results=results,
        seed=secrets.randbits(32) if seed is None else seed,
        command_line=["bench", *sys.argv[1:]],
    )
    console = Terminal()
    with reach.client() as client:
        folder, fleet = execute_fleet(request, client, lambda line: console.print(f"  {line}", soft_wrap=True))
    console.print(f"Fleet: {folder}", soft_wrap=True)
    if fleet.interrupted:
        raise SystemExit(of_signal(fleet.interrupted))
    states = [host.state for host in fleet.hosts.values()]
    if "measured" not in states:
        raise SystemExit(ExitCode.NOTHING_MEASURED)
    if set(states) != {"measured"}:
        raise SystemExit(ExitCode.SOME_FAILED)


def worker(scheduler: str, name: str | None, tls: Path | None) -> None:
    """Serve the fleets of a scheduler until told to end."""
    require_installed()
    from bench.fleet.network import endpoint
    from bench.fleet.serving import serve
    from bench.fleet.session import require_name

    called = name or platform.node()
    require_name(called)
    console = Terminal()
    serve(lambda: endpoint(scheduler, tls), called, lambda line: console.print(line, soft_wrap=True))


def init(folder: Path, hosts: Sequence[str], days: int) -> None:
    """Make an authority and certificates; say where they are, and what to do with them."""
    require_installed()
    from bench.fleet.certificates import make_certificates
    from bench.fleet.session import require_name

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
    from bench.fleet.session import require_name

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
