"""What the figures mean, in plain words; every sentence about an emulated isolation says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from bench.analysis.data.derive import OWN
from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.headlines import READY
from bench.analysis.figures.summary import BASELINE, OVERHEAD
from bench.analysis.figures.sweep import Sweep, label
from bench.report.tables import figures
from bench.report.text import words
from bench.report.text.spectrum import Said, ratio_far, spectrum_sentences
from bench.store.manifest import Manifest


def start_up(comparison: Comparison, manifest: Manifest) -> tuple[str, ...]:
    """Say how much longer each isolation takes to be ready than bare, and where the time goes."""
    said: list[Said] = []
    bare = comparison.finding(BASELINE, *READY)
    for isolation in figures.others(comparison):
        found = comparison.finding(isolation, *READY)
        if found is None:
            continue
        name = comparison.name_of(isolation)
        text = f"{name} {_takes(found, bare)}.{_largest(comparison, manifest, found)}"
        said.append(Said(text=text, far=ratio_far(found.ratio), emulated=found.emulated))
    return spectrum_sentences(said)


def memory(rows: Sequence[Comparison], when: str) -> tuple[str, ...]:
    """Say how much more each isolation holds than bare, over all settings; at a single one, shared daemons besides."""
    metric, said = f"{OVERHEAD}memory.{when}.pss", []
    names = {name: row.name_of(name) for row in rows for name in figures.others(row)}
    for isolation in sorted(names, key=rows[0].facts.reading_order) if rows else ():
        found = [one for row in rows if (one := row.finding(isolation, metric, OWN))]
        if found:
            low, high = min(one.median for one in found), max(one.median for one in found)
            held = "holds" if when == "idle" else "holds at load"
            besides = _shared(rows[0], isolation, when) if len(rows) == 1 else ""
            more = _more(low, high, found[0].unit)
            text = f"{names[isolation]} {held} {more} than {BASELINE} (PSS of its own processes){besides}."
            emulated = any(one.emulated for one in found)
            said.append(Said(text=text, far=max(abs(low), abs(high)), emulated=emulated))
    return spectrum_sentences(said)


def metric(comparison: Comparison, name: str) -> tuple[str, ...]:
    """Say how a number the workload reports compares with bare's."""
    said: list[Said] = []
    for isolation in figures.others(comparison):
        found = comparison.finding(isolation, name, "workload")
        if found is None or found.ratio != found.ratio:
            continue
        who = comparison.name_of(isolation)
        if not found.has_interval:
            text = f"{who} has too few trials to tell its {words.metric(name)} from {BASELINE}'s"
        elif not found.differs:
            text = f"{who} and {BASELINE} cannot be told apart in {words.metric(name)}"
        else:
            kept = words.of_bare(found.ratio, found.ratio_low, found.ratio_high, words.metric(name))
            text = f"{who} {_verb(found)} {kept}; {found.better} is better"
        said.append(Said(text=words.sentence(text), far=ratio_far(found.ratio), emulated=found.emulated))
    return spectrum_sentences(said)


def over_settings(sweep: Sweep, metric: str, vantage: str, what: str) -> tuple[str, ...]:
    """Say between which ratios to bare each isolation lies over all settings, and where it is furthest from 1."""
    rows = sweep.rows(metric, vantage)
    names = sweep.varying(rows)
    said: list[Said] = []
    for isolation in sweep.isolations:
        held = [(row, one) for row in rows if (one := row.finding(isolation, metric, vantage))]
        known = [(row, one) for row, one in held if math.isfinite(one.ratio)]
        if isolation != BASELINE and known:
            text = words.sentence(f"{sweep.name_of(isolation)} {_range(known, names, what)}")
            far = max(ratio_far(one.ratio) for _, one in known)
            said.append(Said(text=text, far=far, emulated=isolation in sweep.emulated))
    return spectrum_sentences(said)


def _more(low: float, high: float, unit: str) -> str:
    if low < 0 < high:
        return f"between {words.quantity(-low, unit)} less and {words.quantity(high, unit)} more"
    least, most = sorted((abs(low), abs(high)))
    return f"{words.ranged(least, most, unit)} {'more' if high > 0 else 'less'}"


def emulated(isolations: Iterable[str]) -> tuple[str, ...]:
    """Say what an emulated isolation's figures are worth."""
    names = list(isolations)
    said = "is emulated: its" if len(names) == 1 else "are emulated: their"
    return (f"{words.listed(names)} {said} figures say nothing about hardware virtualization.",) if names else ()


def _range(known: Sequence[tuple[Comparison, Finding]], names: Sequence[str], what: str) -> str:
    ratios = [one.ratio for _, one in known]
    span = words.ranged(min(ratios), max(ratios), "1")
    where, far = max(known, key=lambda pair: abs(math.log(pair[1].ratio)))
    said = f"{_verb(far)} {span} times bare's {what} over {len(known)} settings"
    if len(known) == 1:
        return f"{_verb(far)} {words.number(far.ratio)} times bare's {what} {_interval(far)}".rstrip()
    said += f", furthest at {label(where.values_of, names)} ({words.number(far.ratio)} times"
    said += (
        f", {words.number(far.ratio_low)} to {words.number(far.ratio_high)})" if math.isfinite(far.ratio_low) else ")"
    )
    same = sum(one.has_interval and not one.differs for _, one in known)
    return f"{said}; at {same} of them the two cannot be told apart" if same else said


def _verb(found: Finding) -> str:
    return "reaches" if found.better == "higher" else "has"


def _takes(found: Finding, bare: Finding | None) -> str:
    took = f"starts in {words.quantity(found.median, found.unit)}"
    if bare is None or not math.isfinite(found.ratio):
        return took
    ratio = words.of_bare(found.ratio, found.ratio_low, found.ratio_high, words.quantity(bare.median, bare.unit))
    if not found.has_interval or not math.isfinite(found.ratio_low):
        return f"{took}, {ratio}, from too few trials to be sure"
    return f"{took}, {ratio}" if found.differs else f"{took}, {ratio}; the two cannot be told apart"


def _largest(comparison: Comparison, manifest: Manifest, found: Finding) -> str:
    steps = comparison.start_up_phases(found.isolation)
    if len(steps) < 2:
        return ""
    mark, begin, finish = max(steps, key=lambda step: step[2] - step[1])
    label = manifest.phase_label(found.isolation, mark)
    return f" Its longest step takes {words.quantity(finish - begin, 's')} and ends with “{label}”."


def _shared(comparison: Comparison, isolation: str, when: str) -> str:
    metric = f"memory.{when}.pss"
    daemons = [one for one in comparison.vantages(metric) if one.startswith("processes:shared:")]
    found = [(one, comparison.finding(isolation, metric, one)) for one in daemons]
    held = [f"{words.quantity(daemon.median, daemon.unit)} of {words.vantage(one)}" for one, daemon in found if daemon]
    return f", besides {' and '.join(held)} that serve every instance" if held else ""


def _interval(found: Finding) -> str:
    return words.times_interval(found.ratio_low, found.ratio_high)
