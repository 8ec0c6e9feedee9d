"""What was run in a scenario, so that its figures can be understood and repeated."""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis.data import trials
from bench.analysis.figures.sweep import Sweep, label
from bench.model import Arm, DiskRate
from bench.report.text import words
from bench.store.manifest import Manifest, RunScenario

NamedValues = tuple[tuple[str, str], ...]


def facts(sweep: Sweep, manifest: Manifest, scenario: RunScenario | None) -> NamedValues:
    """Return names and values: what ran, over what, in which envelope, on which image, and what is in no figure."""
    if scenario is None:
        return ()
    image = manifest.images.get(scenario.image)
    return (
        ("scenario", f"{sweep.scenario}, version {scenario.version}"),
        *([("command", " ".join(scenario.command))] if scenario.command else []),
        *_client(scenario),
        *([("in another instance beside it", " ".join(scenario.neighbour.command))] if scenario.neighbour else []),
        *_settings(sweep, scenario),
        *((f"arm {arm.name}", _arm(arm, scenario)) for arm in scenario.arms),
        ("envelope of every instance", _envelope(scenario)),
        *_storage(scenario),
        ("image", f"{scenario.image} {image.digest if image else ''}".strip()),
        ("idle memory", f"{scenario.settle_s:g} s after ready" if scenario.settle_s is not None else "not read"),
        *([("idle cost", f"over the {scenario.idle_s:g} s after that")] if scenario.idle_s else []),
        ("trials left out", _left_out(sweep)),
    )


def _client(scenario: RunScenario) -> list[tuple[str, str]]:
    client = scenario.client
    if client is None:
        return []
    setup = [("setup, once before the steps", "; ".join(" ".join(one) for one in client.setup))] if client.setup else []
    where = "" if any(arm.client for arm in scenario.arms) else f" ({_seat(client.where)})"
    return [(f"client, once for every step{where}", " ".join(client.command)), *setup]


def _settings(sweep: Sweep, scenario: RunScenario) -> list[tuple[str, str]]:
    if len(sweep.comparisons) == 1 and not scenario.steps:
        return [("parameters", sweep.comparisons[0].parameters_text() or "none")]
    fresh = [f"{name} = {', '.join(map(str, values))}" for name, values in scenario.parameters.items()]
    steps = [f"{name} = {', '.join(map(str, values))}" for name, values in scenario.steps.items()]
    return [
        *([("parameters, each in a fresh instance", "; ".join(fresh))] if fresh else []),
        *([("steps, all in the same instance", "; ".join(steps))] if steps else []),
    ]


def _arm(arm: Arm, scenario: RunScenario) -> str:
    said = [f"network {arm.network or scenario.envelope.network}"]
    if scenario.storage:
        said.append(f"storage {arm.storage or scenario.storage.kind}")
    if scenario.client:
        said.append(f"client {_seat(arm.client or scenario.client.where)}")
    return ", ".join(said)


def _seat(where: str) -> str:
    return "on the host" if where == "host" else "inside the instance"


_DISK_RATES: Mapping[DiskRate, str] = {
    "write_bytes": "writes",
    "read_bytes": "reads",
    "write_operations": "writing operations",
    "read_operations": "reading operations",
}


def _envelope(scenario: RunScenario) -> str:
    envelope = scenario.envelope
    pool = ", ".join(map(str, envelope.cpu_set)) or "any"
    placed = f"drawn from host CPUs {pool}" if len(envelope.cpu_set) > envelope.cpus else f"host CPU {pool}"
    network = "" if any(arm.network for arm in scenario.arms) else f", network {envelope.network}"
    limited = "".join(
        f", {_DISK_RATES[name]} limited to {words.quantity(rate, 'B/s' if name.endswith('bytes') else '1/s')}"
        for name, rate in envelope.disk_rates.items()
    )
    return (
        f"{envelope.cpus} CPU ({placed}), {words.quantity(envelope.memory_bytes, 'B')} memory, "
        f"{envelope.pids} processes{network}{limited}"
    )


def _storage(scenario: RunScenario) -> list[tuple[str, str]]:
    storage = scenario.storage
    if storage is None:
        return []
    kind = "" if any(arm.storage for arm in scenario.arms) else f", {storage.kind}"
    return [("storage", f"{storage.path}{kind}, {words.quantity(storage.size_bytes, 'B')}")]


def lost(sweep: Sweep) -> tuple[str, ...]:
    """Say how many trials of each isolation are in no figure of a scenario, and how they ended; nothing for none."""
    alike: dict[str, list[str]] = {}
    for isolation, ended in sweep.ends().items():
        if (text := trials.counted_endings(ended)) not in ("", "did not run"):
            alike.setdefault(text, []).append(sweep.name_of(isolation))
    said = [f"{', '.join(names)}: {text}{' each' if len(names) > 1 else ''}" for text, names in alike.items()]
    return (f"In no figure: {'; '.join(said)}",) if said else ()


def _left_out(sweep: Sweep) -> str:
    """Count what is in no figure, by cell."""
    cells = sweep.cells()
    names, said = sweep.varying(cells), []
    for one in cells:
        place = label(one.values_of, names)
        for isolation in one.isolations:
            if (lost := one.lost(isolation)) not in ("", "did not run"):
                said.append(f"{one.name_of(isolation)}{f' at {place}' if place else ''}: {lost}")
    return "; ".join(said) or "none"
