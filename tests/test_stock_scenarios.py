"""Every stock scenario, for real, in every isolation: one run of a short form of each, then a look at its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.isolations.base import Availability
from bench.model import Measurement, Scenario, Trial, combinations
from bench.scenario import find_scenarios, load_recipes, load_scenario, stock_folder
from bench.session import Finished, Request, execute
from bench.stopping import Look
from tests.required import unavailable

pytestmark = [pytest.mark.root, pytest.mark.docker, pytest.mark.vm]

ISOLATIONS = ("bare", "docker", "vm")
ELSEWHERE = {"startup", "footprint", "density", "provision"}
"""Scenarios that tests of their own run: the first look's, and those whose trials are of another kind."""

NAMES = sorted(set(find_scenarios([stock_folder()])) - ELSEWHERE)

MOST_STEPS = 2


class Silent:
    """A listener that keeps what it hears of isolations."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def say(self, line: str) -> None:
        """Nobody listens."""

    def checked(self, host: str, availabilities: Sequence[Availability]) -> None:
        self.faults = [f"{one.isolation}: {one.fault.reason}" for one in availabilities if one.fault]

    def planned(self, trials: Sequence[Trial]) -> None:
        """Nobody listens."""

    def looked(self, look: Look) -> None:
        """Nobody asked."""

    def starting(self, trial: Trial) -> None:
        """Nobody listens."""

    def measured(self, measurement: Measurement) -> None:
        """Nobody listens."""


def short(scenario: Scenario) -> Scenario:
    """Return a scenario with one arm, one value for each parameter, and few steps: all its parts, little of each."""
    names = list(scenario.steps)
    steps = {name: values[: MOST_STEPS if name == names[0] else 1] for name, values in scenario.steps.items()}
    return replace(
        scenario,
        rounds=1,
        arms=scenario.arms[-1:],
        parameters={name: values[:1] for name, values in scenario.parameters.items()},
        steps=steps,
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One run of all of them, in every isolation."""
    found = find_scenarios([stock_folder()])
    scenarios = [short(load_scenario(found[name], quick=True)) for name in NAMES]
    listener = Silent()
    request = Request(
        scenarios=scenarios,
        recipes=load_recipes(scenarios, None),
        isolations=ISOLATIONS,
        results=tmp_path_factory.mktemp("results"),
        seed=1,
        quick=True,
        command_line=["bench", "run"],
    )
    finished = execute(request, listener)
    if listener.faults:
        unavailable("; ".join(listener.faults))
    return finished


def trials_of(finished: Finished, scenario: str) -> dict[str, dict[str, Any]]:
    """Return one journal line for each isolation."""
    lines = map(json.loads, (finished.folder / "trials.jsonl").read_text().splitlines())
    return {line["isolation"]: line for line in lines if line["scenario"] == scenario}


def values(trial: Mapping[str, Any], metric: str) -> list[float]:
    return [sample["value"] for sample in trial["samples"] if sample["metric"] == metric]


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_well_in_every_isolation_and_its_numbers_hang_together(name: str, ran: Finished) -> None:
    scenario = short(load_scenario(find_scenarios([stock_folder()])[name], quick=True))
    steps = len(combinations(scenario.steps))
    trials = trials_of(ran, name)
    assert set(trials) == set(ISOLATIONS)
    for isolation, trial in trials.items():
        assert trial["outcome"] in ("ok", "spoiled"), f"{isolation}: {trial['reason']}\n" + "\n".join(trial["tail"])
        for metric in scenario.metrics:
            assert len(values(trial, metric.name)) == steps, (isolation, metric.name)
        for used, window in zip(values(trial, "cpu.used"), values(trial, "cpu.window"), strict=False):
            assert 0 <= used <= window * (scenario.envelope.cpus + 0.5) + 0.1, isolation
        if scenario.window is not None:
            for inside, outside in zip(values(trial, "clock.workload"), values(trial, "clock.host"), strict=True):
                assert inside == pytest.approx(outside, rel=0.1, abs=0.1), isolation
        if scenario.command and scenario.client is not None:
            assert values(trial, "memory.load.pss"), isolation
            assert values(trial, "timeline.ready")[0] > values(trial, "timeline.start")[0]


def test_mysql_is_equally_durable_everywhere(ran: Finished) -> None:
    """At one thread every commit of the read-write mix is one fsync, counted by the server itself."""
    for isolation, trial in trials_of(ran, "mysql").items():
        counted = {
            sample["step"]["mode"]: sample["value"]
            for sample in trial["samples"]
            if sample["metric"] == "fsyncs_per_transaction"
        }
        assert counted["read_only"] < 0.1, isolation
        assert counted["read_write"] == pytest.approx(1.0, abs=0.2), isolation


def test_limits_hold(ran: Finished) -> None:
    for isolation, trial in trials_of(ran, "limits").items():
        for share in values(trial, "share_of_limit"):
            assert 0.3 < share < 1.15, isolation
