"""The answer in at most three sentences: start-up, idle memory, and what workloads report, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.comparison import Finding
from bench.analysis.summary import BASELINE, OVERHEAD
from bench.analysis.sweep import Sweep
from bench.model import TWIN
from bench.report import standing, words
from bench.report.overview import KINDS, Line
from bench.report.spectrum import ratio_far

_MOST = 3
"""Of more isolations a sentence names the nearest to bare and the furthest from it."""


def answer(lines: Sequence[Line], sweeps: Sequence[Sweep]) -> tuple[str, ...]:
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


def _sentence(topic: str, told: Sequence[tuple[Line, str]]) -> str:
    if not told:
        return ""
    chosen = told if len(told) <= _MOST else _ends(told)
    of = f", of {len(told)} isolations" if len(told) > len(chosen) else ""
    return f"{topic}{of}: {'; '.join(f'{line.name} {text}' for line, text in chosen)}."


def _ends(told: Sequence[tuple[Line, str]]) -> list[tuple[Line, str]]:
    """Return the nearest to bare, the furthest that is not emulated, and the furthest."""
    placed = sorted(told, key=lambda pair: max(ratio_far(one.ratio) for _, one in pair[0].known))
    real = [pair for pair in placed if not pair[0].emulated]
    return list(dict.fromkeys([placed[0], *real[-1:], placed[-1]]))


def _started(line: Line) -> str:
    _, found = _furthest(line)
    if standing.standing(found) in (standing.NOT_SHOWN, standing.EQUIVALENT, standing.TOO_FEW):
        return f"is ready after {words.quantity(found.median, found.unit)}, {_ratio(found)}"
    return f"takes {_ratio(found)}, {words.quantity(found.median, found.unit)}"


def _held(line: Line, sweeps: Sequence[Sweep]) -> str:
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
    return f"holds {words.quantity(abs(one.median), one.unit)} {more} than bare{sure}{_at(setting)}"


def _worked(lines: Sequence[Line]) -> list[tuple[Line, str]]:
    """Say for each isolation how what its workloads report stands to bare's, over all figures and settings."""
    by_isolation: dict[str, list[Line]] = {}
    for line in lines:
        by_isolation.setdefault(line.isolation, []).append(line)
    return [(mine[0], _over(mine)) for mine in by_isolation.values()]


def _over(mine: Sequence[Line]) -> str:
    found = [(line, setting, one) for line in mine for setting, one in line.known]
    if len(found) == 1:
        line, _, one = found[0]
        changed = ", over a speed that changed" if line.moving else ""
        return f"has {_ratio(one)} {line.what.partition(': ')[2]}{changed}"
    counts = {word: sum(standing.standing(one) == word for _, _, one in found) for word in _WORDS}
    known = [(word, count) for word, count in counts.items() if count]
    said = ", ".join(f"{_WORDS[word]} in {count}" for word, count in known)
    line, setting, one = max(found, key=lambda triple: ratio_far(triple[2].ratio))
    interval = words.times_interval(one.ratio_low, one.ratio_high)
    furthest = f"{line.what}{_at(setting)}, {words.times(one.ratio)} {interval}".rstrip()
    moving = sum(line.moving for line in mine)
    changed = f", {moving} of them over a speed that changed" if moving else ""
    return f"is {said} of {len(found)} figures{changed} (furthest from {BASELINE}: {furthest})"


_WORDS = {
    standing.WORSE: "worse", standing.BETTER: "better", standing.EQUIVALENT: standing.EQUIVALENT,
    standing.NOT_SHOWN: "not shown to differ", standing.TOO_FEW: "measured in too few rounds",
}  # fmt: skip


def _furthest(line: Line) -> tuple[str, Finding]:
    return max(line.known, key=lambda pair: ratio_far(pair[1].ratio))


def _ratio(found: Finding) -> str:
    interval = words.times_interval(found.ratio_low, found.ratio_high)
    ratio = f"{words.times(found.ratio)} {BASELINE}'s {interval}".rstrip()
    how = standing.standing(found)
    notes = {standing.NOT_SHOWN: ", no difference shown", standing.EQUIVALENT: f", {standing.EQUIVALENT}",
             standing.TOO_FEW: " from too few rounds"}  # fmt: skip
    return f"{ratio}{notes.get(how, '')}"


def _at(setting: str) -> str:
    return f" at {setting}" if setting else ""
