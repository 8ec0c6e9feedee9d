"""What else happened on the host, for a reader: the worst of each sentinel, and each isolation's share of it."""

from __future__ import annotations

import math

import pandas as pd

from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.quality.disturbances import SENTINELS, Sentinel, by_isolation
from bench.report.content import Table, Valued
from bench.report.text import words
from bench.store.manifest import Manifest

_NOTHING = 0.01
"""Share of a limit up to which a reading is none to speak of: clocks are never read at quite the same moment."""


_BySentinel = list[tuple[Sentinel, pd.DataFrame]]


def tables(table: pd.DataFrame, manifest: Manifest) -> tuple[Table, ...]:
    """Return the worst of every sentinel, then each isolation's median and worst of those that read anything.

    ``table`` is what ``disturbances`` returns. Nothing where no sentinel stood by.
    """
    if table.empty:
        return ()
    found = by_isolation(table)
    rows = [(one, found[found["sentinel"] == one.name]) for one in SENTINELS]
    known = [(one, mine) for one, mine in rows if len(mine)]
    return (_worst(known, table, manifest), *_by_isolation(known, IsolationFacts.of(manifest)))


def _worst(known: _BySentinel, table: pd.DataFrame, manifest: Manifest) -> Table:
    unwatched = manifest.harness.unwatched
    short = int(table.loc[(~table["judged"]) & table["limit"].notna(), "trial"].nunique())
    notes = [
        "A sentinel above its limit spoils the trial, which is then in no figure. What has no limit is recorded and "
        "spoils nothing: an instance with more threads than CPUs waits for itself."
    ]
    notes += [f"{short} trials of up to 1 s are not judged by shares: CPU time is counted in ticks."] if short else []
    notes += [f"Not watched here: {', '.join(unwatched)}."] if unwatched else []
    return Table(
        title="The worst of every sentinel",
        head=("sentinel", "what it reads", "worst", "on", "spoils above", "spoiled"),
        rows=tuple(_row(sentinel, mine) for sentinel, mine in known),
        names=2,
        notes=tuple(notes),
    )


def _row(sentinel: Sentinel, mine: pd.DataFrame) -> tuple[str, ...]:
    about = (sentinel.name, sentinel.reads)
    limit, judged = sentinel.limit, mine[mine["worst"].notna()]
    allowed = words.NONE if limit is None else _figure(limit, sentinel.unit) if limit else "any"
    over, trials = int(mine["over"].sum()), int(mine["trials"].sum())
    spoiled = words.NONE if limit is None else Valued(f"{over} of {trials}", over)
    if judged.empty:
        return (*about, words.NONE, words.NONE, allowed, spoiled)
    worst = judged.sort_values("worst", kind="stable", ascending=False).iloc[0]
    value = float(worst["worst"])
    on = _name(worst["isolation"], worst["emulated"]) if value else words.NONE
    return (*about, Valued(_figure(value, sentinel.unit) if value else "none", value), on, allowed, spoiled)


def _by_isolation(known: _BySentinel, facts: IsolationFacts) -> tuple[Table, ...]:
    rows = [
        (
            f"{sentinel.name}, {sentinel.reads}",
            _name(one["isolation"], one["emulated"]),
            Valued(_figure(float(one["median"]), str(one["unit"])), float(one["median"])),
            Valued(_figure(float(one["worst"]), str(one["unit"])), float(one["worst"])),
            words.NONE if math.isnan(one["limit"]) else Valued(str(one["over"]), int(one["over"])),
            Valued(str(one["trials"]), int(one["trials"])),
        )
        for sentinel, mine in known
        if mine["worst"].max() > _NOTHING * (sentinel.limit or 0.0)
        for one in sorted(mine.to_dict("records"), key=lambda one: facts.reading_order(str(one["isolation"])))
        if one["trials"]
    ]
    if not rows:
        return ()
    return (
        Table(
            title="By isolation: what the sentinels read",
            head=("sentinel", "isolation", "median", "worst", "spoiled", "n"),
            rows=tuple(rows),
            names=2,
            grouped=True,
        ),
    )


def _name(isolation: object, emulated: object) -> str:
    return f"{isolation} (emulated)" if emulated else str(isolation)


def _figure(value: float, unit: str) -> str:
    if unit == "1":
        return f"{words.number(value * 100)} %"
    return words.number(value) if unit == "times" else words.quantity(value, unit)
