"""Isolations in the order of somebody's own weights, how sure that order is, and what would change it.

An isolation's cost is the weighted geometric mean of its figures, those turned round of which more is better. So the
order hangs neither on units nor on what ratios are to (a weighted product: Bridgman, "Dimensional Analysis", 1922; of
benchmarks Fleming & Wallace, CACM 29(3), 1986). It is made anew of every resample of the rounds; how often an isolation
has a place there is how sure the place is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bench.analysis.choosing.criteria import STOCK, SURFACE, Criterion, Measured
from bench.analysis.choosing.musts import Must, must_of
from bench.analysis.schemas import RECOMMENDATION_COLUMNS
from bench.analysis.statistics.intervals import tail_of_means
from bench.analysis.statistics.resampling import Floats
from bench.errors import InputError
from bench.store.table import dtypes


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What would bring another isolation to the first place: a weight, or the first's own figure, of ``criterion``."""

    criterion: str
    is_weight: bool
    now: float
    at: float
    """The weight, or the figure in its own unit, at which both are level."""
    isolation: str
    """Who is first beyond that."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recommendation:
    """Isolations in order, the best first. ``probabilities`` has a row for each, and a column for each place."""

    criteria: tuple[Criterion, ...]
    weights: Mapping[str, float]
    isolations: tuple[str, ...]
    emulated: frozenset[str]
    times: Floats
    """How many times the first's cost each has, shape (isolations, 3): the figure, and its interval's ends."""
    probabilities: Floats
    log_costs: Floats
    """Of every resample, isolation and criterion: shape (RESAMPLES, isolations, criteria)."""
    log_figures: Floats
    """The same of the figures themselves: shape (isolations, criteria)."""
    swaps: tuple[Swap, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Isolations that are not ranked, each with the reason."""
    lacking: str = ""
    """The command that measures what isolation buys, where nobody asked for that and the run has it not."""

    @property
    def table(self) -> pd.DataFrame:
        """One row per isolation; columns: ``bench.schemas["recommendation"]``."""
        rows = [
            {
                "isolation": name, "emulated": name in self.emulated, "place": place + 1,
                "probability": self.probabilities[place, place], "first": self.probabilities[place, 0],
                "times": self.times[place, 0], "times_low": self.times[place, 1], "times_high": self.times[place, 2],
            }
            for place, name in enumerate(self.isolations)
        ]  # fmt: skip
        columns = [one.name for one in RECOMMENDATION_COLUMNS]
        return pd.DataFrame(rows, columns=columns).astype(dict(dtypes(RECOMMENDATION_COLUMNS)))

    @property
    def places(self) -> pd.DataFrame:
        """The probability of every place: isolations by places, from 1."""
        count = len(self.isolations)
        return pd.DataFrame(self.probabilities, index=list(self.isolations), columns=list(range(1, count + 1)))


def recommend(
    measured: Measured, *, weights: Mapping[str, float] | None = None, musts: Sequence[str] = ()
) -> Recommendation:
    """Rank the isolations of a run by these weights; none given: all that the run has of ``STOCK``, each as heavy.

    Raises InputError where a figure that is needed was not measured, or nobody meets the musts.
    """
    asked = [must_of(text) for text in musts]
    compared = list(dict.fromkeys(one.word for one in asked if one.word))
    given = (
        _checked(weights) if weights is not None else dict.fromkeys((one.word for one in measured.known(STOCK)), 1.0)
    )
    needed = measured.criteria([*dict.fromkeys([*(given or STOCK), *compared])])
    by_word = {one.word: one for one in needed}
    criteria = tuple(by_word[word] for word in given)
    left_out = {name: reason for name in measured.isolations if (reason := _reason(name, by_word, asked, measured))}
    isolations = [name for name in measured.isolations if name not in left_out]
    if not isolations:
        said = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise InputError(
            f"{measured.manifest.run} has no isolation to recommend: {said}", remedy="Ask for less, or measure more"
        )
    lacking = measured.command([*given, SURFACE]) if weights is None and SURFACE not in given else ""
    return _ranked(criteria, given, isolations, left_out, lacking)


def by_equal_weights(measured: Measured) -> Recommendation | None:
    """Rank by all that a run has of ``STOCK``, each as heavy; None where no isolation has all of these figures."""
    try:
        return recommend(measured)
    except InputError:
        return None


