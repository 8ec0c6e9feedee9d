"""A fleet, from the request to the folder that holds a run of every host."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from distributed import Client

from bench.errors import BenchError, InputError, Interrupted, written
from bench.host.files import require_writable
from bench.host.signals import Interruptions
from bench.measuring.fleet import on_host
from bench.measuring.fleet.admission import left_out
from bench.measuring.fleet.host_request import HostRequest, host_seed, new_ticket
from bench.measuring.fleet.mirror import Mirror
from bench.measuring.fleet.serving import RESOURCE
from bench.measuring.fleet.talk import FleetMember, Talk
from bench.measuring.session import new_run_ids
from bench.model import Say
from bench.model.version import __version__
from bench.scenario import load_selected
from bench.store.fleets import FLEET, Fleet, FleetAsked, FleetHost, load_fleet, write_fleet
from bench.store.layout import REPORTS
from bench.store.writer import only_writer

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Of a host: it becomes a folder's."""
_COMES_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRequest:
    """What is asked of hosts, and of which."""

    run: FleetAsked
    hosts: Sequence[str] = ()
    """Who is waited for, by name; none: whoever is there."""
    wait_s: float
    """How long hosts are waited for, in the beginning and when one has gone away."""
    silence_s: float
    """A host that sends nothing for so long is given up."""
    one_machine: bool = False
    results: Path
    seed: int
    command_line: Sequence[str]


def execute_fleet(asked: FleetRequest, client: Client, say: Say) -> tuple[Path, Fleet]:
    """Ask every host, keep what they send; return the fleet's folder and record, also where a signal has ended it.

    Raises InputError where no host is there; StoreError where the disk refuses.
    """
    require_writable(asked.results)
    scenarios = _scenarios(asked)
    interruptions = Interruptions()
    with interruptions.handled():
        there = _arrived(client, asked, say)
        folder = _new_folder(asked.results)
        fleet = Fleet(
            fleet=folder.name,
            started_at=_now(),
            command_line=tuple(asked.command_line),
            bench_version=__version__,
            seed=asked.seed,
            scenarios=scenarios,
            one_machine=asked.one_machine,
            asked=asked.run,
        )
        members = _members(asked, folder, there, _numbered(asked.hosts or there))
        with only_writer(folder):
            return folder, _measured(asked, folder, fleet, members, client, interruptions, say)


def resume_fleet(asked: FleetRequest, folder: Path, client: Client, say: Say) -> Fleet:
    """Ask the hosts of a fleet that have no whole run yet for the rest of it; return the fleet's record.

    Raises InputError where another process measures into it, where what they would be asked for is not what it was,
    and where none of them is there; StoreError where the disk refuses.
    """
    interruptions = Interruptions()
    with only_writer(folder), interruptions.handled():
        fleet = load_fleet(folder)
        _require_same(folder, fleet, _scenarios(asked))
        asked = replace(asked, hosts=lacking(fleet))
        there = _arrived(client, asked, say)
        members = _members(asked, folder, there, {name: host.number for name, host in fleet.hosts.items()})
        for one in members:
            one.request = one.request.taken_up(one.mirror.arrived, one.mirror.digest)
        fleet = replace(fleet, resumed=(*fleet.resumed, _now()), finished_at=None, interrupted=None)
        return _measured(asked, folder, fleet, members, client, interruptions, say)


def lacking(fleet: Fleet) -> tuple[str, ...]:
    """Return the hosts that have no whole run."""
    return tuple(name for name, host in fleet.hosts.items() if host.state != "measured")


def _measured(
    asked: FleetRequest,
    folder: Path,
    fleet: Fleet,
    members: Sequence[FleetMember],
    client: Client,
    interruptions: Interruptions,
    say: Say,
) -> Fleet:
    """Have the members measure, until each has, is given up, or a signal ends all; return what has become of them."""
    talk = Talk(client, on_host.topic(folder.name), members, asked.silence_s, lambda: hosts_there(client), say)
    with talk.listening():
        try:
            _meet(talk, members, asked, fleet.scenarios, say)
            write_fleet(_with_hosts(fleet, members), folder)
            talk.ask(on_host.measure, [one for one in members if one.state == "measuring"], back_s=asked.wait_s)
        except Interrupted as stop:
            say(f"ended by {stop.signal_name}: hosts take their instances down")
            talk.stop()
    fleet = replace(_with_hosts(fleet, members), finished_at=_now(), interrupted=interruptions.arrived)
    with interruptions.deferred():
        write_fleet(fleet, folder)
        talk.tell(on_host.forget, [one for one in members if one.state == "measured"])
    return fleet


