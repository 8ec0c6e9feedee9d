"""What instances reach, in two tables: what answers them from inside, and what of the host works for them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from bench.analysis.data.reached import SIDES, entered_names, surface_facts
from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.sweep import Sweep
from bench.analysis.statistics.unseen import Richness, kinds, saturation
from bench.report.content import Facet, Table, Valued
from bench.report.text import words
from bench.store.manifest import RunScenario

_INSIDE = {
    "surface.answered": "answered",
    "surface.refused": "refused",
    "surface.needs_capability": "needs a capability",
    "surface.absent": "not there",
}
_NAMES = {"host_syscalls": "system calls", "host_functions": "kernel functions"}
_FACTS = {
    "kernel": "kernel that answers",
    "namespaces": "own namespaces",
    "host_processes": "host's processes",
    "kernel_log": "kernel log",
    "cpus": "CPUs",
}


def facets(sweep: Sweep, scenario: RunScenario | None, run_dir: Path) -> tuple[Facet, ...]:
    """Return the two tables of a scenario that asks what can be reached; nothing for any other."""
    if scenario is None or not scenario.surface or not sweep.comparisons:
        return ()
    shown = sweep.comparisons[0]
    facts = {name: said for (of, name), said in surface_facts(run_dir).items() if of == sweep.scenario}
    entered = entered_names(run_dir)
    return (_inside(shown, facts), _host(shown, facts, entered[entered["scenario"] == sweep.scenario]))


def _inside(shown: Comparison, facts: Mapping[str, Mapping[str, str]]) -> Facet:
    names = [name for name in shown.isolations if shown.finding(name, "surface.answered", "workload")]
    table = Table(
        title="System calls as they are answered from inside, every one of the architecture's table asked once",
        head=("isolation", *_INSIDE.values()),
        rows=tuple(
            (shown.name_of(name), *(_figure(shown, name, one, "workload") for one in _INSIDE)) for name in names
        ),
        notes=(
            "Medians of trials. Answered: a kernel's own handler gave an errno, or the call succeeded. Refused: by a "
            "filter. Who answers is not told by that: see the table of what is seen.",
        ),
    )
    seen = Table(
        title="What is seen from inside",
        head=("isolation", *_FACTS.values()),
        rows=tuple(
            (shown.name_of(name), *(facts.get(name, {}).get(one, words.NONE) for one in _FACTS)) for name in names
        ),
        names=1 + len(_FACTS),
    )
    return Facet(table=table, details=(seen,))


def _host(shown: Comparison, facts: Mapping[str, Mapping[str, str]], entered: pd.DataFrame) -> Facet:
    rows, notes = [], dict[str, None]()
    for name in shown.isolations:
        for side in SIDES:
            if not shown.finding(name, f"surface.{side}", "host"):
                if why := facts.get(name, {}).get(f"no_{side}"):
                    notes[f"Host {_NAMES[side]}: unavailable, because {words.sentence(why)}"] = None
                continue
            mine = entered[(entered["isolation"] == name) & (entered["side"] == side)]
            rows.append((shown.name_of(name), _NAMES[side], *_amounts(shown, name, side, mine)))
    table = Table(
        title="What of the host's kernel was entered on their behalf over the same work, lower is better",
        head=(
            "isolation",
            "what",
            "a trial",
            "95 % interval",
            "all rounds",
            "new in the last",
            "estimated",
            "95 % interval",
        ),
        rows=tuple(rows),
        names=2,
        notes=(
            *notes,
            "Different ones over all work together; interrupts, and what a process enters that only computes, "
            "are not among them. Estimated: with those that no round has seen, a lower bound (Chao 1987).",
        ),
    )
    parts = _by_work(shown, sorted(map(str, entered["work"].unique())))
    return Facet(table=table, details=(parts,) if parts.rows else ())


def _by_work(shown: Comparison, works: Sequence[str]) -> Table:
    """Return the same by piece of work, for those that have figures of their own."""
    rows = [
        (name, side, tuple(_figure(shown, name, f"surface.{side}.{work}", "host") for work in works))
        for name in shown.isolations
        for side in SIDES
    ]
    return Table(
        title="The same by piece of work, lower is better",
        head=("isolation", "what", *works),
        rows=tuple(
            (shown.name_of(name), _NAMES[side], *figures)
            for name, side, figures in rows
            if any(one != words.NONE for one in figures)
        ),
        names=2,
        notes=("Medians of trials: different ones over that work alone.",),
    )


def _amounts(shown: Comparison, name: str, side: str, mine: pd.DataFrame) -> Iterator[str]:
    found = shown.finding(name, f"surface.{side}", "host")
    assert found is not None
    rounds = [set(one["name"]) for _, one in mine.groupby("trial", sort=True)]
    whole, curve = _of_rounds(rounds), saturation(rounds)
    yield _count(found.median)
    yield _interval(found.low, found.high)
    yield _count(whole.seen)
    yield _count(curve[-1] - curve[-2]) if len(curve) > 1 else words.NONE
    yield _count(whole.estimate) if len(rounds) > 1 else words.NONE
    yield _interval(whole.low, whole.high) if len(rounds) > 1 else words.NONE


def _of_rounds(rounds: list[set[str]]) -> Richness:
    every = set().union(*rounds)
    return kinds((sum(name in one for one in rounds) for name in every), rounds=len(rounds))


def _figure(shown: Comparison, name: str, metric: str, vantage: str) -> str:
    found = shown.finding(name, metric, vantage)
    return _count(found.median) if found else words.NONE


def _count(value: float) -> Valued:
    """Show a number of things whole: a median or an estimate of them may lie between two."""
    return Valued(f"{value:.0f}", value)


def _interval(low: float, high: float) -> str:
    return f"{low:.0f} to {high:.0f}" if math.isfinite(low) and math.isfinite(high) else words.NONE
