"""What ran, on what: the machine, the isolations and their stopwatches."""

from __future__ import annotations

from bench.analysis.data.isolations import IsolationFacts
from bench.report.content import Table
from bench.report.text import words
from bench.store.manifest import Manifest, RunIsolation

_WHICH_ENGINE = ("address", "asked for by", "id", "version")


def host(manifest: Manifest) -> str:
    """Return the machine in a line."""
    told = manifest.host
    parts = [
        told.name, f"{told.cpus} x {told.cpu_model}", words.quantity(told.memory_bytes, "B"), told.os,
        f"Linux {told.kernel} ({told.architecture})", f"cgroup {told.cgroup}",
    ]  # fmt: skip
    if told.virtual:
        parts.append(f"this host is itself a virtual machine ({told.virtual})")
    return ", ".join(part for part in parts if part)


def machine(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return names and values: what the machine is, and what of it the harness kept to itself."""
    told, harness = manifest.host, manifest.harness
    return (
        ("host", told.name),
        ("processor", f"{told.cpus} x {told.cpu_model}, {told.architecture}"),
        *([("topology", told.topology)] if told.topology else []),
        ("memory", words.quantity(told.memory_bytes, "B")),
        ("swap", words.quantity(told.swap_bytes, "B") if told.swap_bytes else "none"),
        ("system", f"{told.os}, Linux {told.kernel}, cgroup {told.cgroup}"),
        ("hypervisor", told.virtual or "none was found"),
        ("harness", f"Python {harness.python}, host CPU {', '.join(map(str, harness.cpu_set)) or 'any'}"),
    )


def _ready(manifest: Manifest) -> list[tuple[str, RunIsolation]]:
    ready = [(name, one) for name, one in manifest.isolations.items() if one.ready]
    facts = IsolationFacts.of(manifest)
    return sorted(ready, key=lambda pair: facts.reading_order(pair[0]))


def _label(name: str, emulated: bool) -> str:
    return f"{name} (emulated)" if emulated else name


def isolations(manifest: Manifest) -> Table:
    """Return what ran, in which versions."""
    return Table(
        title="Isolations that ran",
        head=("isolation", "what it is", "versions", "kernel"),
        rows=tuple(
            (
                _label(name, one.emulated),
                f"{one.detail}; {words.EMULATED}" if one.emulated else one.detail,
                ", ".join(f"{what} {version}" for what, version in one.versions.items()),
                "its own" if one.own_kernel else "the host's",
            )
            for name, one in _ready(manifest)
        ),
        names=4,
    )


def engines(manifest: Manifest) -> Table:
    """Return the engines that started instances, each once: where it is, and what changes how it starts a container."""
    served: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, one in _ready(manifest):
        if one.engine:
            served.setdefault(tuple(one.engine.items()), []).append(name)
    return Table(
        title="Engines that started them",
        head=("for", "engine", "settings that change a start"),
        rows=tuple(
            (
                ", ".join(names),
                ", ".join(f"{what} {value}" for what, value in engine if what in _WHICH_ENGINE),
                ", ".join(f"{what} {value}" for what, value in engine if what not in _WHICH_ENGINE),
            )
            for engine, names in served.items()
        ),
        names=3,
    )


def not_run(manifest: Manifest) -> Table:
    """Return what was asked for and did not run, why, and what to do about it."""
    idle = {name: one for name, one in manifest.isolations.items() if not one.ready}
    return Table(
        title="Isolations that did not run",
        head=("isolation", "reason", "remedy"),
        rows=tuple((name, one.reason or "no reason given", one.remedy or words.NONE) for name, one in idle.items()),
        names=3,
    )


def stopwatches(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return for every isolation that ran where its stopwatch starts and stops."""
    return tuple((_label(name, one.emulated), one.stopwatch) for name, one in _ready(manifest))


def caveats(manifest: Manifest, emulated: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the machine itself says against trusting its figures, and which cells have none at all."""
    apart = [f"not kept apart: {what}" for what in manifest.harness.not_apart]
    said = [words.capital(words.sentence(caveat)) for caveat in (*manifest.host.caveats, *apart)]
    software = [name for name, one in _ready(manifest) if one.virtualization == "software"]
    carried = [f"{words.listed(software)}: {words.SOFTWARE}."] if software else []
    return (*stretches(manifest), *said, *words.emulated(emulated), *carried, *left_out(manifest))


def stretches(manifest: Manifest) -> tuple[str, ...]:
    """Say where a run has gaps, how long and why, and what had changed; nothing of one that went through."""
    if not manifest.resumed:
        return ()
    changed = [
        f"{one.what}: {one.before} before trial {resumed.after + 1}, {one.after} from there"
        for resumed in manifest.resumed
        for one in resumed.differences
    ]
    return (
        f"This run was {gaps(manifest)}. A host may be another "
        "after a gap: ratios are taken within rounds, of which each gap cuts one at most, while medians are over all "
        "stretches. The samples say, as stretch, where each was measured.",
        *([f"Something had changed when it was taken up, and was accepted: {'; '.join(changed)}."] if changed else []),
    )


def gaps(manifest: Manifest) -> str:
    """Say in how many stretches a run was measured, and what lay between them."""
    found = [
        f"{f'ended by {one.ended_by}' if one.ended_by else 'killed'} after trial {one.after} and taken up "
        f"{_span(one.gap_s)} later"
        for one in manifest.resumed
    ]
    return f"measured in {len(found) + 1} stretches: it was {'; '.join(found)}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def left_out(manifest: Manifest) -> tuple[str, ...]:
    """Say once for each reason which isolations were left out of which scenarios, why, and what to do about it."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in manifest.not_offered:
        found.setdefault((one.reason, one.remedy), {})[f"{one.isolation} in {one.scenario}"] = None
    return tuple(
        " ".join(words.sentence(text) for text in (f"Left out: {', '.join(places)}, since {reason}", remedy) if text)
        for (reason, remedy), places in found.items()
    )
