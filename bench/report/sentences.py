"""What the figures mean, in plain words; every sentence about an emulated isolation says so."""

from __future__ import annotations

from collections.abc import Iterable

from bench.analysis.comparison import Comparison, Finding
from bench.analysis.manifest import Manifest
from bench.analysis.summary import OVERHEAD
from bench.report import figures, words


def start_up(comparison: Comparison, manifest: Manifest) -> tuple[str, ...]:
    """Say how much longer each isolation takes to be ready than bare, and where the time goes."""
    said = []
    for isolation in figures.others(comparison):
        found = comparison.finding(isolation, "timeline.ready", "host")
        if found is None:
            continue
        name = comparison.name_of(isolation)
        said.append(words.sentence(f"{name} {_takes(found)}{_largest(comparison, manifest, found)}"))
    return tuple(said)


def memory(comparison: Comparison) -> tuple[str, ...]:
    """Say how much more each isolation holds when idle, and what shared daemons hold besides."""
    said = []
    for isolation in figures.others(comparison):
        added = comparison.finding(isolation, f"{OVERHEAD}memory.idle.pss", "processes")
        if added is None:
            continue
        more = "more" if added.median >= 0 else "less"
        amount = words.quantity(abs(added.median), added.unit)
        text = f"{comparison.name_of(isolation)} idles at {amount} {more} than bare (PSS of its own processes)"
        said.append(words.sentence(text + _shared(comparison, isolation)))
    return tuple(said)


def metric(comparison: Comparison, name: str) -> tuple[str, ...]:
    """Say how a number the workload reports compares with bare's."""
    said = []
    for isolation in figures.others(comparison):
        found = comparison.finding(isolation, name, "workload")
        if found is None or found.ratio != found.ratio:
            continue
        who = comparison.name_of(isolation)
        if not found.has_interval:
            said.append(words.sentence(f"{who}: too few trials to tell {words.metric(name)} from bare's"))
        elif not found.differs:
            said.append(words.sentence(f"{who} and bare cannot be told apart in {words.metric(name)}"))
        else:
            verb = "reaches" if found.better == "higher" else "has"
            kept = f"{verb} {words.times(found.ratio)} bare's {words.metric(name)} {_interval(found)}"
            said.append(words.sentence(f"{who} {kept}, where {found.better} is better"))
    return tuple(said)


def emulated(isolations: Iterable[str]) -> tuple[str, ...]:
    """Say what an emulated isolation's figures are worth."""
    return tuple(f"{name} is emulated: its figures say nothing about hardware virtualization." for name in isolations)


def _takes(found: Finding) -> str:
    took = words.quantity(found.median, found.unit)
    if found.ratio != found.ratio:
        return f"is ready after {took}"
    if not found.has_interval:
        return f"is ready after {took}, {words.times(found.ratio)} bare's time, from too few trials to be sure"
    if not found.differs:
        return f"is ready after {took}, which cannot be told apart from bare"
    return f"is ready after {took}, {words.times(found.ratio)} bare's time {_interval(found)}"


def _largest(comparison: Comparison, manifest: Manifest, found: Finding) -> str:
    steps = comparison.start_up_phases(found.isolation)
    if len(steps) < 2:
        return ""
    mark, begin, finish = max(steps, key=lambda step: step[2] - step[1])
    label = manifest.phase_label(found.isolation, mark)
    return f"; its longest step, {words.quantity(finish - begin, 's')}, ends with “{label}”"


def _shared(comparison: Comparison, isolation: str) -> str:
    daemons = [one for one in comparison.vantages("memory.idle.pss") if one.startswith("processes:shared:")]
    found = [(one, comparison.finding(isolation, "memory.idle.pss", one)) for one in daemons]
    held = [f"{words.quantity(daemon.median, daemon.unit)} of {words.vantage(one)}" for one, daemon in found if daemon]
    return f", besides {' and '.join(held)} serving every instance" if held else ""


def _interval(found: Finding) -> str:
    return words.times_interval(found.ratio_low, found.ratio_high)
