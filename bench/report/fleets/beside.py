"""The tables of a fleet's report."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from bench.analysis.claims.verdict import Verdict
from bench.analysis.figures.sweep import label
from bench.analysis.fleets.differences import Distinction
from bench.analysis.fleets.host_runs import HostRatio
from bench.analysis.fleets.over_hosts import LESS, MORE, ClaimOverHosts, OverHosts, says
from bench.report.content import Table, Valued
from bench.report.sections.metrics import named
from bench.report.text import words

MOST_NAMED = 5
"""Hosts that are named in a cell; of more, how many they are."""

_SAYS = {MORE: "▲", LESS: "▼"}


def summary(figures: Sequence[OverHosts]) -> Table:
    """Return every ratio over hosts: mean, spread between hosts, what the next may show, on how many it holds."""
    return Table(
        title="Ratios to bare over hosts",
        head=("figure", "isolation", "mean", "spread", "next host", "holds on", "hosts"),
        rows=tuple(_over(one) for one in figures),
        names=2,
        grouped=True,
        notes=(
            "Mean: over hosts, each counts once, with its 95 % interval. Spread: by which factor a typical host is "
            "above or below it. Next host: where the ratio of one more host is expected, with 95 %. Holds on: hosts "
            "whose own interval is above one, or below it.",
            *words.emulated(sorted({one.cell.isolation for one in figures if one.emulated})),
        ),
    )


def by_host(one: OverHosts) -> Table:
    """Return one ratio on every host, in the order of hosts."""
    return Table(
        title=f"{figure_name(one)}, {isolation_name(one)}, host by host",
        head=("host", "against bare", "rounds", "says"),
        rows=tuple(
            (
                host.host,
                Valued(_ratio(host), host.ratio),
                str(host.n),
                f"{_SAYS.get(says(host), '')} {says(host)}".strip(),
            )
            for host in one.hosts
        ),
    )


def claims(judged: Sequence[ClaimOverHosts], hosts: int) -> Table:
    """Return every claim that is decided on any host, with the hosts by verdict."""
    shown = [one for one in judged if one.verdicts.keys() & {Verdict.SUPPORTED, Verdict.REFUTED}]
    return Table(
        title="What people claim, where a host decides it",
        head=("claim", "scenario", *(verdict.value for verdict in Verdict)),
        rows=tuple(
            (one.says, one.scenario, *(_hosts(one.verdicts.get(verdict, ()), hosts) for verdict in Verdict))
            for one in shown
        ),
        names=2,
    )


def differences(found: Sequence[Distinction], hosts: int) -> Table:
    """Return what differs between hosts."""
    return Table(
        title="What differs between hosts",
        head=("what", "how", "on"),
        rows=tuple((one.what, way, _hosts(names, hosts)) for one in found for way, names in one.ways),
        names=3,
        grouped=True,
    )


def left_out(reasons: Mapping[str, str]) -> Table:
    """Return who is in no figure, and why."""
    return Table(title="Hosts in no figure", head=("host", "why"), rows=tuple(reasons.items()), names=2)


def figure_name(one: OverHosts) -> str:
    """Name a figure: its scenario, parameters and metric."""
    values = json.loads(one.cell.parameters)
    place = label(values, list(values))
    return f"{', '.join(filter(None, (one.cell.scenario, place)))}: {named(one.figure.metric, one.figure.vantage)}"


def isolation_name(one: OverHosts) -> str:
    """Name an isolation, labelled where it is emulated."""
    return f"{one.cell.isolation} (emulated)" if one.emulated else one.cell.isolation


def _over(one: OverHosts) -> tuple[str, ...]:
    word, count = one.holds
    held = f"{count} of {len(one.hosts)} {_SAYS[word]} {word}"
    about = (figure_name(one), isolation_name(one))
    found = one.effects
    if found is None:
        return (*about, words.NONE, words.NONE, words.NONE, held, str(len(one.hosts)))
    mean, spread = math.exp(found.mean), math.exp(found.tau)
    return (
        *about,
        Valued(f"{words.times(mean)} {words.times_interval(math.exp(found.low), math.exp(found.high))}", mean),
        Valued(words.times(spread), spread),
        words.times_interval(math.exp(found.next_low), math.exp(found.next_high)).strip("()"),
        held,
        str(len(one.hosts)),
    )


def _ratio(host: HostRatio) -> str:
    return f"{words.times(host.ratio)} {words.times_interval(host.low, host.high)}".strip()


def _hosts(names: Sequence[str], of: int) -> str:
    """Return how many hosts, and which where they are few; nothing for none."""
    if not names:
        return ""
    if len(names) == of:
        return f"all {of}"
    return f"{len(names)}: {', '.join(names)}" if len(names) <= MOST_NAMED else str(len(names))
