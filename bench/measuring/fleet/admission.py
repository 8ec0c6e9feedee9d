"""Which hosts take part in a fleet, and why others do not: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_APART_S = 2.0
"""Clocks further apart than this are not kept in time by anybody; certificates and journals go by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What a host tells of itself before it measures. Times are of its own wall clock, in seconds since 1970."""

    machine: str
    """The same for all that shares a kernel since it booted."""
    versions: dict[str, str]
    scenarios: dict[str, str]
    """Versions by name."""
    images: dict[str, str]
    """Digests by scenario."""
    began_s: float
    told_s: float
    apart_s: float = field(default=0.0)
    """By how much its clock is ahead of ours, at least; below zero where it is behind. Filled in by who asked."""


def apart_s(facts: HostFacts, asked_s: float, heard_s: float) -> float:
    """Return by how much a clock is ahead, at least: it cannot have begun before it was asked, nor told after that."""
    return max(0.0, facts.told_s - heard_s) or min(0.0, facts.began_s - asked_s)


def left_out(
    hosts: Mapping[str, HostFacts], ours: Mapping[str, str], scenarios: Mapping[str, str], *, one_machine: bool
) -> dict[str, str]:
    """Return why hosts do not take part, by name; the others do.

    ``ours`` are the versions of who asks, ``scenarios`` theirs. Of images the ones that most hosts have are right.
    ``one_machine``: hosts may share a machine, as where a fleet is tried out.
    """
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, facts in hosts.items():
        reason = (
            _unlike("version of {}", facts.versions, {one: ours[one] for one in ("isobench", "distributed")}, "here")
            or _unlike("scenario {}", facts.scenarios, scenarios, "here")
            or _unlike("image of scenario {}", facts.images, _usual(hosts), "on most hosts")
            or _clock(facts)
            or ("" if one_machine or facts.machine not in seen else f"it is the machine of {seen[facts.machine]}")
        )
        if reason:
            found[name] = reason
        else:
            seen[facts.machine] = name
    return found


def _unlike(what: str, theirs: Mapping[str, str], right: Mapping[str, str], where: str) -> str:
    """Say the first that differs; empty text where none does."""
    for name, value in right.items():
        if theirs.get(name) != value:
            return f"{what.format(name)} is {theirs.get(name, 'missing')} there and {value} {where}"
    return ""


def _usual(hosts: Mapping[str, HostFacts]) -> dict[str, str]:
    """Return the digest that most hosts have of every image; of as many, the one that was told first."""
    names = dict.fromkeys(name for facts in hosts.values() for name in facts.images)
    counted = {name: Counter(facts.images[name] for facts in hosts.values() if name in facts.images) for name in names}
    return {name: count.most_common(1)[0][0] for name, count in counted.items()}


def _clock(facts: HostFacts) -> str:
    if abs(facts.apart_s) <= MOST_APART_S:
        return ""
    return f"its clock is {'ahead' if facts.apart_s > 0 else 'behind'} by {abs(facts.apart_s):.1f} s or more"
