"""A scenario with rungs: at the door, in the plan, and which isolations it brings along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cli.wanted import by_default, wanted
from bench.errors import InputError, ScenarioError, UnknownNameError
from bench.isolations.registry import real_names
from bench.measuring.request import Request, concerns
from bench.model import Cell, Rung
from bench.scenario import load_scenario
from tests.records import scenario

HEAD = """
title = "Ladder"
question = "Whose work?"
image = "base"
command = ["/bin/true"]
[envelope]
cpus = 1
memory_mib = 128
"""
BARE = '[[rungs]]\nisolation = "bare"\nadds = "chroot"\npart = "kernel"\n'
DOCKER = '[[rungs]]\nisolation = "docker"\nover = "bare"\nadds = "an engine"\npart = "daemon"\n'
LADDER = replace(
    scenario(name="ladder"),
    rungs=(
        Rung(isolation="bare", over="", adds="chroot", part="kernel"),
        Rung(isolation="runc", over="bare", adds="a runtime", part="runtime"),
    ),
)


def test_rungs_arrive_in_order(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(HEAD + BARE + DOCKER)
    assert load_scenario(tmp_path / "mine.toml").rungs == (
        Rung(isolation="bare", over="", adds="chroot", part="kernel"),
        Rung(isolation="docker", over="bare", adds="an engine", part="daemon"),
    )


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        (DOCKER + BARE, "rungs[0].over = 'bare': no rung before this one is called so; known: none"),
        (
            BARE + DOCKER.replace('"bare"', '"baer"'),
            "rungs[1].over = 'baer': no rung before this one is called so, did",
        ),
        (BARE + BARE, "rungs[1].isolation = 'bare': is already rungs[0]"),
        (BARE.replace("kernel", "colonel"), "rungs[0].part = 'colonel'"),
        (BARE + "[parameters]\nthreads = [1, 2]\n", "a ladder has one setting"),
    ],
)
def test_a_ladder_that_cannot_stand_is_refused(tmp_path: Path, rungs: str, said: str) -> None:
    text = HEAD.replace('"/bin/true"', '"/bin/true", "{threads}"') if "threads" in rungs else HEAD
    (tmp_path / "mine.toml").write_text(text + rungs)
    with pytest.raises(ScenarioError) as refused:
        load_scenario(tmp_path / "mine.toml")
    assert said in str(refused.value) + "".join(getattr(refused.value, "__notes__", []))


def test_where_no_isolation_is_named_a_ladder_brings_its_own() -> None:
    assert by_default([LADDER]) == ["bare", "runc"]
    assert by_default([scenario(), LADDER]) == ["bare", "docker", "vm", "runc"]
    assert by_default([scenario()]) == ["bare", "docker", "vm"]


def test_a_ladder_is_about_its_rungs_and_the_others_about_the_rest(tmp_path: Path) -> None:
    request = Request(
        scenarios=[scenario(), LADDER],
        recipes={},
        isolations=["bare", "docker", "vm", "runc"],
        beside=frozenset({"runc"}),
        results=tmp_path,
        seed=1,
        quick=False,
        command_line=[],
    )
    met = {
        one.name: [
            name for name in request.isolations if concerns(request, Cell(scenario=one, parameters={}, isolation=name))
        ]
        for one in request.scenarios
    }
    assert met == {"speak": ["bare", "docker", "vm"], "ladder": ["bare", "runc"]}


def test_all_stands_for_every_isolation_once() -> None:
    found = wanted("bare,all")
    assert found[0] == "bare"
    assert sorted(found) == sorted(real_names())
    assert {"unshare", "runc", "podman", "docker", "vm:microvm", "uml"} <= set(found)
    assert "fake" not in found


def test_names_are_checked_before_anything_is_run() -> None:
    assert wanted(" vm:q35+vcpus-2 , docker:kata") == ["vm:q35+vcpus-2", "docker:kata"]
    with pytest.raises(UnknownNameError, match="did you mean 'bubblewrap'"):
        wanted("bublewrap")
    with pytest.raises(InputError, match="names none"):
        wanted(" , ")
