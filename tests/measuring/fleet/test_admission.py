"""Who takes part in a fleet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.measuring.fleet.admission import HostFacts, apart_s, left_out

OURS = {"isobench": "0.1.0", "distributed": "2026.8.0"}
SCENARIOS = {"startup": "0123"}


def _facts(machine: str) -> HostFacts:
    return HostFacts(
        machine=machine, versions={**OURS, "python": "3.11"}, scenarios=SCENARIOS, images={"startup": "sha256:a"},
        began_s=100.0, told_s=101.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"versions": {"isobench": "0.0.9"}}, "version of isobench is 0.0.9 there and 0.1.0 here"),
        ({"versions": {"isobench": "0.1.0"}}, "version of distributed is missing there and 2026.8.0 here"),
        ({"scenarios": {"startup": "4567"}}, "scenario startup is 4567 there and 0123 here"),
        ({"images": {"startup": "sha256:b"}}, "image of scenario startup is sha256:b there and sha256:a on most hosts"),
        ({"apart_s": 3.0}, "its clock is ahead by 3.0 s or more"),
        ({"apart_s": -61.0}, "its clock is behind by 61.0 s or more"),
        ({"machine": "two"}, "it is the machine of two"),
    ],
)  # fmt: skip
def test_who_is_unlike_the_others_is_left_out(changed: dict[str, Any], reason: str) -> None:
    hosts = {name: _facts(name) for name in ("one", "two", "three")}
    unlike = {**hosts, "three": replace(hosts["three"], **changed)}
    assert left_out(hosts, OURS, SCENARIOS, one_machine=False) == {}
    assert left_out(unlike, OURS, SCENARIOS, one_machine=False) == {"three": reason}


def test_hosts_may_share_a_machine_where_it_is_said() -> None:
    hosts = {name: _facts("same") for name in ("one", "two")}
    assert left_out(hosts, OURS, SCENARIOS, one_machine=True) == {}


@pytest.mark.parametrize(
    ("asked_s", "heard_s", "apart"),
    [(99.0, 102.0, 0.0), (100.0, 101.0, 0.0), (90.0, 98.5, 2.5), (103.0, 105.0, -3.0)],
)
def test_a_clock_is_apart_by_what_cannot_be_the_way(asked_s: float, heard_s: float, apart: float) -> None:
    assert apart_s(_facts("one"), asked_s, heard_s) == apart
