"""The answer in at most three sentences: start-up, idle memory, and what workloads report, with their intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.analysis.figures.comparison import Finding
from bench.analysis.figures.glance import NOT_SHOWN, TOO_FEW, Mark, mark
from bench.analysis.figures.summary import BASELINE, OVERHEAD
from bench.analysis.figures.sweep import Sweep
from bench.model import TWIN
from bench.report.tables.overview import KINDS, OverviewRow
from bench.report.text import effect, words
from bench.report.text.spectrum import ratio_far

_MOST = 3
"""Of more isolations a sentence names the nearest to bare and the furthest from it."""


def answer(lines: Sequence[OverviewRow], sweeps: Sequence[Sweep]) -> tuple[str, ...]:
    """Return one sentence for each kind of figure that the run has against bare."""
    by_kind = {
        kind: [line for line in lines if line.kind == kind and line.known and line.isolation != TWIN] for kind in KINDS
    }
    said = (
        _sentence("Start-up", [(line, _started(line)) for line in by_kind[KINDS[0]]]),
        _sentence("Idle memory", [(line, _held(line, sweeps)) for line in by_kind[KINDS[1]]]),
        _sentence("Work done", [(line, text) for line, text in _worked(by_kind[KINDS[2]])]),
    )
    return tuple(text for text in said if text)


def _sentence(topic: str, told: Sequence[tuple[OverviewRow, str]]) -> str:
    if not told:
        return ""
    chosen = told if len(told) <= _MOST else _ends(told)
    of = f", the ends of {len(told)} isolations" if len(told) > len(chosen) else ""
    return f"{topic}{of}: {'. '.join(f'{line.name} {text}' for line, text in chosen)}."


def _ends(told: Sequence[tuple[OverviewRow, str]]) -> list[tuple[OverviewRow, str]]:
    """Return the nearest to bare, the furthest that is not emulated, and the furthest."""
    placed = sorted(told, key=lambda pair: max(ratio_far(one.ratio) for _, one in pair[0].known))
    real = [pair for pair in placed if not pair[0].emulated]
    return list(dict.fromkeys([placed[0], *real[-1:], placed[-1]]))


def _started(line: OverviewRow) -> str:
    setting, found = _furthest(line)
    bare = next(one.bare for one in line.places if one.found is found)
    took = words.quantity(bare.median, bare.unit) if bare else ""
    return f"starts in {words.quantity(found.median, found.unit)}, {_ratio(found, took)}{_at(setting)}"


def _held(line: OverviewRow, sweeps: Sequence[Sweep]) -> str:
    """Say what is held more than bare, by the difference of medians, which means more here than their ratio."""
    setting, found = _furthest(line)
    added = [
        one
        for sweep in sweeps
        for row in sweep.comparisons
        if (held := row.finding(line.isolation, found.metric, found.vantage)) is found and held is not None
        if (one := row.finding(line.isolation, f"{OVERHEAD}{found.metric}", found.vantage))
    ]
    if not added:
        return f"holds {_ratio(found)}"
    one = added[0]
    more = "more" if one.median >= 0 else "less"
    low, high = sorted((abs(one.low), abs(one.high))) if one.low * one.high > 0 else (one.low, one.high)
    interval = words.interval(low, high, one.unit, one.median)
    sure = f" ({interval})" if interval != words.NONE else ""
    return f"holds {words.quantity(abs(one.median), one.unit)} {more} than {BASELINE}{sure}{_at(setting)}"


def _worked(lines: Sequence[OverviewRow]) -> list[tuple[OverviewRow, str]]:
    """Say for each isolation how what its workloads report stands to bare's, over all figures and settings."""
    by_isolation: dict[str, list[OverviewRow]] = {}
    for line in lines:
        by_isolation.setdefault(line.isolation, []).append(line)
    return [(mine[0], _over(mine)) for mine in by_isolation.values()]


def _over(mine: Sequence[OverviewRow]) -> str:
    found = [(line, setting, one) for line in mine for setting, one in line.known]
    if len(found) == 1:
        line, _, one = found[0]
        changed = ", over a speed that changed" if line.moving else ""
        return f"has {_ratio(one, line.what.partition(': ')[2])}{changed}"
    counts = Counter(shows for _, _, one in found if (shows := mark(one)))
    said = ", ".join(f"{_SAYS.get(which, which.value)} in {counts[which]}" for which in _ORDER if counts[which])
    line, setting, one = max(found, key=lambda triple: ratio_far(triple[2].ratio))
    furthest = f"{line.what}{_at(setting)}, {_ratio(one)}"
    moving = sum(line.moving for line in mine)
    changed = f", {moving} of them over a speed that changed" if moving else ""
    return f"is {said} of {len(found)} figures{changed}; furthest from {BASELINE}: {furthest}"


_SAYS = {Mark.SAME: "the same"}

_ORDER = (Mark.WORSE, Mark.BETTER, Mark.SAME, Mark.UNSURE)


def _furthest(line: OverviewRow) -> tuple[str, Finding]:
    return max(line.known, key=lambda pair: ratio_far(pair[1].ratio))


def _ratio(found: Finding, what: str = "") -> str:
    notes = {NOT_SHOWN: ", no difference shown", effect.EQUIVALENT: f", {effect.EQUIVALENT}",
             TOO_FEW: " from too few rounds"}  # fmt: skip
    return words.of_bare(found.ratio, found.ratio_low, found.ratio_high, what) + notes.get(effect.of(found), "")


def _at(setting: str) -> str:
    return f" at {setting}" if setting else ""
