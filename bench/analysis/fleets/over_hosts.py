"""What holds over hosts: each headline ratio to bare on every host, then a summary in which a host counts once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.claims.verdict import Verdict
from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.figures.by_round import CellKey, FigureKey
from bench.analysis.fleets.host_runs import HostRatio, HostRun
from bench.analysis.statistics.random_effects import FEWEST, RandomEffects, moderated, random_effects

_LEAST_VARIANCE = 1e-12
"""Of a logarithm: a host whose every round said the same knows its ratio to a millionth, not exactly."""

MORE, LESS, UNDECIDED = "more", "less", "undecided"
"""What a host's interval says of its ratio: all above one, all below, or across."""


def says(ratio: HostRatio) -> str:
    """Return what a host's interval says."""
    return MORE if ratio.low > 1 else LESS if ratio.high < 1 else UNDECIDED


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
        return Counter(map(says, self.hosts))

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
        for (cell, figure), one in run.ratios.items():
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


def _effects(hosts: Sequence[HostRatio]) -> RandomEffects | None:
    known = [one for one in hosts if math.isfinite(one.variance)]
    if len(known) < FEWEST:
        return None
    rounds = np.array([one.n for one in known], dtype=np.float64)
    variances = np.maximum([one.variance for one in known], _LEAST_VARIANCE)
    return random_effects(np.log([one.ratio for one in known]), moderated(variances * rounds, rounds - 1) / rounds)
