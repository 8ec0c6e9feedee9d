"""A fleet's folder: the run of every host as figures and verdicts, and why others are left out.

It is read host by host, by several processes, each of which keeps of a host what its figures come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from bench.analysis import forked
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.fleets.host_runs import HostRun, HostSamples, host_runs
from bench.errors import BenchError, ResultsError
from bench.store.fleets import Fleet, FleetHost, load_fleet
from bench.store.manifest import Manifest

_SHARE = 20
"""Hosts that a process takes at a time."""
_ROWS_AT_ONCE = 1 << 17
"""Samples that are derived at a time: pandas' time is for each table as well as for each row."""

_AGAIN = "Name the folder of a fleet, such as results/fleet-<id>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FleetRuns:
    """A fleet: who has a run that can be held beside the others', and why others have none."""

    fleet: Fleet
    runs: tuple[HostRun, ...]
    left_out: Mapping[str, str]
    """Reasons by host."""


def read_fleet(folder: Path) -> FleetRuns:
    """Read what every host has; raises ResultsError where the folder is no fleet's.

    A host whose run is missing, broken or not what was asked for is left out with the reason, and no other with it.
    """
    fleet = load_fleet(folder)
    left_out: dict[str, str] = {}
    manifests = dict(_manifests(folder, fleet, left_out))
    for name, reason in _unlike_most(manifests).items():
        left_out[name] = reason
    taken = [name for name in manifests if name not in left_out]
    shares = [taken[begin : begin + _SHARE] for begin in range(0, len(taken), _SHARE)]
    tasks = [partial(_read, folder, fleet, {name: manifests[name] for name in share}) for share in shares]
    runs: list[HostRun] = []
    for found, unread in forked.done(tasks, min(forked.cpus(), len(tasks))):
        runs += [replace(run, manifest=manifests[run.name]) for run in found]  # not a copy of its own
        left_out |= unread
    return FleetRuns(fleet=fleet, runs=tuple(runs), left_out={name: left_out[name] for name in sorted(left_out)})


def _read(folder: Path, fleet: Fleet, manifests: Mapping[str, Manifest]) -> tuple[list[HostRun], dict[str, str]]:
    """Return the runs of some hosts, and why others are left out: a few hosts' samples are held at a time."""
    runs: list[HostRun] = []
    left_out: dict[str, str] = {}
    held: list[HostSamples] = []
    for name, frame in _frames(folder, fleet, manifests, left_out):
        held.append(HostSamples.of(name, manifests[name], frame))
        if sum(len(one.figures) for one in held) >= _ROWS_AT_ONCE:
            runs += host_runs(held)
            held = []
    return [*runs, *host_runs(held)], left_out


def own_folders(folder: Path, fleet: Fleet) -> list[Path]:
    """Return where the runs of hosts are of which something has arrived."""
    return [folder / name for name in fleet.hosts if _is_own(folder, name) and (folder / name).is_dir()]


def _manifests(folder: Path, fleet: Fleet, left_out: dict[str, str]) -> Iterator[tuple[str, Manifest]]:
    for name, host in fleet.hosts.items():
        if not (folder / name).is_dir():
            left_out[name] = host.reason or "nothing of it has arrived"
            continue
        try:
            _require_own(folder, name)
            manifest = load_manifest(folder / name)
            _require_asked(fleet, host, manifest)
        except BenchError as error:
            left_out[name] = error.what
        else:
            yield name, manifest


def _require_own(folder: Path, name: str) -> None:
    """Raise ResultsError for a host's name or folder that leads out of the fleet's."""
    if not _is_own(folder, name):
        raise ResultsError(f"{name} is no folder of this fleet's own", remedy=_AGAIN)


def _is_own(folder: Path, name: str) -> bool:
    return Path(name).name == name and not (folder / name).is_symlink()


def _require_asked(fleet: Fleet, host: FleetHost, manifest: Manifest) -> None:
    """Raise ResultsError for a run that is not the one that was asked for."""
    asked = {"seed": host.seed, "version of Isobench": fleet.bench_version}
    told = {"seed": manifest.seed, "version of Isobench": manifest.bench_version}
    asked |= {f"version of scenario {name}": version for name, version in fleet.scenarios.items()}
    told |= {f"version of scenario {name}": one.version for name, one in manifest.scenarios.items()}
    for what in [*asked, *told]:
        if asked.get(what) != told.get(what):
            raise ResultsError(
                f"its {what} is {told.get(what, 'missing')}, and {asked.get(what, 'none')} was asked for"
            )


def _unlike_most(manifests: Mapping[str, Manifest]) -> dict[str, str]:
    """Return why hosts ran other images than most; of as many, those of the first are right."""
    images = {
        name: {label: one.digest for label, one in manifest.images.items()} for name, manifest in manifests.items()
    }
    labels = dict.fromkeys(label for one in images.values() for label in one)
    found: dict[str, str] = {}
    for label in labels:
        usual = Counter(one[label] for one in images.values() if label in one).most_common(1)[0][0]
        for name, one in images.items():
            if one.get(label, usual) != usual:
                found.setdefault(name, f"its image {label} is {one[label]}, and {usual} on most hosts")
    return found


def _frames(
    folder: Path, fleet: Fleet, manifests: Mapping[str, Manifest], left_out: dict[str, str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every host's samples; one whose journal is not what was sent, or breaks, is left out."""
    for name, manifest in manifests.items():
        try:
            frame = load(folder / name, compact=True)
            _require_told(frame, fleet.hosts[name], manifest)
        except BenchError as error:
            left_out[name] = error.what
        else:
            yield name, frame


def _require_told(frame: pd.DataFrame, host: FleetHost, manifest: Manifest) -> None:
    """Raise ResultsError for a journal that has other trials than arrived, or of another scenario than its manifest."""
    if (trials := frame["trial"].nunique()) != host.trials:
        raise ResultsError(f"its journal has {trials} trials, and {host.trials} have arrived")
    versions = frame[["scenario", "scenario_version"]].drop_duplicates().itertuples(index=False, name=None)
    for scenario, version in versions:
        known = manifest.scenarios.get(str(scenario))
        if known is None or known.version != version:
            raise ResultsError(f"its journal has trials of scenario {scenario} {version}, which was not asked for")
