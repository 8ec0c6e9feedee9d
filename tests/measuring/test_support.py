"""What an isolation has no network for is left out of the plan, and said once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.host import cpus
from bench.isolations.base import Availability, Fault
from bench.isolations.fake import Fake
from bench.measuring.plan import cells_of, plan
from bench.measuring.support import Offer
from bench.model import Arm, Envelope
from bench.store.manifest import NotOffered
from tests.records import envelope, scenario


def offer(*, ready: bool = True) -> Offer:
    fault = None if ready else Fault(reason="it is not there", remedy="get it")
    return Offer({"fake": Fake("fir")}, {"fake": Availability(isolation="fake", fault=fault, detail="")})


ARMED = replace(scenario(rounds=2), arms=(Arm(name="inside"), Arm(name="over the host", network="host")))


REMEDY = "Compare it in network mode none, or isolations that have 'host'"


def test_a_cell_without_its_network_is_left_out_and_kept_for_the_report() -> None:
    made = offer()
    trials = plan([ARMED], ["fake"], seed=1, offered=made.accepts)
    assert [trial.cell.parameters for trial in trials] == [{"arm": "inside"}] * 2
    assert made.left_out == [
        NotOffered(
            scenario="speak",
            parameters={"arm": "over the host"},
            isolation="fake",
            reason="fake has no network mode 'host'",
            remedy=REMEDY,
        )
    ]
    assert made.lines() == [f"speak: left out, since fake has no network mode 'host'. {REMEDY}"]


def test_what_is_not_available_is_for_its_trials_to_say() -> None:
    made = offer(ready=False)
    assert all(made.accepts(cell) for cell in cells_of(ARMED, ["fake"]))
    assert made.lines() == []


def test_a_host_with_too_few_cpus_leaves_the_scenario_out_and_runs_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_at_start", frozenset({0}))
    wide = replace(scenario(name="wide"), envelope=envelope(cpus=2))
    made = offer()
    trials = plan([wide, scenario(rounds=1)], ["fake"], seed=1, offered=made.accepts)
    assert {trial.cell.scenario.name for trial in trials} == {"speak"}
    assert made.lines() == [
        "wide: left out, since its envelope asks for 2 CPUs, this host gives us 1. "
        "Ask for 1 at most, or measure on a larger host"
    ]


def test_an_isolation_with_fewer_cpus_than_asked_for_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fake, "most_cpus", 1)
    wide = replace(scenario(name="wide"), envelope=envelope(cpus=2))
    made = offer()
    trials = plan([wide, scenario(rounds=1)], ["fake"], seed=1, offered=made.accepts)
    assert {trial.cell.scenario.name for trial in trials} == {"speak"}
    assert made.lines() == ["wide: left out, since fake has 1 CPU at most. Compare it with an envelope of 1 CPU"]


class Cut(Fake):
    """A variant without any network."""

    def altered(self, envelope: Envelope) -> Envelope:
        return replace(envelope, network="none")


def test_a_variant_without_network_is_left_out_where_one_is_asked_for() -> None:
    made = Offer({"fake": Cut("fir")}, {"fake": Availability(isolation="fake", fault=None, detail="")})
    trials = plan([ARMED], ["fake"], seed=1, offered=made.accepts)
    assert [trial.cell.parameters for trial in trials] == [{"arm": "inside"}] * 2
