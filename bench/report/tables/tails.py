"""What medians do not show: how surely trials end well, and how long the slowest of them take."""

from __future__ import annotations

import math

from bench.analysis.data import trials
from bench.analysis.figures.comparison import Comparison, Finding
from bench.analysis.figures.sweep import Sweep
from bench.analysis.statistics import tails
from bench.report.content import Table, Valued
from bench.report.tables import figures, grids
from bench.report.text import words

_TOO_FEW = "too few: {} would do"


def percentiles(sweep: Sweep, metric: str, vantage: str, title: str) -> Table | None:
    """Return a metric's high percentiles with their intervals, a row per setting and isolation; None without any."""
    rows = sweep.rows(metric, vantage)
    found = [(row, one) for row in rows for one in row.findings(metric, vantage)]
    if not any(_is_known(one, share) for _, one in found for share in tails.PERCENTILES):
        return None
    head = [cell for share in tails.PERCENTILES for cell in (f"p{share}", "95 % interval")]
    cells = [(row, (row.name_of(one.isolation), *_cells(row, one), figures.count(one))) for row, one in found]
    shown = [one.isolation for _, one in found]
    return grids.by_setting(sweep, rows, cells, f"{title}: high percentiles", ("isolation", *head, "n"), shown)


def notes(sweep: Sweep) -> tuple[str, ...]:
    """Say which share of each isolation's trials ended well, and how many more percentiles would take."""
    return (*_ended_well(sweep), *_wanting(sweep))


def _cells(row: Comparison, one: Finding) -> tuple[str, ...]:
    shown: list[str] = []
    for share in tails.PERCENTILES:
        value, low, high = (getattr(one, f"p{share}{end}") for end in ("", "_low", "_high"))
        if _is_known(one, share):
            figure, interval = words.quantity(value, one.unit), words.interval(low, high, one.unit, value)
            shown += [Valued(figure, value), Valued(interval, low)]
        else:
            shown += [_TOO_FEW.format(tails.enough(share / 100, row.confidence)), words.NONE]
    return tuple(shown)


def _is_known(one: Finding, share: int) -> bool:
    value: float = getattr(one, f"p{share}")
    return math.isfinite(value)


def _ended_well(sweep: Sweep) -> tuple[str, ...]:
    confidence = sweep.comparisons[0].confidence
    alike: dict[str, list[str]] = {}
    for isolation, ended in sweep.ends().items():
        found = trials.success(ended, confidence)
        if found.n:
            interval = words.interval(100 * found.low, 100 * found.high, "%", 100)
            alike.setdefault(f"{round(found.value * found.n)} of {found.n}, {interval}", []).append(
                sweep.name_of(isolation)
            )
    said = [f"{words.listed(names)} {text}" for text, names in alike.items()]
    if len(said) == 1:
        [text] = alike
        said = [f"{'each ' if sweep.isolations[1:] else ''}{text}"]
    spoiled = ", spoiled ones among them" if any(ended["spoiled"] for ended in sweep.ends().values()) else ""
    return (f"Trials that ended well{spoiled}, with the share's 95 % interval: {'; '.join(said)}.",) if said else ()


def _wanting(sweep: Sweep) -> tuple[str, ...]:
    """Say how many trials percentiles would take; nothing where some figure has them, whose table says the same."""
    found = [one for row in sweep.comparisons for one in row.figures.values()]
    wanting = [share for share in tails.PERCENTILES if not any(_is_known(one, share) for one in found)]
    if not found or wanting != list(tails.PERCENTILES):
        return ()
    confidence = sweep.comparisons[0].confidence
    most = max(one.n for one in found)
    said = words.listed([f"{tails.enough(share / 100, confidence)} for p{share}" for share in wanting])
    return (f"{most} trial{'s are' if most > 1 else ' is'} too few for high percentiles: it takes {said}.",)
