"""The launch ladder, on hand-written trials with known answers."""

from __future__ import annotations

import pytest

from bench.analysis.figures.comparison import Comparison, comparisons
from bench.analysis.figures.ladder import is_machines, shares, steps, tops
from bench.model import Part, Rung
from tests.analysis.rows import frame


def rung(isolation: str, over: str, part: Part) -> Rung:
    return Rung(isolation=isolation, over=over, adds="something", part=part)


RUNGS = (
    rung("bare", "", "kernel"),
    rung("runc", "bare", "runtime"),
    rung("docker", "runc", "daemon"),
    rung("docker:cli", "docker", "client"),
    rung("vm", "bare", "machine"),
)
TIMES = {"bare": 0.002, "runc": 0.020, "docker": 0.150, "docker:cli": 0.180, "vm": 2.0}


def comparison(*isolations: str, drift_s: float = 0.0) -> Comparison:
    """Ten rounds; ``drift_s`` is added to everything in a round, once for each round before it."""
    rows = [
        (number, name, "timeline.start", "host", TIMES[name] + drift_s * number, "s")
        for number in range(10)
        for name in isolations
    ]
    table = frame(rows)
    [found] = comparisons(table.assign(trial=range(len(table))))
    return found


def test_each_rung_adds_what_it_takes_more_than_the_one_it_stands_on() -> None:
    found = steps(comparison(*TIMES), RUNGS)
    assert [step.rung.isolation for step in found] == list(TIMES)
    assert [step.added.value for step in found] == pytest.approx([0.002, 0.018, 0.130, 0.030, 1.998])
    assert [step.begins for step in found] == pytest.approx([0.0, 0.002, 0.020, 0.150, 0.002])
    assert [step.emulated for step in found] == [False, False, False, False, True]


def test_parts_add_up_to_the_top_rung() -> None:
    found = steps(comparison(*TIMES), RUNGS)
    command, machine = tops(found)
    assert shares(command, found) == pytest.approx(
        {("kernel",): 0.002, ("runtime",): 0.018, ("daemon",): 0.130, ("client",): 0.030}
    )
    assert sum(shares(command, found).values()) == pytest.approx(command.time.value)
    assert (is_machines(command, found), is_machines(machine, found)) == (False, True)


def test_what_troubles_a_whole_round_is_in_no_difference() -> None:
    found = steps(comparison(*TIMES, drift_s=0.01), RUNGS)
    docker = found[2]
    assert docker.time.high - docker.time.low > 0.02
    assert (docker.added.low, docker.added.high) == pytest.approx((0.130, 0.130))


def test_a_rung_that_was_not_measured_leaves_its_work_to_the_one_above() -> None:
    found = steps(comparison("bare", "docker", "docker:cli"), RUNGS)
    assert [step.rung.isolation for step in found] == ["bare", "docker", "docker:cli"]
    assert found[1].added.value == pytest.approx(0.148)
    assert found[1].passed == (RUNGS[1],)
    assert shares(found[2], found) == pytest.approx(
        {("kernel",): 0.002, ("runtime", "daemon"): 0.148, ("client",): 0.030}
    )


def test_the_first_measured_rung_stands_on_the_ground() -> None:
    [docker] = steps(comparison("docker"), RUNGS)
    assert docker.added == docker.time
    assert docker.begins == 0.0
    assert docker.parts == ("kernel", "runtime", "daemon")


def test_a_machine_that_was_passed_over_is_a_machine_all_the_same() -> None:
    ladder = (*RUNGS[:1], rung("vm:direct", "bare", "machine"), rung("vm", "vm:direct", "daemon"))
    found = steps(comparison("bare", "vm"), ladder)
    assert [is_machines(step, found) for step in found] == [False, True]
