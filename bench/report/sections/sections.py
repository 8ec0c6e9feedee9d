"""A section for every scenario: what answers its question first, then memory, then start-up."""

from __future__ import annotations

import re

from bench.analysis.figures.sweep import Sweep, label
from bench.analysis.quality.caveats import caveats
from bench.report.content import Facet, Section
from bench.report.sections import facets
from bench.report.text import facts
from bench.store.manifest import Manifest, RunScenario

MOST_SENTENCES = 3
"""What a summary says of one scenario: who wants more reads its section."""


def section(sweep: Sweep, manifest: Manifest) -> Section:
    """Return a scenario's section: all isolations of its one set of parameters, or all its settings side by side."""
    scenario = manifest.scenarios.get(sweep.scenario)
    anchor = re.sub(r"[^a-z0-9]+", "-", sweep.scenario.lower()).strip("-")
    has_settings = len(sweep.comparisons) > 1
    made, leading = facets.made(sweep, manifest, scenario, anchor)
    return Section(
        anchor=anchor,
        title=_title(sweep, scenario),
        question=scenario.question if scenario else "",
        facts=facts.facts(sweep, manifest, scenario),
        facets=made,
        leading=min(leading, 1) if has_settings else leading,
        summary=_summary(made[:leading]),
        caveats=caveats(sweep),
        left_out=_left_out(sweep),
        folded=has_settings,
    )


def _title(sweep: Sweep, scenario: RunScenario | None) -> str:
    """Return the scenario's title, with its parameters where only one of their values was measured."""
    title = scenario.title if scenario else sweep.scenario
    if len(sweep.comparisons) > 1:
        return title
    names = {name for name, values in scenario.dimensions.items() if len(values) > 1} if scenario else None
    text = sweep.comparisons[0].parameters_text(names)
    return f"{title}: {text}" if text else title


def _summary(leading: tuple[Facet, ...]) -> tuple[str, ...]:
    """Return what the first figures come to; more of them only while there is room."""
    said: list[str] = []
    for facet in leading:
        if not said or len(said) + len(facet.sentences) <= MOST_SENTENCES:
            said += facet.sentences
    return tuple(said[:MOST_SENTENCES])


def _left_out(sweep: Sweep) -> tuple[str, ...]:
    """Say once for each reason which cells were not offered."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in sweep.not_offered:
        names = [name for name in (*sweep.names, *one.parameters) if name in one.parameters]
        place = label(one.parameters, list(dict.fromkeys(names)))
        places.setdefault((one.isolation, one.reason), []).append(place)
    return tuple(
        f"Left out: {isolation}{_at(found)}: {reason.rstrip('.')}." for (isolation, reason), found in places.items()
    )


def _at(places: list[str]) -> str:
    known = [place for place in places if place]
    return f" at {'; '.join(known)}" if known else ""
