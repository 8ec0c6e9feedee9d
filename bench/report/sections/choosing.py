"""What a report says to who has to choose: cost beside what it buys, and a ranking whose weights a page lets move."""

from __future__ import annotations

from bench.analysis.choosing.criteria import STOCK, Measured
from bench.analysis.choosing.fronts import fronts
from bench.analysis.choosing.ranking import by_equal_weights
from bench.analysis.data.isolations import IsolationFacts
from bench.report.content import Facet, Picture, Weighing
from bench.report.plots import tradeoff
from bench.report.tables import choices
from bench.report.tables import fronts as tables
from bench.report.text import dominance


def beside(measured: Measured) -> Facet | None:
    """Return every cost against what is reached of the host; None where the run has not both."""
    found = fronts(measured)
    draw = tradeoff.draw_later(found, IsolationFacts.of(measured.manifest))
    if draw is None:
        return None
    said = tuple(map(dominance.sentence, found))
    alt = f"Each isolation by its cost and by {dominance.reached(found[0].reached)}, with intervals. {' '.join(said)}"
    first, *details = map(tables.table, found)
    picture = Picture(name="cost-beside-benefit", alt=alt, draw=draw)
    return Facet(table=first, sentences=(*said, tables.METHOD), picture=picture, details=tuple(details))


def weighing(measured: Measured) -> Weighing | None:
    """Return isolations by equal weights of all that a run has; None for a run of one figure, or of one isolation."""
    if len(measured.known(STOCK)) < 2:
        return None
    found = by_equal_weights(measured)
    return choices.weighing(found) if found and len(found.isolations) > 1 else None
