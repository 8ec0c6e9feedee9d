"""Time to ready against how many instances there are: alone, beside those that run, with those asked for at once.

One picture of what start-up, density and bursts have measured of the same isolations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.analysis.figures.comparison import Finding
from bench.analysis.figures.headlines import READY
from bench.analysis.figures.sweep import Sweep
from bench.store.manifest import Manifest, RunScenario


class Company(StrEnum):
    """In what company an instance is started."""

    ALONE = "alone"
    RUNNING = "beside those that run already"
    AT_ONCE = "with others at the same moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The times to ready of one isolation in one sort of company; ``counts`` are instances, itself among them."""

    isolation: str
    company: Company
    counts: tuple[int, ...]
    found: tuple[Finding, ...]


def curves(sweeps: Sequence[Sweep], manifest: Manifest) -> tuple[Curve, ...]:
    """Return every curve of a run, by isolation and company; none where there is company of one sort only."""
    every = [one for sweep in sweeps if (of := manifest.scenarios.get(sweep.scenario)) for one in _of_sweep(sweep, of)]
    return tuple(every) if len({one.company for one in every}) > 1 else ()


def _of_sweep(sweep: Sweep, of: RunScenario) -> list[Curve]:
    if of.density is not None:
        return _over(sweep, Company.RUNNING, ("density.start", "host"), "running", itself=1)
    if of.burst is not None:
        return _over(sweep, Company.AT_ONCE, READY, "at_once", itself=0)
    asks_for_start_up = not (
        of.many or of.metrics or of.client or of.settle_s or of.provision or of.rungs or of.entering or of.restore
    )
    if not asks_for_start_up or len(sweep.comparisons) > 1:
        return []
    return [
        Curve(isolation=one.isolation, company=Company.ALONE, counts=(1,), found=(one,))
        for one in sweep.comparisons[0].findings(*READY)
    ]


def _over(sweep: Sweep, company: Company, figure: tuple[str, str], step: str, *, itself: int) -> list[Curve]:
    """Return the curves over a step that counts instances; ``itself`` is 1 where it counts the others only."""
    made = []
    for name in sweep.shown(*figure):
        rows = [(row, row.finding(name, *figure)) for row in sweep.comparisons if step in row.values_of]
        points = sorted((int(row.values_of[step]) + itself, one) for row, one in rows if one is not None)
        counts, found = zip(*points, strict=True)
        made.append(Curve(isolation=name, company=company, counts=counts, found=found))
    return made
