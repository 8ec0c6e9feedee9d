"""Tables of figures from a comparison: one row per isolation, the emulated ones labelled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.summary import BASELINE, OVERHEAD
from bench.analysis.figures.sweep import Sweep
from bench.report.content import Table, Valued
from bench.report.text import effect, words

MOST_BESIDE = 5
"""How many isolations can be columns of a table that is still read on paper; more stand below each other."""

_FEW = 3
"""As many isolations a sentence names with a figure each; of more, those at both ends."""

SHOWN = "shown"
"""Head of the column that says in words what the interval and its test show."""

AGAINST = "against bare"
SEEN, RANK = "could have seen", "rank"
"""Heads of the columns of the smallest change that would have been seen, and of who is better than whom."""

FULL_HEAD = ("median", "95 % interval", AGAINST, "95 % interval", SHOWN, SEEN, RANK, "n")

WHENS = {"idle": "Idle memory", "load": "Memory at load"}
"""When memory is read, and what it is then called."""


def table(comparison: Comparison, metric: str, vantage: str, title: str) -> Table:
    """Return one metric of every isolation: median, interval, ratio to bare, its interval, what that shows, n.

    Beside what it shows stands what the comparison could have seen and, for a headline figure, the isolation's rank.
    An isolation whose trials all ended badly has a row that says so. No rows where no isolation has the figure.
    """
    found = comparison.findings(metric, vantage)
    rows = [(comparison.name_of(one.isolation), *cells(one), _trials(comparison, one)) for one in found]
    lost = [(comparison.name_of(name), said) for name in comparison.isolations if (said := comparison.all_lost(name))]
    rows += [(name, *missing(text)) for name, text in lost if found]
    whole = Table(
        title=f"{title}, {found[0].better} is better" if found else title,
        head=("isolation", *FULL_HEAD),
        rows=tuple(rows),
        notes=(*effect.ties(comparison, found), *notes(comparison, [one.isolation for one in found])),
    )
    return without(whole, [] if effect.is_ranked(found) else [RANK])


def brief(shown: Table) -> Table:
    """Return such a table in a terminal's width: what its intervals show stands below it instead of in columns."""
    return replace(narrowed(shown), notes=(*_ranked(shown), *_seen(shown), *shown.notes))


def narrowed(shown: Table, more: Sequence[str] = ()) -> Table:
    """Return a table of comparisons without the columns that are words, and ``more``; ratio and interval as one."""
    kept = without(shown, [SHOWN, SEEN, RANK, *more])
    place = kept.head.index(AGAINST)
    return replace(
        kept,
        head=(*kept.head[: place + 1], *kept.head[place + 2 :]),
        rows=tuple((*row[:place], _together(row[place], row[place + 1]), *row[place + 2 :]) for row in kept.rows),
    )


def _together(ratio: str, interval: str) -> str:
    """Return a ratio with its interval behind it, where it has one; sorted by the ratio."""
    text = ratio if interval in ("", words.NONE) else f"{ratio} {interval}"
    return Valued(text, ratio.value) if isinstance(ratio, Valued) else text


def without(shown: Table, heads: Sequence[str]) -> Table:
    """Return a table without the columns of these heads, where it has them."""
    kept = [place for place, head in enumerate(shown.head) if head not in heads]
    return replace(
        shown,
        head=tuple(shown.head[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in shown.rows),
    )


def _ranked(shown: Table) -> tuple[str, ...]:
    """Return a table's ranks as a sentence: ``Rank 1: bare; 2: crun, runc; 4: docker``."""
    by_rank: dict[str, list[str]] = {}
    for cell, name in _numbers(shown, RANK):
        by_rank.setdefault(str(cell), []).append(name)
    said = "; ".join(f"{rank}: {', '.join(names)}" for rank, names in by_rank.items())
    return (f"Rank {said}.",) if said else ()


def _seen(shown: Table) -> tuple[str, ...]:
    """Return what a table's comparisons could have seen as a sentence: all of few, the ends of many."""
    known = [f"{name} {cell}" for cell, name in _numbers(shown, SEEN)]
    said = ", ".join(known) if len(known) <= _FEW else f"{known[0]} to {known[-1]}"
    return (f"{effect.SMALLEST}: {said}.",) if known else ()


def _numbers(shown: Table, head: str) -> list[tuple[Valued, str]]:
    """Return a column's cells that are numbers, the least first, each with its row's name."""
    if head not in shown.head:
        return []
    place = shown.head.index(head)
    known = [(row[place], row[0]) for row in shown.rows]
    numbers = [(cell, name) for cell, name in known if isinstance(cell, Valued) and math.isfinite(cell.value)]
    return sorted(numbers, key=lambda pair: pair[0].value)


def cells(finding: Finding) -> tuple[str, ...]:
    """Return the cells under ``FULL_HEAD`` but the last, which is for trials."""
    return (
        Valued(words.quantity(finding.median, finding.unit), finding.median),
        Valued(words.interval(finding.low, finding.high, finding.unit, finding.median), finding.low),
        Valued(finding.no_ratio or words.times(finding.ratio), finding.ratio),
        Valued(words.times_interval(finding.ratio_low, finding.ratio_high), finding.ratio_low),
        effect.of(finding),
        Valued(effect.seen_from(finding.detectable), finding.detectable),
        Valued(words.NONE if finding.rank is None else str(finding.rank), finding.rank or math.nan),
    )


def count(finding: Finding) -> str:
    """Return how many trials are behind a figure."""
    return Valued(str(finding.n), finding.n)


def _trials(comparison: Comparison, finding: Finding) -> str:
    """Return how many trials are behind a figure, of how many where some are in none: ``5 of 7``."""
    ended = comparison.ends[finding.isolation]
    lost = sum(ended.values()) - ended["ok"] - ended["unsupported"]
    return Valued(f"{finding.n} of {finding.n + lost}" if lost else str(finding.n), finding.n)


def overhead(comparison: Comparison, metric: str, vantage: str, title: str) -> Table:
    """Return what each isolation adds to bare, as a difference of medians."""
    found = comparison.findings(f"{OVERHEAD}{metric}", vantage)
    return Table(
        title=title,
        head=("isolation", "median - bare's", "95 % interval", "n"),
        rows=tuple(
            (
                comparison.name_of(one.isolation),
                Valued(words.signed(one.median, one.unit), one.median),
                Valued(words.interval(one.low, one.high, one.unit, one.median), one.low),
                count(one),
            )
            for one in found
        ),
        notes=notes(comparison, [one.isolation for one in found]),
    )


def beside_each_other(isolations: Sequence[str]) -> list[Sequence[str]]:
    """Return isolations in groups that are few enough to be columns of one table."""
    return [isolations[first : first + MOST_BESIDE] for first in range(0, len(isolations), MOST_BESIDE)]


def notes(of: Comparison | Sweep, shown: Iterable[str]) -> tuple[str, ...]:
    """Return the note that every table with an emulated isolation carries."""
    wanted = set(shown) & of.emulated
    return words.emulated([name for name in of.isolations if name in wanted])


def missing(reason: str) -> tuple[str, ...]:
    """Return the cells under ``FULL_HEAD`` of an isolation without a figure."""
    return (reason, *[words.NONE] * (len(FULL_HEAD) - 1))


def others(comparison: Comparison) -> tuple[str, ...]:
    """Return the isolations but bare, in reading order."""
    return tuple(name for name in comparison.isolations if name != BASELINE)
