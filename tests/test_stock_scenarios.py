"""Every stock scenario, for real: one run of a short form of each, bare and in Docker; then a look at its numbers.

A virtual machine runs those whose way through it is their own, since each takes it many times as long: a workload that
runs once (ladder), a client inside held to limits of CPU, memory and disk (limits), a set-up and direct I/O on a volume
(disk), and a service on a volume, reached through a published port by a client on the host (mysql). The others differ
from these by the program alone, and a program knows no isolation. What the first look runs, a machine runs too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.isolations.base import Availability
from bench.isolations.registry import DEFAULT
from bench.measuring.request import Request
from bench.measuring.session import execute
from bench.measuring.stopping import Look
from bench.model import Measurement, Scenario, Trial, combinations
from bench.scenario import find_scenarios, load_recipes, load_scenario, stock_folder
from bench.testing.launching import unavailable
from tests.conftest import FIRST_LOOK

pytestmark = [pytest.mark.root, pytest.mark.docker, pytest.mark.vm]

ELSEWHERE = {*FIRST_LOOK, "burst", "density", "exec", "provision", "rate", "restore"}
"""Scenarios that another run than this module's has: the first look's, and those whose trials are of another kind."""

NAMES = sorted(set(find_scenarios([stock_folder()])) - ELSEWHERE)
IN_A_MACHINE = ("disk", "ladder", "limits", "mysql")

MOST_STEPS = 2

Line = Mapping[str, Any]
"""One trial, as its line in the journal has it."""


class Silent:
    """A listener that keeps what it hears of isolations."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def say(self, line: str) -> None:
        """Nobody listens."""

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        self.faults = [f"{one.isolation}: {one.fault.reason}" for one in availabilities if one.fault]

    def opened(self, folder: Path) -> None:
        """Nobody reads it."""

    def resumed(self, kept: int) -> None:
        """Nothing is."""

    def planned(self, trials: Sequence[Trial]) -> None:
        """Nobody listens."""

    def looked(self, look: Look) -> None:
        """Nobody asked."""

    def starting(self, trial: Trial) -> None:
        """Nobody listens."""

    def measured(self, measurement: Measurement) -> None:
        """Nobody listens."""


def stock(name: str) -> Scenario:
    return load_scenario(find_scenarios([stock_folder()])[name], quick=True)


def short(scenario: Scenario) -> Scenario:
    """Return a scenario with one arm, one value for each parameter, and few steps: all its parts, little of each.

    The second value, where there are several: the first may be to do nothing.
    """
    names = list(scenario.steps)
    steps = {name: values[: MOST_STEPS if name == names[0] else 1] for name, values in scenario.steps.items()}
    return replace(
        scenario,
        rounds=1,
        arms=scenario.arms[-1:],
        parameters={name: values[1:2] or values for name, values in scenario.parameters.items()},
        steps=steps,
    )


def run(names: Iterable[str], isolations: Sequence[str], results: Path) -> list[Line]:
    """Run short forms of these scenarios; return the journal."""
    scenarios = [short(stock(name)) for name in names]
    listener = Silent()
    request = Request(
        scenarios=scenarios,
        recipes=load_recipes(scenarios, None),
        isolations=isolations,
        results=results,
        seed=1,
        quick=True,
        command_line=["bench", "run"],
    )
    finished = execute(request, listener)
    if listener.faults:
        unavailable("; ".join(listener.faults))
    assert finished.interrupted is None  # who interrupts the tests wants no judgement of half of them
    return journal(finished.folder)


def journal(folder: Path) -> list[Line]:
    return [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """All of them, bare and in Docker, and some in a virtual machine."""
    results = tmp_path_factory.mktemp("results")
    return run(NAMES, ("bare", "docker"), results) + run(IN_A_MACHINE, ("vm",), results)


def of(lines: Iterable[Line], scenario: str) -> dict[str, Line]:
    """Return a trial of the scenario for each isolation."""
    return {line["isolation"]: line for line in lines if line["scenario"] == scenario}


def values(trial: Line, metric: str) -> list[float]:
    return [sample["value"] for sample in trial["samples"] if sample["metric"] == metric]


def hangs_together(trial: Line, scenario: Scenario) -> None:
    """See that a trial ended well, has every figure, and that figures which depend on each other agree."""
    isolation, steps = trial["isolation"], len(combinations(scenario.steps))
    assert trial["outcome"] in ("ok", "spoiled"), f"{isolation}: {trial['reason']}\n" + "\n".join(trial["tail"])
    for metric in scenario.metrics:
        count = len(values(trial, metric.name))
        assert count == steps or (metric.optional and 0 < count < steps), (isolation, metric.name)
    for used, window in zip(values(trial, "cpu.used"), values(trial, "cpu.window"), strict=False):
        assert 0 <= used <= window * (scenario.envelope.cpus + 0.5) + 0.1, isolation
    if scenario.window is not None:
        for inside, outside in zip(values(trial, "clock.workload"), values(trial, "clock.host"), strict=True):
            assert inside == pytest.approx(outside, rel=0.1, abs=0.1), isolation
    if scenario.command and scenario.client is not None:
        assert values(trial, "memory.load.pss"), isolation
        assert values(trial, "timeline.ready")[0] > values(trial, "timeline.start")[0]


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_well_in_every_isolation_and_its_numbers_hang_together(name: str, ran: list[Line]) -> None:
    trials = of(ran, name)
    assert set(trials) == {"bare", "docker", *(("vm",) if name in IN_A_MACHINE else ())}
    for trial in trials.values():
        hangs_together(trial, short(stock(name)))


@pytest.mark.parametrize("name", FIRST_LOOK)
def test_the_first_look_ends_well_in_every_isolation(name: str, measured_run: Path) -> None:
    trials = [line for line in journal(measured_run) if line["scenario"] == name]
    assert {trial["isolation"] for trial in trials} == set(DEFAULT)
    for trial in trials:
        if trial["outcome"] == "unsupported":
            unavailable(f"{trial['isolation']}: {trial['reason']}")
        hangs_together(trial, stock(name))


def test_mysql_is_equally_durable_everywhere(ran: list[Line]) -> None:
    """At one thread every commit of the read-write mix is one fsync, counted by the server itself."""
    for isolation, trial in of(ran, "mysql").items():
        counted = {
            sample["step"]["mode"]: sample["value"]
            for sample in trial["samples"]
            if sample["metric"] == "fsyncs_per_transaction"
        }
        assert counted["read_only"] < 0.1, isolation
        assert counted["read_write"] == pytest.approx(1.0, abs=0.2), isolation


def test_limits_hold(ran: list[Line]) -> None:
    for isolation, trial in of(ran, "limits").items():
        for share in values(trial, "share_of_limit"):
            assert 0.3 < share < 1.15, isolation


def test_what_docker_refuses_bare_may_and_the_host_sees_both_or_says_why_not(ran: list[Line]) -> None:
    bare, docker = (of(ran, "surface")[name] for name in ("bare", "docker"))
    assert values(bare, "surface.refused") == [0]
    assert values(docker, "surface.refused")[0] > 20
    assert values(docker, "surface.answered") < values(bare, "surface.answered")
    assert (bare["seen"]["surface.host_processes"], docker["seen"]["surface.host_processes"]) == ("seen", "not seen")
    for trial in (bare, docker):
        assert not values(trial, "timeline.ready")  # nothing of it is timed
        for side in ("host_syscalls", "host_functions"):
            assert len(values(trial, f"surface.{side}")) + (f"surface.no_{side}" in trial["seen"]) == 1
