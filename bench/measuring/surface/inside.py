"""What the probe's facts say beside the host's own: whose kernel it is, what is shared, what is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.isolations.envelope import own_kernel
from bench.measuring.surface.answers import InsideView
from bench.model import Better, Sample

_COUNTED: Mapping[str, Better] = {
    "answered": "lower",
    "refused": "higher",
    "needs_capability": "higher",
    "absent": "higher",
    "writable": "lower",
    "devices": "lower",
    "set_id": "lower",
    "mounts": "lower",
    "processes": "lower",
    "namespaces": "higher",
}
_OF_CHILDREN = "_for_children"


def surface_counts(seen: InsideView, at_s: float) -> list[Sample]:
    """Return what can be counted of it, each as ``surface.NAME``."""
    facts = seen.facts
    counts = seen.counts() | {
        "writable": int(facts["writable.proc"]) + int(facts["writable.sys"]),
        "devices": int(facts["devices"]),
        "set_id": int(facts["set_id"]),
        "mounts": int(facts["mounts"]),
        "processes": len(facts["processes"].split()),
        "namespaces": len(_own_namespaces(facts)),
    }
    return [_sample(name, counts[name], better, at_s) for name, better in _COUNTED.items()]


def surface_notes(seen: InsideView) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is no number: the table of calls, whose kernel, what of the host is seen."""
    facts = seen.facts
    shared = not own_kernel(facts)
    yield "surface.calls", seen.table()
    yield "surface.kernel", "the host's" if shared else f"another: {_release(facts['version'])}"
    yield "surface.rights", " ".join(f"{name}={facts.get(name, '?')}" for name in ("Seccomp", "NoNewPrivs", "CapEff"))
    yield "surface.namespaces", "all" if not shared else " ".join(_own_namespaces(facts)) or "none"
    yield "surface.time", facts["time_offsets"] or "no time namespaces"
    yield "surface.host_processes", "seen" if shared and _ourselves() in facts["processes"].split() else "not seen"
    yield "surface.kernel_log", "not seen" if facts["kernel_log"] != "seen" else "the host's" if shared else "its own"
    yield "surface.cpus", f"{facts['cpus_seen']} seen, {facts['cpus_given']} given"


def _sample(name: str, count: int, better: Better, at_s: float) -> Sample:
    return Sample(metric=f"surface.{name}", value=float(count), unit="1", vantage="workload", better=better, at_s=at_s)


def _release(version: str) -> str:
    """Return what a kernel calls itself, without who made it and when."""
    return " ".join(version.split()[:3]) or "it does not say"


def _own_namespaces(facts: Mapping[str, str]) -> list[str]:
    """Return the kinds of namespaces that are not the host's; of another kernel, all."""
    known = [name for name, _link in _namespaces()]
    if own_kernel(facts):
        return known
    return [name for name, link in _namespaces() if facts.get(f"namespace.{name}", link) != link]


def _namespaces() -> Iterator[tuple[str, str]]:
    for path in sorted(Path("/proc/self/ns").iterdir()):
        if not path.name.endswith(_OF_CHILDREN):
            yield path.name, os.fspath(path.readlink())


def _ourselves() -> str:
    """Return the harness, which runs on the host, as the probe would see it."""
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    return f"{os.getpid()}:{started}"
