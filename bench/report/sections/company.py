"""What start-up, density and bursts say together: a picture and its table, at the end of the last of their sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.figures.company import Curve, curves
from bench.analysis.figures.sweep import Sweep
from bench.report.content import Facet, Picture, Section, Table
from bench.report.plots import starts
from bench.report.tables import grids
from bench.report.text import words
from bench.store.manifest import Manifest


def added(sections: tuple[Section, ...], sweeps: Sequence[Sweep], manifest: Manifest) -> tuple[Section, ...]:
    """Return the sections, the last one that is of many instances with the picture of them all, where there is one."""
    found = curves(sweeps, manifest)
    asked = [manifest.scenarios.get(sweep.scenario) for sweep in sweeps]
    place = max((place for place, of in enumerate(asked) if of and of.many), default=None)
    if not found or place is None:
        return sections
    last = replace(sections[place], facets=(*sections[place].facets, _facet(found, manifest)))
    return (*sections[:place], last, *sections[place + 1 :])


def _facet(found: Sequence[Curve], manifest: Manifest) -> Facet:
    draw = starts.draw_later(found, IsolationFacts.of(manifest))
    alt = (
        "Time to ready of each isolation against how many instances there are: alone, beside those that run already, "
        "and with others asked for at the same moment. Whiskers are 95 % intervals. The table has the same figures."
    )
    said = " ".join((alt, *words.emulated(sorted({one.isolation for one in found if one.found[0].emulated}))))
    return Facet(table=_table(found), picture=Picture(name="company", alt=said, draw=draw) if draw else None)


def _table(found: Sequence[Curve]) -> Table:
    """Return a row for each isolation and company, a column for each number of instances."""
    counts = sorted({count for one in found for count in one.counts})
    rows = []
    for one in found:
        known = dict(zip(one.counts, one.found, strict=True))
        cells = (grids.median(known[count]) if count in known else words.NONE for count in counts)
        rows.append((one.isolation, one.company.value, *cells))
    return Table(
        title="Time to ready by how many instances there are, lower is better",
        head=("isolation", "started", *map(str, counts)),
        rows=tuple(sorted(rows, key=lambda row: row[0])),
        names=2,
        grouped=True,
    )
