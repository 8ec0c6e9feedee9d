"""Tables of memory: role by role, and from every vantage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.analysis.data.derive import OWN, SHARED
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.sweep import Sweep
from bench.report.content import Table
from bench.report.tables import figures, grids
from bench.report.text import words

_ACCOUNTS = (
    ("cgroup", "cgroup", "control group"),
    ("available_change", "host", "fall of MemAvailable"),
    ("residual", "host", "residual: fall - PSS"),
)

_VIEWS = (
    ("memory.{when}.pss", "processes", "PSS of its own processes"),
    ("memory.{when}.uss", "processes", "USS of its own processes"),
    ("memory.{when}.rss", "processes", "RSS of its own processes, shared pages counted each time"),
    ("memory.{when}.cgroup", "cgroup", "its control group's account"),
    ("memory.{when}.cgroup_anon", "cgroup", "its control group: anonymous"),
    ("memory.{when}.cgroup_file", "cgroup", "its control group: page cache"),
    ("memory.{when}.cgroup_shmem", "cgroup", "its control group: shared memory"),
    ("memory.{when}.available_change", "host", "fall of the host's MemAvailable"),
    ("memory.{when}.residual", "host", "residual: MemAvailable fall minus PSS"),
)


def by_role(sweep: Sweep, when: str, title: str) -> Table | None:
    """Return PSS role by role, its sum, the other accounts beside it, and the residual; a row per isolation."""
    metric = f"memory.{when}.pss"
    rows = [one for one in sweep.comparisons if one.findings(metric, OWN)]
    if not rows:
        return None
    roles = [one for one in sweep.vantages(metric) if ":" in one]
    own = sorted((role for role in roles if not role.startswith(SHARED)), key=sweep.facts.role_order)
    shared = sorted(role for role in roles if role.startswith(SHARED))
    seen = [(metric, role, words.vantage(role)) for role in own]
    seen += [(metric, OWN, "sum of PSS"), *((metric, role, words.vantage(role)) for role in shared)]
    seen += [(f"memory.{when}.{view}", vantage, name) for view, vantage, name in _ACCOUNTS]
    cells = [
        (row, (row.name_of(one.isolation), *(_amount(row, one.isolation, *of) for of in seen)))
        for row in rows
        for one in row.findings(metric, OWN)
    ]
    title, head = f"{title}, lower is better", ("isolation", *(name for _, _, name in seen))
    said = f"Medians of n = {grids.span(rows, metric, OWN)} trials."
    return grids.by_setting(sweep, rows, cells, title, head, sweep.shown(metric, OWN), said)


def views(sweep: Sweep, when: str, isolations: Sequence[str]) -> Table:
    """Return every view on memory, setting by setting: views as rows, these isolations as columns, medians."""
    pss = f"memory.{when}.pss"
    seen = [one for one in sweep.comparisons if one.vantages(pss)]
    shown = [name for name in isolations if any(name in row.isolations for row in seen)]
    cells = []
    for row in seen:
        for metric, vantage, text in _views(row, when):
            found = [row.finding(name, metric, vantage) for name in shown]
            if any(found):
                cells.append((row, (text, *(grids.median(one) if one else words.NONE for one in found))))
    title, head = f"{figures.WHENS[when]} from every vantage (medians)", ("seen as", *map(sweep.name_of, shown))
    return grids.by_setting(sweep, seen, cells, title, head, shown)


def _views(row: Comparison, when: str) -> Iterator[tuple[str, str, str]]:
    """Return metric, vantage and words of each view: accounts, what is read once, roles, shared daemons."""
    yield from ((metric.format(when=when), vantage, text) for metric, vantage, text in _VIEWS)
    yield from _peaks(row.facts) if when == "idle" else ()
    pss = f"memory.{when}.pss"
    roles = [(pss, vantage, f"PSS of {words.vantage(vantage)}") for vantage in row.vantages(pss) if ":" in vantage]
    yield from sorted(roles, key=lambda role: "shared" in role[1])


def _peaks(facts: IsolationFacts) -> Iterator[tuple[str, str, str]]:
    """Yield what is read once, and shown beside idle memory."""
    yield ("memory.peak.cgroup", "cgroup", "its control group's peak")
    for role in facts.peaks:
        yield ("memory.peak.rss", f"processes:{role}", f"peak RSS of {role}")
    yield ("memory.guest_used", "guest", "used after the workload's end, as the guest sees it")


def _amount(row: Comparison, isolation: str, metric: str, vantage: str, _name: str) -> str:
    found = row.finding(isolation, metric, vantage)
    return grids.median(found) if found else words.NONE
