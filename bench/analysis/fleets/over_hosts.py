"""What holds over hosts: each headline ratio to bare on every host, then a summary in which a host counts once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.claims.verdict import Verdict
from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.figures.by_round import CellKey, FigureKey
from bench.analysis.figures.summary import has_ratio
from bench.analysis.fleets.hosts import HostRun
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side, over_one_stretch
from bench.analysis.statistics.random_effects import FEWEST, RandomEffects, moderated, random_effects
from bench.model import BASELINE

_LEAST_VARIANCE = 1e-12
"""Of a logarithm: a host whose every round said the same knows its ratio to a millionth, not exactly."""

MORE, LESS, UNDECIDED = "more", "less", "undecided"
"""What a host's interval says of its ratio: all above one, all below, or across."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRatio:
    """One host's ratio to its own bare; ``low`` and ``high`` are NaN for too few rounds. ``variance`` of its log."""

    host: str
    n: int
    ratio: float
    low: float
    high: float
    variance: float

    @property
    def says(self) -> str:
        """Return what its interval says."""
        return MORE if self.low > 1 else LESS if self.high < 1 else UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class OverHosts:
    """One headline ratio on all hosts that have it; ``effects`` of its logarithm, None for too few hosts."""

    cell: CellKey
    figure: FigureKey
    emulated: bool
    """Whether on these hosts it was emulated: with others, where it was not, they have nothing in common."""
    hosts: tuple[HostRatio, ...]
    effects: RandomEffects | None

    @property
    def says(self) -> Mapping[str, int]:
        """On how many hosts the interval says what."""
        return Counter(one.says for one in self.hosts)

    @property
    def holds(self) -> tuple[str, int]:
        """What most hosts say that say anything, and on how many hosts it holds."""
        return max(((word, self.says[word]) for word in (MORE, LESS)), key=lambda pair: pair[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOverHosts:
    """One claim, and on which hosts it came to which verdict."""

    scenario: str
    number: int
    says: str
    verdicts: Mapping[Verdict, tuple[str, ...]]


def over_hosts(runs: Sequence[HostRun]) -> tuple[OverHosts, ...]:
    """Return every headline ratio to bare that any host has: by scenario and metric, isolations in reading order."""
    found: dict[tuple[CellKey, FigureKey, bool], list[HostRatio]] = {}
    for run in runs:
        for (cell, figure), one in _ratios(run):
            told = run.manifest.isolations.get(cell.isolation)
            found.setdefault((cell, figure, bool(told and told.emulated)), []).append(one)
    facts = IsolationFacts.of(runs[0].manifest) if runs else UNTOLD
    places = {name: place for place, name in enumerate(dict.fromkeys(cell[:2] + figure for cell, figure, _ in found))}
    ordered = sorted(found, key=lambda key: (places[key[0][:2] + key[1]], facts.reading_order(key[0].isolation)))
    return tuple(
        OverHosts(cell=key[0], figure=key[1], emulated=key[2], hosts=tuple(found[key]), effects=_effects(found[key]))
        for key in ordered
    )


def claims_over_hosts(runs: Sequence[HostRun]) -> tuple[ClaimOverHosts, ...]:
    """Return every claim of the hosts' scenarios with the hosts by verdict."""
    found: dict[tuple[str, int, str], dict[Verdict, list[str]]] = {}
    for run in runs:
        for one in run.claims:
            by_verdict = found.setdefault((one.scenario, one.number, one.claim.says), {})
            by_verdict.setdefault(one.verdict, []).append(run.name)
    return tuple(
        ClaimOverHosts(
            scenario=scenario, number=number, says=says,
            verdicts={verdict: tuple(by_verdict[verdict]) for verdict in Verdict if verdict in by_verdict},
        )
        for (scenario, number, says), by_verdict in found.items()
    )  # fmt: skip


def _ratios(run: HostRun) -> Iterator[tuple[tuple[CellKey, FigureKey], HostRatio]]:
    pairs: dict[tuple[CellKey, FigureKey], tuple[Side, Side]] = {}
    for cell, figures in run.figures.items():
        bare = run.figures.get(cell._replace(isolation=BASELINE), {})
        if cell.isolation != BASELINE:
            pairs |= {
                (cell, figure): over_one_stretch(side, bare[figure])
                for figure, side in figures.items()
                if figure in bare and has_ratio(figure.metric, figure.unit)
            }
    resampled = intervals.of_ratios([*pairs.values()])
    for key, one in zip(pairs, resampled, strict=True):
        if math.isfinite(one.value):
            yield key, _host_ratio(run, one)


def _host_ratio(run: HostRun, found: intervals.Resampled) -> HostRatio:
    shown = found.interval(run.manifest.stopping.confidence)
    variance = math.nan
    if found.resamples is not None:  # resampled means scatter less than means do (``intervals.tail_of_means``)
        variance = float(np.var(found.resamples)) * found.drawn_from / (found.drawn_from - 1)
    return HostRatio(host=run.name, n=found.n, ratio=found.value, low=shown.low, high=shown.high, variance=variance)


def _effects(hosts: Sequence[HostRatio]) -> RandomEffects | None:
    known = [one for one in hosts if math.isfinite(one.variance)]
    if len(known) < FEWEST:
        return None
    rounds = np.array([one.n for one in known], dtype=np.float64)
    variances = np.maximum([one.variance for one in known], _LEAST_VARIANCE)
    return random_effects(np.log([one.ratio for one in known]), moderated(variances * rounds, rounds - 1) / rounds)
