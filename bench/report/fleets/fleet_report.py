"""The report of a fleet: composed of what its hosts have, never of their samples taken together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.analysis.fleets.differences import distinctions
from bench.analysis.fleets.hosts import FleetRuns, read_fleet
from bench.analysis.fleets.over_hosts import OverHosts, claims_over_hosts, over_hosts
from bench.analysis.statistics.random_effects import FEWEST
from bench.report.blocks import Block, Chapter, Manner, Position, Purpose, Sentences, Tabled
from bench.report.content import Table
from bench.report.fleets import beside
from bench.report.render import html, markdown
from bench.report.text import about, words
from bench.store.layout import REPORTS

_MOST_UNFOLDED = 10
"""Hosts that are shown one by one without being asked for."""

_MOST_SAID = 6
"""Figures that have a sentence; the table has all."""

_METHOD = (
    "Every host measured by itself, in rounds of its own, with a seed of its own, against its own bare. Samples of two "
    "hosts are never put together.",
    "The summary is of random effects: the hosts' true ratios scatter around a mean on a scale of logarithms. The "
    "spread is estimated by restricted maximum likelihood, the mean's interval is that of Hartung and Knapp, and the "
    "next host's weighs every spread by how likely it is. Errors of hosts with few rounds are drawn towards those of "
    "all.",
    "A host's own interval is not corrected for how many hosts there are: of hosts without any difference 1 in 20 "
    "shows one.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReport:
    """A report in chapters; ``summary`` and ``sentences`` are what a terminal shows of it."""

    chapters: tuple[Chapter, ...]
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]


def compose_fleet(folder: Path) -> FleetReport:
    """Read a fleet's folder and put its report together; raises ResultsError where it is no fleet's."""
    found = read_fleet(folder)
    figures = over_hosts(found.runs)
    hosts = len(found.runs)
    summary = beside.summary(figures)
    claims = beside.claims(claims_over_hosts(found.runs), hosts)
    differences = beside.differences(distinctions(found.runs), hosts)
    left_out = beside.left_out(found.left_out)
    caveats = tuple(_caveats(found))
    manner: Manner = "titled" if hosts <= _MOST_UNFOLDED else "folded"
    head = Chapter(kind="head", anchor="", title=f"Fleet {found.fleet.fleet}", blocks=_said("status", _status(found)))
    chapters = (
        head,
        _chapter("opening", "short", "In short", *_said("answer", *map(_sentence, figures[:_MOST_SAID]))),
        _chapter("opening", "first", "Read this first", *_said("first", *caveats)),
        _chapter("body", "over", "Over all hosts", *_tabled(summary, "untitled")),
        _chapter("body", "hosts", "Host by host", *(_block(beside.by_host(one), manner) for one in figures)),
        _chapter("body", "claims", "What people claim", *_tabled(claims, "untitled")),
        _chapter("body", "differences", "What differs between hosts", *_tabled(differences, "untitled")),
        _chapter("body", "left-out", "Hosts in no figure", *_tabled(left_out, "untitled")),
        _chapter("body", "method", "How it was measured", *_said("method", *_METHOD)),
    )
    return FleetReport(
        chapters=tuple(one for one in chapters if one.blocks),
        sentences=(_status(found), *caveats),
        tables=tuple(one for one in (summary, differences, left_out) if one.rows),
    )


def save_fleet(report: FleetReport, folder: Path) -> Path:
    """Write ``report.html`` and ``report.md`` into a fleet's folder; return the path of the page."""
    page, text = (folder / name for name in REPORTS)
    page.write_text(html.page(report.chapters, {}), encoding="utf-8")
    text.write_text(markdown.page(report.chapters, lambda picture: picture.name), encoding="utf-8")
    return page


def _status(found: FleetRuns) -> str:
    asked, measured = len(found.fleet.hosts), len(found.runs)
    said = [f"{measured} of {asked} host{'s' * (asked != 1)} measured {words.listed(list(found.fleet.scenarios))}"]
    if found.left_out:
        said.append(f"in no figure {'is' if len(found.left_out) == 1 else 'are'} {_named(list(found.left_out))}")
    if found.fleet.interrupted:
        said.append(f"ended by {found.fleet.interrupted}")
    return words.sentence("; ".join(said))


def _caveats(found: FleetRuns) -> Iterator[str]:
    lost = {
        name: host for name, host in found.fleet.hosts.items() if host.state == "lost" and name not in found.left_out
    }
    for name, host in lost.items():
        yield f"{name} is in the figures with the {host.trials} trials that had arrived: {host.reason}."
    resumed = {run.name: run.manifest for run in found.runs if run.manifest.resumed}
    if len(resumed) > beside.MOST_NAMED:
        yield f"In more than one stretch were measured {_named(list(resumed))}: each host's own report says when."
    else:
        yield from (f"{name} was {about.gaps(manifest)}." for name, manifest in resumed.items())
    for hypervisor, names in _virtual(found).items():
        each = "Each of " if len(names) > 1 else ""
        yield words.sentence(f"{each}{_named(names)} is itself a virtual machine ({hypervisor})")
    if found.fleet.one_machine and len(found.runs) > 1:
        yield "Hosts may have shared a machine, and disturbed each other: they are no hosts of their own."
    if len(found.runs) < FEWEST:
        yield f"A summary over hosts takes {FEWEST} at least: of fewer nobody knows how they scatter."


def _virtual(found: FleetRuns) -> dict[str, list[str]]:
    """Return the hosts that are virtual machines, by hypervisor."""
    by: dict[str, list[str]] = {}
    for run in found.runs:
        if run.manifest.host.virtual:
            by.setdefault(run.manifest.host.virtual, []).append(run.name)
    return by


def _sentence(one: OverHosts) -> str:
    what = f"{beside.figure_name(one)}, {beside.isolation_name(one)}"
    word, count = one.holds
    held = f"{word} than bare on {count} of {len(one.hosts)} hosts"
    if one.effects is None:
        return f"{what}: {held}."
    found = one.effects
    mean = f"{words.times(math.exp(found.mean))} {words.times_interval(math.exp(found.low), math.exp(found.high))}"
    ahead = words.times_interval(math.exp(found.next_low), math.exp(found.next_high)).strip("()")
    return f"{what}: {mean.strip()} of bare over hosts, the next host {ahead} times; {held}."


def _named(names: list[str]) -> str:
    most = beside.MOST_NAMED
    return words.listed(names) if len(names) <= most else f"{len(names)}, {words.listed(names[:most])} among them"


def _chapter(kind: Position, anchor: str, title: str, *blocks: Block) -> Chapter:
    return Chapter(kind=kind, anchor=anchor, title=title, blocks=blocks)


def _said(role: Purpose, *texts: str) -> tuple[Block, ...]:
    return (Sentences(role=role, texts=texts),) if texts else ()


def _tabled(table: Table, manner: Manner) -> tuple[Block, ...]:
    return (_block(table, manner),) if table.rows else ()


def _block(table: Table, manner: Manner) -> Block:
    return Tabled(table=table, manner=manner)
