"""A fleet's folder: the run of every host as figures and verdicts, and why others are left out.

What is derived from samples is derived for many hosts at once, which takes a tenth of the time: hosts' trials get
numbers of their own, and their scenarios names, so that none meets another's.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from bench.analysis.claims.claims import JudgedClaim, judged_by
from bench.analysis.claims.evidence import Evidence
from bench.analysis.data import texts
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.by_round import CellKey, Figures, sides
from bench.analysis.figures.headlines import headlines
from bench.analysis.figures.summary import measured
from bench.errors import BenchError, ResultsError
from bench.store.door import invalid
from bench.store.fleets import FLEET, Fleet, FleetHost
from bench.store.manifest import Manifest
from bench.store.sanitize import read_json

AT_ONCE = 50
"""Hosts whose samples are held at a time."""

_FLEET = TypeAdapter(Fleet)
_Keyed = TypeVar("_Keyed")
_AGAIN = "Name the folder of a fleet, such as results/fleet-<id>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HostRun:
    """What one host has: its headline figures by cell, and what claims came to."""

    name: str
    manifest: Manifest
    figures: Mapping[CellKey, Figures]
    claims: tuple[JudgedClaim, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FleetRuns:
    """A fleet: who has a run that can be held beside the others', and why others have none."""

    fleet: Fleet
    runs: tuple[HostRun, ...]
    left_out: Mapping[str, str]
    """Reasons by host."""


def load_fleet(folder: Path) -> Fleet:
    """Read ``fleet.json``; raises ResultsError naming the file, and the key, where it is missing or broken."""
    file = folder / FLEET
    try:
        document = read_json(file.read_bytes())
    except OSError as error:
        raise ResultsError(f"{file}: cannot be read: {error.strerror}", remedy=_AGAIN) from error
    except ValueError as error:
        raise ResultsError(f"{file}: not valid JSON: {error}", remedy=_AGAIN) from error
    try:
        return _FLEET.validate_python(document)
    except ValidationError as error:
        raise invalid(file, error, _AGAIN) from error


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
    runs: list[HostRun] = []
    for begin in range(0, len(taken), AT_ONCE):
        names = taken[begin : begin + AT_ONCE]
        frames = dict(_frames(folder, fleet, {name: manifests[name] for name in names}, left_out))
        runs += _runs(frames, manifests)
    return FleetRuns(fleet=fleet, runs=tuple(runs), left_out={name: left_out[name] for name in sorted(left_out)})


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
    if Path(name).name != name or (folder / name).is_symlink():
        raise ResultsError(f"{name} is no folder of this fleet's own", remedy=_AGAIN)


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


def _runs(frames: Mapping[str, pd.DataFrame], manifests: Mapping[str, Manifest]) -> list[HostRun]:
    """Return the runs of some hosts, derived all at once. Their scenarios are alike, and so are their claims."""
    if not frames:
        return []
    together = texts.stack(list(_apart([*frames.values()])))
    samples = measured(together)
    evidence = Evidence.of(together, manifests[next(iter(frames))], sides(samples))
    shown = _by_place(sides(samples[headlines(samples)]))
    claimed, ended = _by_place(evidence.figures), _by_place(evidence.ended)
    emulated = _by_place({CellKey(scenario, "", name): True for scenario, name in evidence.emulated_in})
    return [
        HostRun(
            name=name,
            manifest=manifests[name],
            figures=shown[place],
            claims=judged_by(
                Evidence(
                    manifest=manifests[name],
                    figures=claimed[place],
                    ended=dict(ended[place].items()),
                    emulated_in=frozenset((key.scenario, key.isolation) for key in emulated[place]),
                )
            ),
        )
        for place, name in enumerate(frames)
    ]


def _by_place(found: Mapping[Any, _Keyed]) -> dict[int, dict[CellKey, _Keyed]]:
    """Return what many hosts have by the host it is of, under the scenarios' own names (see ``_apart``)."""
    made: dict[int, dict[CellKey, _Keyed]] = defaultdict(dict)
    for (scenario, parameters, isolation), one in found.items():
        place, _, own = scenario.partition("/")
        made[int(place)][CellKey(own, parameters, isolation)] = one
    return made


def _apart(frames: Sequence[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield hosts' samples with trials and scenarios that no other of these hosts has."""
    numbers = itertools.count(0)
    for place, frame in enumerate(frames):
        codes, known = pd.factorize(frame["trial"])
        own = np.array([next(numbers) for _ in known], dtype=np.int64)
        known_as = frame["scenario"].cat.categories
        named = pd.Index([f"{place}/{one}" for one in known_as], dtype=known_as.dtype)
        scenario = pd.Categorical.from_codes(frame["scenario"].cat.codes, categories=named)
        yield frame.assign(trial=own[codes], scenario=scenario)
