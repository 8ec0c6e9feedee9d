"""What differs between the hosts of a fleet, by their manifests: what may explain that figures differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.fleets.host_runs import HostRun
from bench.analysis.two_runs.environment import of_runs

_ALWAYS = ("host", "seed")
"""What no two hosts have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinction:
    """Something that is not the same on all hosts: each way it is, with the hosts where it is so, most first."""

    what: str
    ways: tuple[tuple[str, tuple[str, ...]], ...]


def distinctions(runs: Sequence[HostRun]) -> tuple[Distinction, ...]:
    """Return in what hosts differ, in the order of ``environment.of_runs``; nothing for one host."""
    first = runs[0].manifest if runs else None
    usual: dict[str, str] = {}
    unlike: dict[str, dict[str, str]] = {}
    for run in runs:
        assert first is not None
        for one in of_runs(first, run.manifest, [name for name in first.scenarios if name in run.manifest.scenarios]):
            if one.what not in _ALWAYS:
                usual[one.what] = one.before
                unlike.setdefault(one.what, {})[run.name] = one.after
    return tuple(_distinction(what, usual[what], found, runs) for what, found in unlike.items())


def _distinction(what: str, usual: str, found: dict[str, str], runs: Sequence[HostRun]) -> Distinction:
    ways: dict[str, list[str]] = {}
    for run in runs:
        ways.setdefault(found.get(run.name, usual), []).append(run.name)
    ordered = sorted(ways.items(), key=lambda way: -len(way[1]))
    return Distinction(what=what, ways=tuple((way, tuple(names)) for way, names in ordered))