def _require_same(folder: Path, fleet: Fleet, scenarios: Mapping[str, str]) -> None:
    """Raise InputError where a fleet would go on with other versions than it began with."""
    then = {"Isobench": fleet.bench_version, **{f"scenario {name}": one for name, one in fleet.scenarios.items()}}
    now = {"Isobench": __version__, **{f"scenario {name}": one for name, one in scenarios.items()}}
    said = [f"{what}: {one} then, {now.get(what, 'none')} now" for what, one in then.items() if one != now.get(what)]
    if said:
        raise InputError(
            f"{folder} was measured under other circumstances: {'; '.join(said)}",
            remedy="Put that back as it was, or measure a new fleet",
        )


def examine_fleet(asked: FleetRequest, client: Client, say: Say) -> list[FleetMember]:
    """Make every host ready for a request, and return what they tell; who would be left out says why.

    Raises InputError where no host is there.
    """
    there = _arrived(client, asked, say)
    members = _members(asked, Path(f"doctor-{new_ticket()}"), there, _numbered(asked.hosts or there))
    talk = Talk(
        client, on_host.topic(members[0].request.fleet), members, asked.silence_s, lambda: hosts_there(client), say
    )
    with talk.listening():
        _meet(talk, members, asked, _scenarios(asked), say)
    return members


def hosts_there(client: Client) -> dict[str, str]:
    """Return the workers that serve as hosts: their addresses by name, in the order of names.

    Raises InputError for a name that cannot be a folder's.
    """
    workers = client.scheduler_info(n_workers=-1)["workers"]
    found = {str(one["name"]): address for address, one in workers.items() if RESOURCE in one.get("resources", {})}
    for name in found:
        require_name(name)
    return dict(sorted(found.items()))


def require_name(name: str) -> None:
    """Raise InputError for a name that no host can bear."""
    if not _NAME.fullmatch(name) or name in (FLEET, *REPORTS):
        raise InputError(f"no host can be called {name[:120]}", remedy="Letters, digits and . _ - make a name")


def _arrived(client: Client, asked: FleetRequest, say: Say) -> dict[str, str]:
    """Wait for those who are asked, as long as is waited; return who is there. Raises InputError where nobody is."""
    until_s = time.monotonic() + asked.wait_s
    there = hosts_there(client)
    while time.monotonic() < until_s and not (there and there.keys() >= set(asked.hosts)):
        time.sleep(_COMES_S)
        there = hosts_there(client)
    if not there.keys() & set(asked.hosts or there):
        raise InputError(
            f"no host is there after {asked.wait_s:.0f} s", remedy="Start `fleet worker` on each, with this address"
        )
    say(f"{len(there)} hosts are there: {', '.join(there)}")
    return there


def _scenarios(asked: FleetRequest) -> dict[str, str]:
    """Return the versions that are right."""
    return {one.name: one.version for one in load_selected(asked.run.scenarios, None, quick=asked.run.quick)}


def _meet(
    talk: Talk, members: Sequence[FleetMember], asked: FleetRequest, scenarios: Mapping[str, str], say: Say
) -> None:
    """Have every host look at itself, and leave out who is not like the others."""
    talk.ask(on_host.look, [one for one in members if one.address], back_s=asked.wait_s)
    known = {one.name: one.facts for one in members if one.facts and one.state == "measuring"}
    ours = {"isobench": __version__, "distributed": version("distributed")}
    reasons = left_out(known, ours, scenarios, one_machine=asked.one_machine)
    for one in members:
        if one.name in reasons:
            one.leave_out(reasons[one.name])
            say(f"{one.name} is {one.state}: {one.reason}")


def _new_folder(results: Path) -> Path:
    with written(results):
        results.mkdir(parents=True, exist_ok=True)
        for run in new_run_ids(results):
            folder = results / f"fleet-{run}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    raise BenchError("no name is left for a fleet of this minute", remedy="Run again")


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names, start=1)}


def _members(
    asked: FleetRequest, folder: Path, there: Mapping[str, str], numbers: Mapping[str, int]
) -> list[FleetMember]:
    """Return everybody who is asked for; who is not there is left out already."""
    found = []
    for name in asked.hosts or there:
        seed = host_seed(asked.seed, numbers[name])
        request = HostRequest(fleet=folder.name, ticket=new_ticket(), seed=seed, **asdict(asked.run))
        one = FleetMember(
            name=name, number=numbers[name], address=there.get(name, ""), request=request, mirror=Mirror(folder / name)
        )
        if not one.address:
            one.leave_out(f"it did not come within {asked.wait_s:.0f} s")
        found.append(one)
    return found


def _with_hosts(fleet: Fleet, members: Sequence[FleetMember]) -> Fleet:
    hosts = {
        one.name: FleetHost(
            number=one.number,
            seed=one.request.seed,
            state=one.state,
            reason=one.reason,
            apart_s=one.facts.apart_s if one.facts else 0.0,
            trials=one.mirror.trials,
        )
        for one in members
    }
    return replace(fleet, hosts=fleet.hosts | hosts)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
