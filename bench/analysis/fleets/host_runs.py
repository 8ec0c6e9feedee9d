"""What each host has: its headline ratios to its own bare, and what claims came to.

What is derived from samples is derived for several hosts at once, which takes less time: hosts' trials get numbers of
their own, and their scenarios names, so that none meets another's.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from bench.analysis.claims.claims import JudgedClaim, judged_by
from bench.analysis.claims.evidence import Evidence
from bench.analysis.data import derive, texts
from bench.analysis.data.sources import needed
from bench.analysis.figures.by_round import CellKey, FigureKey, Figures, sides
from bench.analysis.figures.headlines import is_headline
from bench.analysis.figures.summary import has_ratio, measured
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side, over_one_stretch
from bench.model import BASELINE
from bench.store.manifest import Manifest

_KeyedT = TypeVar("_KeyedT")

_READ = [
    "scenario", "parameters", "step", "isolation", "emulated", "round", "trial", "outcome", "metric", "vantage", "unit",
    "better", "value",
]  # fmt: skip
"""Columns that figures and endings are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRatio:
    """One host's ratio to its own bare; ``low`` and ``high`` are NaN for too few rounds. ``variance`` of its log."""

    host: str
    n: int
    ratio: float
    low: float
    high: float
    variance: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HostRun:
    """What one host has."""

    name: str
    manifest: Manifest
    ratios: Mapping[tuple[CellKey, FigureKey], HostRatio]
    claims: tuple[JudgedClaim, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HostSamples:
    """What of one host's samples is needed: those that figures are made of, and one of every trial and setting."""

    name: str
    manifest: Manifest
    figures: pd.DataFrame
    endings: pd.DataFrame

    @classmethod
    def of(cls, name: str, manifest: Manifest, frame: pd.DataFrame) -> HostSamples:
        """Take it from a compact frame, as ``load`` gives it."""
        read = frame[_READ]
        claimed = {one.metric for told in manifest.scenarios.values() for one in told.claims if one.metric}
        first = ~read.duplicated([*derive.TRIAL, "step"])
        return cls(name=name, manifest=manifest, figures=read[needed(read, claimed)], endings=read[first])


def host_runs(hosts: Sequence[HostSamples]) -> list[HostRun]:
    """Return the runs of some hosts, derived all at once. Their scenarios are alike, and so are their claims."""
    if not hosts:
        return []
    cells = sides(measured(texts.stack(list(_apart([one.figures for one in hosts])))))
    endings = texts.stack(list(_apart([one.endings for one in hosts])))
    evidence = Evidence.of(endings, hosts[0].manifest, cells)
    figures, ended = _by_place(evidence.figures), _by_place(evidence.ended)
    emulated = _by_place({CellKey(scenario, "", name): True for scenario, name in evidence.emulated_in})
    ratios = _ratios(hosts, figures)
    return [
        HostRun(
            name=one.name,
            manifest=one.manifest,
            ratios=ratios[place],
            claims=judged_by(
                Evidence(
                    manifest=one.manifest,
                    figures=figures[place],
                    ended=dict(ended[place].items()),
                    emulated_in=frozenset((key.scenario, key.isolation) for key in emulated[place]),
                )
            ),
        )
        for place, one in enumerate(hosts)
    ]


def _by_place(found: Mapping[Any, _KeyedT]) -> dict[int, dict[CellKey, _KeyedT]]:
    """Return what many hosts have by the host it is of, under the scenarios' own names (see ``_apart``)."""
    made: dict[int, dict[CellKey, _KeyedT]] = defaultdict(dict)
    for (scenario, parameters, isolation), one in found.items():
        place, _, own = scenario.partition("/")
        made[int(place)][CellKey(own, parameters, isolation)] = one
    return made


def _apart(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield hosts' samples with trials and scenarios that no other of these hosts has."""
    numbers = itertools.count(0)
    for place, frame in enumerate(frames):
        codes, known = pd.factorize(frame["trial"])
        own = np.array([next(numbers) for _ in known], dtype=np.int64)
        known_as = frame["scenario"].cat.categories
        named = pd.Index([f"{place}/{one}" for one in known_as], dtype=known_as.dtype)
        scenario = pd.Categorical.from_codes(frame["scenario"].cat.codes, categories=named)
        yield frame.assign(trial=own[codes], scenario=scenario)


def _ratios(
    hosts: Sequence[HostSamples], cells: Mapping[int, Mapping[CellKey, Figures]]
) -> list[dict[tuple[CellKey, FigureKey], HostRatio]]:
    """Return every host's ratios: resampled together, since what a resample draws is drawn once for all."""
    pairs: dict[tuple[int, CellKey, FigureKey], tuple[Side, Side]] = {}
    for place, own in cells.items():
        pairs |= {(place, cell, figure): sides for cell, figure, sides in _pairs(own)}
    found: list[dict[tuple[CellKey, FigureKey], HostRatio]] = [{} for _ in hosts]
    for (place, cell, figure), one in zip(pairs, intervals.of_ratios([*pairs.values()]), strict=True):
        if math.isfinite(one.value):
            found[place][cell, figure] = _host_ratio(hosts[place], one)
    return found


def _pairs(cells: Mapping[CellKey, Figures]) -> Iterator[tuple[CellKey, FigureKey, tuple[Side, Side]]]:
    """Yield every headline figure that has a ratio, beside that of bare."""
    for cell, figures in cells.items():
        bare = cells.get(cell._replace(isolation=BASELINE), {})
        for figure, side in figures.items() if cell.isolation != BASELINE else ():
            headline = is_headline(figure.metric, figure.vantage) and has_ratio(figure.metric, figure.unit)
            if headline and figure in bare:
                yield cell, figure, over_one_stretch(side, bare[figure])


def _host_ratio(host: HostSamples, found: intervals.Resampled) -> HostRatio:
    shown = found.interval(host.manifest.stopping.confidence)
    variance = math.nan
    if found.resamples is not None:  # resampled means scatter less than means do (``intervals.tail_of_means``)
        variance = float(np.var(found.resamples)) * found.drawn_from / (found.drawn_from - 1)
    return HostRatio(host=host.name, n=found.n, ratio=found.value, low=shown.low, high=shown.high, variance=variance)
