"""What differs between the circumstances of two runs, and whether their figures may be held against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from bench.errors import ResultsError
from bench.host.machine import Host
from bench.model import Envelope
from bench.store.manifest import REDACTED_HOST, Difference, Manifest, RunScenario

_Record = Host | RunScenario | Envelope
_UNKNOWN = "not recorded"
_NAMELESS = "redacted"
_MEMORY_TOLERANCE = 0.02
"""The same machine reports a little more or less memory from one kernel to the next."""

_IDENTITY = ("id", "asked for by")
"""What tells one engine from another, and does not change a start."""

_CONTENT = ("version", "image", "metrics", "claims", "title", "question", "rungs", "outgrows_memory")
"""What the version covers, or what does not change a measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedScenarios:
    """The scenarios that both runs have alike, and those that only one has: scenario, which run."""

    scenarios: tuple[str, ...]
    only: tuple[tuple[str, str], ...]


def of_machines(before: Host, after: Host) -> tuple[Difference, ...]:
    """Return in what two hosts are different machines: name, processor, memory (beyond 2 %); nothing for the same.

    Two whose names were redacted count as different: nothing says that they are one.
    """
    redacted = before.name == after.name == REDACTED_HOST
    found = [
        *([Difference(what="host", before=_NAMELESS, after=_NAMELESS)] if redacted else []),
        *_pair("host", before.name, after.name),
        *_pair("CPU", f"{before.cpus} x {before.cpu_model}", f"{after.cpus} x {after.cpu_model}"),
    ]
    most = max(before.memory_bytes, after.memory_bytes)
    if abs(before.memory_bytes - after.memory_bytes) > _MEMORY_TOLERANCE * most:
        found += _pair("memory", f"{before.memory_bytes} B", f"{after.memory_bytes} B")
    return tuple(found)


def of_hosts(before: Host, after: Host) -> tuple[Difference, ...]:
    """Return in what two hosts differ, the machines first: kernel, operating system, control groups, swap."""
    return (
        *of_machines(before, after),
        *_fields("host", before, after, but=("name", "cpus", "cpu_model", "memory_bytes", "topology", "caveats")),
        *(_pair("topology", *both) if all(both := (before.topology, after.topology)) else ()),
    )


def of_runs(before: Manifest, after: Manifest, scenarios: Iterable[str]) -> tuple[Difference, ...]:
    """Return everything that differs between two runs and may explain a change, the machine first."""
    return (
        *of_hosts(before.host, after.host),
        *_pair("Isobench", before.bench_version, after.bench_version),
        *_pair("Python", before.harness.python, after.harness.python),
        *_pair("CPUs of the harness", before.harness.cpu_set, after.harness.cpu_set),
        *_pair("quick", before.quick, after.quick),
        *_pair("stretches", 1 + len(before.resumed), 1 + len(after.resumed)),
        *_pair("interrupted", before.interrupted or "no", after.interrupted or "no"),
        *_pair("seed", before.seed, after.seed),
        *(one for name in scenarios for one in _of_scenario(name, before, after)),
        *_isolations(before, after),
    )


def of_content(name: str, before: Manifest, after: Manifest) -> tuple[Difference, ...]:
    """Return in what a scenario of both runs is not the same: the version of its files, its image by digest."""
    one, other = before.scenarios[name], after.scenarios[name]
    return (
        *_pair(f"{name}, version", one.version, other.version),
        *_pair(f"{name}, image", _digest(before, one), _digest(after, other)),
    )


def of_facts(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return what differs between facts that are told by name."""
    names = dict.fromkeys((*before, *after))
    return tuple(one for name in names for one in _pair(name, *(it.get(name, _UNKNOWN) for it in (before, after))))


def shared(before: Manifest, after: Manifest) -> SharedScenarios:
    """Return the scenarios of both runs.

    Raises ResultsError when one of them is not the same in both, in version or image, or when they share none.
    """
    both = [name for name in before.scenarios if name in after.scenarios]
    other = [one for name in both for one in of_content(name, before, after)]
    if other:
        said = "; ".join(f"{one.what}: {one.before} in the first, {one.after} in the second" for one in other)
        raise ResultsError(
            f"{before.run} and {after.run} did not measure the same: {said}",
            remedy="Measure both with the same scenario files and the same image, or leave these scenarios out of one",
        )
    only = [(name, before.run) for name in before.scenarios if name not in both]
    only += [(name, after.run) for name in after.scenarios if name not in both]
    if not both:
        raise ResultsError(
            f"{before.run} and {after.run} share no scenario: the first has {', '.join(before.scenarios) or 'none'}, "
            f"the second {', '.join(after.scenarios) or 'none'}",
            remedy="Compare runs of the same scenarios",
        )
    return SharedScenarios(scenarios=tuple(both), only=tuple(only))


def _digest(run: Manifest, scenario: RunScenario) -> str:
    image = run.images.get(scenario.image)
    return image.digest if image else _UNKNOWN


def _of_scenario(name: str, before: Manifest, after: Manifest) -> Iterator[Difference]:
    one, other = before.scenarios[name], after.scenarios[name]
    yield from _pair(f"{name}, rounds", before.rounds.get(name, _UNKNOWN), after.rounds.get(name, _UNKNOWN))
    yield from _fields(name, one, other, but=(*_CONTENT, "envelope", "rounds"))
    yield from _fields(f"{name}, envelope", one.envelope, other.envelope)


def _isolations(before: Manifest, after: Manifest) -> Iterator[Difference]:
    for name in dict.fromkeys((*before.isolations, *after.isolations)):
        one, other = before.isolations.get(name), after.isolations.get(name)
        if one is None or other is None:
            yield from _pair(name, "compared" if one else "not asked for", "compared" if other else "not asked for")
            continue
        reasons = [f"no: {it.reason or 'no reason given'}" if not it.ready else "yes" for it in (one, other)]
        yield from _pair(f"{name}, ready", *reasons)
        if one.ready and other.ready:
            yield from _pair(f"{name}, virtualization", one.virtualization or "none", other.virtualization or "none")
            yield from _pair(f"{name}, what it is", one.detail, other.detail)
            for what in dict.fromkeys((*one.versions, *other.versions)):
                versions = [it.versions.get(what, _UNKNOWN) for it in (one, other)]
                yield from _pair(f"{name}, version of {what}", *versions)
            if one.engine and other.engine:  # older runs do not say
                for what in [what for what in dict.fromkeys((*one.engine, *other.engine)) if what not in _IDENTITY]:
                    yield from _pair(f"{name}, engine's {what}", *(it.engine.get(what, "") for it in (one, other)))


def _fields(what: str, before: _Record, after: _Record, *, but: Iterable[str] = ()) -> Iterator[Difference]:
    for field in fields(before):
        if field.name not in but:
            named = f"{what}, {field.name.replace('_', ' ')}"
            yield from _pair(named, getattr(before, field.name), getattr(after, field.name))


def _pair(what: str, before: object, after: object) -> Iterator[Difference]:
    if before != after:
        yield Difference(what=what, before=_text(before), after=_text(after))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{name} = {_text(one)}" for name, one in value.items())
    return str(value)