def _checked(weights: Mapping[str, float]) -> dict[str, float]:
    wrong = [f"{word}={weight:g}" for word, weight in weights.items() if not 0 <= weight < math.inf]
    if wrong or not any(weights.values()):
        raise InputError(
            f"weights {', '.join(wrong) or 'of nought alone'} order nothing",
            remedy="Numbers from 0 on: start=3,memory=1",
        )
    return {word: weight for word, weight in weights.items() if weight}


def _reason(name: str, by_word: Mapping[str, Criterion], musts: Sequence[Must], measured: Measured) -> str:
    """Say why an isolation is not ranked: it has not all figures, or does not meet a must."""
    if lacking := measured.lacking(name, by_word.values()):
        return lacking
    told = measured.manifest.isolations.get(name)
    unmet = [
        one.unmet_figure(by_word[one.word].findings[name]) if one.word else one.unmet_fact(told) if told else "not told"
        for one in musts
    ]
    return next(filter(None, unmet), "")


def _ranked(
    criteria: tuple[Criterion, ...],
    weights: Mapping[str, float],
    isolations: Sequence[str],
    left_out: Mapping[str, str],
    lacking: str,
) -> Recommendation:
    costs = [one.log_costs(isolations) for one in criteria]
    figures, resamples = np.stack([one for one, _ in costs], axis=-1), np.stack([one for _, one in costs], axis=-1)
    share = np.array([*weights.values()]) / sum(weights.values())
    order = np.argsort(figures @ share, kind="stable")
    names, figures, resamples = tuple(isolations[place] for place in order), figures[order], resamples[:, order]
    cost = resamples @ share
    fewest = min(one.sides[name].n for one in criteria for name in names)
    tail = tail_of_means(fewest, criteria[0].at.confidence)
    ends = np.quantile(cost - cost[:, :1], (tail, 1 - tail), axis=0)
    apart = np.stack([(figures - figures[0]) @ share, *ends], axis=1)
    return Recommendation(
        criteria=criteria,
        weights=weights,
        isolations=names,
        emulated=frozenset(name for one in criteria for name in one.at.emulated),
        times=np.exp(apart),
        probabilities=probabilities(cost),
        log_costs=resamples,
        log_figures=figures,
        swaps=tuple(_swaps(criteria, weights, names, figures)),
        left_out=left_out,
        lacking=lacking,
    )


def probabilities(cost: Floats) -> Floats:
    """Return how often each isolation has each place, isolations by places, of costs by resample and isolation."""
    places = np.argsort(np.argsort(cost, axis=1, kind="stable"), axis=1)
    count = cost.shape[1]
    return np.stack([np.bincount(own, minlength=count) for own in places.T]) / len(cost)


def _swaps(
    criteria: Sequence[Criterion], weights: Mapping[str, float], names: Sequence[str], figures: Floats
) -> Iterator[Swap]:
    """Yield what would bring another to the first place, of each criterion: its weight, then the first's own figure."""
    heavy = np.array([*weights.values()])
    apart = figures[1:] - figures[0]  # of each rival, by how much it costs more, by criterion
    if not len(apart):
        return
    ahead = apart @ heavy
    for place, one in enumerate(criteria):
        now, steep = float(heavy[place]), apart[:, place]
        level = np.divide(steep * now - ahead, steep, out=np.full(len(steep), np.nan), where=steep != 0)
        below = (level > now * _NOTHING) & (level < now)
        for rivals in (np.where(below, level, np.nan), np.where(level > now, level, np.nan)):
            if not np.isnan(rivals).all():
                nearest = int(np.nanargmin(np.abs(rivals - now)))
                yield Swap(
                    criterion=one.word, is_weight=True, now=now, at=float(rivals[nearest]), isolation=names[1 + nearest]
                )
        second = int(np.argmin(ahead))
        median, sign = one.findings[names[0]].median, 1 if one.is_lower_better else -1
        at = median * math.exp(sign * min(float(ahead[second]) / now, _MOST_APART))
        yield Swap(criterion=one.word, is_weight=False, now=median, at=at, isolation=names[1 + second])


_NOTHING = 1e-9
"""A weight this small beside its own is none: beyond it there is no other."""

_MOST_APART = 100.0
"""Logarithm of a factor beyond which no figure is changed in earnest."""
