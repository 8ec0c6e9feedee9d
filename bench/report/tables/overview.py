"""Every headline figure of a run against bare: which they are, and their table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.headlines import IDLE, READY
from bench.analysis.figures.summary import BASELINE
from bench.analysis.figures.sweep import Sweep, label
from bench.analysis.quality import warmup
from bench.analysis.quality.twins import twins
from bench.report.content import Table, Valued
from bench.report.sections.metrics import named, other_metrics, own_metrics
from bench.report.text import effect, words
from bench.store.manifest import Manifest, RunScenario

KINDS = ("Start-up", "Idle memory", "What workloads report")
"""What is asked of a run, in reading order; each has a panel of the overview and a sentence of the answer."""

_HEAD = ("figure", "isolation", "median", "against bare", "95 % interval", "shown", "could have seen", "rank", "n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One setting of an isolation's figure: what was found there, or why there is nothing."""

    setting: str
    found: Finding | None
    gap: str = ""
    moving: str = ""
    """What the isolation's speed was behind the figure, where it was not steady: ``unsteady``."""
    bare: Finding | None = None
    """Bare's figure there, which it is held against; None for bare itself."""

    @property
    def bare_moving(self) -> str:
        """What bare's speed was behind that figure, where it was not steady."""
        return _moving(self.bare)

    @property
    def has_ratio(self) -> bool:
        """Whether there is a figure, and bare's to hold it against."""
        return self.found is not None and math.isfinite(self.found.ratio)

    @property
    def shown(self) -> str:
        """How the figure stands to bare's, and what is to be said against it."""
        how = effect.of(self.found) if self.found else ""
        bare = f"{BASELINE} is {self.bare_moving}" if self.bare_moving else ""
        return "; ".join(filter(None, (how, self.moving, bare)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRow:
    """One isolation in one headline figure, at every setting; ``what`` names the figure, ``kind`` is of ``KINDS``."""

    kind: str
    what: str
    isolation: str
    name: str
    emulated: bool
    places: tuple[Place, ...]

    @property
    def known(self) -> tuple[tuple[str, Finding], ...]:
        """Settings at which there is a ratio to bare, with the figure."""
        return tuple((one.setting, one.found) for one in self.places if one.found and one.has_ratio)

    @property
    def moving(self) -> int:
        """At how many of these settings the isolation's speed was not steady, or bare's."""
        return sum(one.has_ratio and bool(one.moving or one.bare_moving) for one in self.places)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why there is no figure, each reason once."""
        return tuple(dict.fromkeys(one.gap for one in self.places if one.gap))


def lines(sweeps: Sequence[Sweep], manifest: Manifest) -> tuple[OverviewRow, ...]:
    """Return a line for every isolation but bare in every headline figure, in the order of ``KINDS``."""
    found = [line for sweep in sweeps for line in _of(sweep, manifest.scenarios.get(sweep.scenario))]
    return tuple(sorted(found, key=lambda line: KINDS.index(line.kind)))


def table(sweeps: Sequence[Sweep], manifest: Manifest) -> Table | None:
    """Return every headline figure of every isolation, bare included; None for none."""
    rows = [
        (words.capital(_titled(line.what, place.setting)), line.name, *_cells(place))
        for line in _with_bare(sweeps, manifest)
        for place in line.places
        if place.found or place.gap
    ]
    if not rows:
        return None
    emulated = {line.name for line in lines(sweeps, manifest) if line.emulated}
    ties = "Isolations that share a rank could not be told apart: the data do not separate them, which does not make "
    return Table(
        title="Every headline figure against bare",
        head=_HEAD,
        rows=tuple(sorted(rows, key=lambda row: [other[0] for other in rows].index(row[0]))),
        names=2,
        grouped=True,
        notes=(
            "“Better” and “worse” are significant at 5 % after Holm's correction over all headline figures of this "
            "run; “could have seen” is the smallest change that the comparison would have shown with a power of 80 %.",
            f"{ties}them equal.",
            *_speeds(sweeps, manifest),
            *_twins(sweeps),
            *words.emulated(sorted(emulated)),
        ),
    )


def _speeds(sweeps: Sequence[Sweep], manifest: Manifest) -> tuple[str, ...]:
    """Say what is meant by words for a speed that was not steady, where one stands in the table."""
    if not any(place.moving for line in _with_bare(sweeps, manifest) for place in line.places):
        return ()
    return (
        "“Warming”, “slowing” and “unsteady” are speeds that changed while a workload ran: one figure over all of it "
        "stands for no part of it. How it went is in its scenario's section.",
    )


def _twins(sweeps: Sequence[Sweep]) -> tuple[str, ...]:
    """Say how often the baseline seemed to differ from its twin, where one was measured."""
    summaries = [one.summary for sweep in sweeps for one in sweep.comparisons]
    found = twins(pd.concat(summaries, ignore_index=True)) if summaries else None
    if found is None:
        return ()
    figures = "headline figure" if found.figures == 1 else "headline figures"
    return (
        f"Twins of the baseline, which are the same, seemed to differ in {found.differed} of {found.figures} {figures} "
        "by their intervals alone, where chance makes it about one in twenty, and in "
        f"{found.corrected} after Holm's correction.",
    )


def asked(sweep: Sweep, scenario: RunScenario | None) -> tuple[tuple[str, str, str, str], ...]:
    """Return kind, metric, vantage and title of each figure that answers a scenario's question."""
    reported = [(KINDS[2], one.name, "workload", words.metric(one.name)) for one in own_metrics(sweep, scenario)] or [
        (KINDS[2], name, vantages[0], named(name, vantages[0]))
        for name, vantages in other_metrics(sweep, scenario).items()
        if not name.startswith(("density.level", "surface."))
    ]
    if scenario is not None and scenario.settle_s is not None and IDLE[1] in sweep.vantages(IDLE[0]):
        reported.append((KINDS[1], *IDLE, "idle memory, PSS"))
    if not reported and any(one.findings(*READY) for one in sweep.comparisons):
        reported.append((KINDS[0], *READY, "time until ready"))
    return tuple(reported)


def _of(sweep: Sweep, scenario: RunScenario | None) -> Iterator[OverviewRow]:
    for line in _every(sweep, scenario):
        if line.isolation != BASELINE and (line.known or line.gaps):
            yield line


def _with_bare(sweeps: Sequence[Sweep], manifest: Manifest) -> list[OverviewRow]:
    found = [line for sweep in sweeps for line in _every(sweep, manifest.scenarios.get(sweep.scenario))]
    return sorted(found, key=lambda line: KINDS.index(line.kind))


def _every(sweep: Sweep, scenario: RunScenario | None) -> Iterator[OverviewRow]:
    title = scenario.title if scenario else sweep.scenario
    for kind, metric, vantage, what in asked(sweep, scenario):
        rows = sweep.rows(metric, vantage)
        names = sweep.varying(rows)
        for isolation in sweep.isolations:
            yield OverviewRow(
                kind=kind,
                what=f"{title}: {what}",
                isolation=isolation,
                name=sweep.name_of(isolation),
                emulated=isolation in sweep.emulated,
                places=tuple(_place(sweep, row, names, isolation, metric, vantage) for row in rows),
            )


def _place(sweep: Sweep, row: Comparison, names: Sequence[str], isolation: str, metric: str, vantage: str) -> Place:
    found = row.finding(isolation, metric, vantage)
    gap = "" if found else row.lost(isolation) or sweep.gap(row, isolation)
    bare = row.finding(BASELINE, metric, vantage) if isolation != BASELINE else None
    return Place(setting=label(row.values_of, names), found=found, gap=gap, moving=_moving(found), bare=bare)


def _moving(found: Finding | None) -> str:
    return found.warmup if found and found.warmup in warmup.MOVING else ""


def _titled(what: str, setting: str) -> str:
    return f"{what}, {setting}" if setting else what


def _cells(place: Place) -> tuple[str, ...]:
    found = place.found
    if found is None:
        return (place.gap, *[words.NONE] * (len(_HEAD) - 3))
    return (
        Valued(words.quantity(found.median, found.unit), found.median),
        Valued(found.no_ratio or words.times(found.ratio), found.ratio),
        Valued(words.times_interval(found.ratio_low, found.ratio_high) or words.NONE, found.ratio_low),
        place.shown or words.NONE,
        Valued(effect.seen_from(found.detectable), found.detectable),
        Valued(words.NONE if found.rank is None else str(found.rank), found.rank or math.nan),
        Valued(str(found.n), found.n),
    )
