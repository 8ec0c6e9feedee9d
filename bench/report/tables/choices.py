"""A ranking as a table: who has which place how surely, what that costs, and the figures that it is made of."""

from __future__ import annotations

import json

import numpy as np

from bench.analysis.choosing.criteria import Criterion
from bench.analysis.choosing.ranking import Recommendation
from bench.report.content import Table, Valued, Weighing
from bench.report.text import choice, words

PLACES, TIMES = "place: how often", "cost, of the first's"


DRAWS = 200
"""Of so many resamples a page ranks anew: shares are then within 7 points, and sixteen isolations take 50 KB."""


def table(found: Recommendation) -> Table:
    """Return a row for each isolation, the best first; a figure for each criterion."""
    rows = tuple(
        (
            _named(found, name),
            _places(found, place),
            _times(found, place),
            *(_figure(one, name) for one in found.criteria),
        )
        for place, name in enumerate(found.isolations)
    )
    more = [one.word for one in found.criteria if not one.is_lower_better]
    better = f"More is better of {words.listed(more)}, less of all else." if more else ""
    emulated = [name for name in found.isolations if name in found.emulated]
    return Table(
        title="By these weights",
        head=("isolation", PLACES, TIMES, *(one.word for one in found.criteria)),
        rows=rows,
        notes=(" ".join(filter(None, (choice.METHOD, better))), *words.emulated(emulated)),
    )


def weighing(found: Recommendation) -> Weighing:
    """Return a ranking in words, as a table, and as what a page ranks anew by."""
    return Weighing(first=choice.first(found), table=table(found), said=tuple(choice.said(found)), data=_data(found))


def _data(found: Recommendation) -> str:
    drawn = found.log_costs[:: len(found.log_costs) // DRAWS][:DRAWS]
    document = {
        "criteria": [{"word": one.word, "weight": found.weights[one.word]} for one in found.criteria],
        "isolations": list(found.isolations),
        "costs": np.round(found.log_figures, 4).tolist(),
        "draws": np.rint(1000 * (drawn - found.log_figures)).astype(int).reshape(len(drawn), -1).tolist(),
    }
    return json.dumps(document, separators=(",", ":"))


def _named(found: Recommendation, name: str) -> str:
    return f"{name} (emulated)" if name in found.emulated else name


def _places(found: Recommendation, row: int) -> str:
    """Return each place that an isolation ever has, with how often: ``2: 91 %, 3: 9 %``."""
    known = [(place, share) for place, share in enumerate(found.probabilities[row], 1) if share]
    said = [f"{place}: {choice.share(share)}" for place, share in sorted(known, key=lambda pair: -pair[1])]
    return Valued(", ".join(said), row + 1)


def _times(found: Recommendation, row: int) -> str:
    value, low, high = map(float, found.times[row])
    return Valued(f"{words.times(value)} {words.times_interval(low, high) if row else ''}".rstrip(), value)


def _figure(one: Criterion, name: str) -> str:
    finding = one.findings[name]
    return Valued(words.quantity(finding.median, finding.unit), finding.median)
