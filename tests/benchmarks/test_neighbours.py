"""What is known of a victim: beside nobody it is its plain scenario, and a neighbour costs it what that really takes.

Both on bare, in one image and one envelope, so that the programs and limits are the same.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

import pytest

from bench import images
from bench.host.cpus import cpu_count
from bench.host.signals import Interruptions
from bench.isolations.base import Availability
from bench.isolations.launched.bare import Bare
from bench.measuring.calibration.quota import PARAMETER, imposed
from bench.measuring.runner import Runner
from bench.model import Cell, Kind, Scalar, Scenario, Trial
from bench.scenario import find_scenarios, load_recipe, load_scenario, stock_folder
from bench.testing.launching import checked
from tests.benchmarks.conftest import Require
from tests.sequential import ratio

pytestmark = [pytest.mark.root, pytest.mark.skipif(cpu_count() < 2, reason="there is one CPU alone")]

PLAIN: Mapping[str, tuple[str, Mapping[str, Scalar], str]] = {
    "cpu": ("cpu", {"threads": 1}, "events_per_s"),
    "memory": ("memory", {"operation": "copy"}, "bytes_per_s"),
    "disk": ("disk", {"access": "random-write", "depth": 1}, "operations_per_s"),
    "mysql": ("mysql", {"mode": "read_write", "threads": 1}, "transactions_per_s"),
}
"""Whose client is inside in both: a victim's scenario, its step and its throughput. Those of the scenarios ``function``
and ``latency`` are on another CPU than their server, and a victim has one CPU for both."""

ARMS = {"disk": "volume", "mysql": "socket, volume"}

Measure = Callable[[Scenario, Mapping[str, Scalar]], Mapping[str, float]]

_numbers = count(9000)


@pytest.fixture(scope="module")
def measure(run_id: str) -> Measure:
    """Returns what measures one trial on bare, and gives its figures."""
    image = images.build(load_recipe(stock_folder() / "images" / "neighbours.toml"), (), say=lambda _line: None)
    bare = checked(Bare(run_id), image)
    known = {"bare": Availability(isolation="bare", fault=None, detail="")}

    def measured(of: Scenario, parameters: Mapping[str, Scalar]) -> Mapping[str, float]:
        runner = Runner({"bare": bare}, known, {of.name: image}, Interruptions(), inject=imposed)
        cell = Cell(scenario=of, parameters=parameters, isolation="bare")
        made, _console = runner.measure(Trial(number=next(_numbers), round=1, cell=cell, nonce=secrets.token_hex(8)))
        assert made.outcome.kind in (Kind.OK, Kind.SPOILED), made.outcome.reason
        return {one.metric: one.value for one in made.samples if not one.vantage.startswith("processes:")}

    return measured


def stock(name: str, **step: Scalar) -> Scenario:
    """Return a stock scenario with one step."""
    found = load_scenario(find_scenarios([stock_folder()])[name])
    return replace(found, steps={key: (value,) for key, value in step.items()})


def victim(name: str) -> Scenario:
    return stock("neighbours", victim=name)


@pytest.mark.parametrize("name", PLAIN)
def test_a_victim_beside_nobody_does_what_its_plain_scenario_does(
    name: str, measure: Measure, require: Require
) -> None:
    scenario, step, throughput = PLAIN[name]
    own = victim(name)
    plain = replace(stock(scenario, **step), envelope=own.envelope)  # a second CPU is for steps of two threads
    of_plain: Mapping[str, Scalar] = {"seconds": 1, **({"arm": ARMS[name]} if name in ARMS else {})}
    of_victim: Mapping[str, Scalar] = {"seconds": 1, "antagonist": "none", "place": "same CPU"}

    compared = ratio(
        lambda: measure(own, of_victim)["work_per_s"],
        lambda: measure(plain, of_plain)[throughput],
    )
    require(compared, at_least=-math.log(1.03), at_most=math.log(1.03), most=200)


@pytest.mark.parametrize("percent", [50, 20])
def test_a_known_neighbour_costs_a_victim_what_it_takes(percent: int, measure: Measure, require: Require) -> None:
    """By both groups' books, within 3 points: of what the two get, the neighbour's share is the victim's loss.

    On a quiet CPU they get all of it, and that share is the quota. Both are in one group, so that strangers who always
    want that CPU leave the two together what they leave the victim alone, and move neither side. Long, since the
    neighbour's books cover the victim's start too.
    """
    of = victim("cpu")

    def beside() -> float:
        found = measure(of, {"seconds": 8, "antagonist": "cpu", "place": "same CPU", PARAMETER: percent})
        taken, kept = found["neighbour.cpu"] / found["neighbour.window"], found["cpu.used"] / found["cpu.window"]
        return found["work_per_s"] / (kept / (kept + taken))

    def alone() -> float:
        return measure(of, {"seconds": 8, "antagonist": "none", "place": "same CPU"})["work_per_s"]

    points = 0.03 / (1 - percent / 100)  # of all that the victim can do, as a share of what is left to it
    require(ratio(beside, alone), at_least=math.log(1 - points), at_most=math.log(1 + points), most=200)
