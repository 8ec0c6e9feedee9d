"""Which readings spoil a trial: what others did, never what its own instance did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.host.disturbance.readings import HostActivity
from bench.host.disturbance.rules import OwnActivity, apply_rules, readings, samples, spoiled_by
from bench.host.disturbance.sentinels import LOAD_LIMIT, PRESSURE_LIMIT, SENTINELS, STEAL_LIMIT


def change(*, span_s: float = 10.0, cpus: int = 1, **seen: object) -> HostActivity:
    return HostActivity(span_s=span_s, cpus=cpus, **seen)  # type: ignore[arg-type]


def changed(seen: Mapping[str, object]) -> HostActivity:
    return replace(change(), **seen)  # type: ignore[arg-type]


OWN = OwnActivity(throttled=0, cpu_s=5.0)
QUIET = change(swapped_bytes=0, stolen_s=0.0, busy_s=5.0, pressure_s={"cpu.some": 0.0}, kernel_errors=(), hot=0)


def others_s(of: HostActivity, own: OwnActivity) -> float | None:
    """Return what others spent on the instance's CPUs; None where that is not known."""
    return next((one.amount for one in apply_rules(readings(of, own)) if one.sentinel.name == "other load"), None)


def test_nothing_spoils_a_quiet_trial_nor_one_of_which_nothing_is_known() -> None:
    assert spoiled_by(QUIET, OWN) == []
    assert spoiled_by(change(), OwnActivity()) == []


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"swapped_bytes": 4096}, "the host swapped 4096 bytes"),
        ({"hot": 2}, "the host's CPUs were slowed for their heat 2 times"),
        ({"stolen_s": 1.0}, "the host's hypervisor took 10% of the instance's CPU time"),
        ({"busy_s": 8.0}, "other processes took 30% of the instance's CPU time (3.0 s)"),
        ({"pressure_s": {"memory.some": 1.0}}, "tasks of the host waited for memory in 10% of its time"),
        ({"clock_step_s": -0.5}, "the host's clock was set by -0.500 s"),
        ({"suspended_s": 2.0}, "the host slept for 2.000 s"),
        ({"kernel_errors": ("I/O error, dev vda",)}, "the kernel reported an error: I/O error, dev vda"),
        ({"kernel_errors": ("one", "two", "three")}, "the kernel reported an error: one (and 2 more)"),
    ],
)
def test_each_sentinel_spoils_and_says_why(seen: Mapping[str, object], reason: str) -> None:
    assert spoiled_by(changed(seen), OWN) == [reason]


def test_throttling_spoils_and_all_reasons_are_given() -> None:
    reasons = spoiled_by(change(swapped_bytes=4096, stolen_s=1.0), OwnActivity(throttled=3))
    steal = "the host's hypervisor took 10% of the instance's CPU time"
    assert reasons == [steal, "the host swapped 4096 bytes", "the CPU quota throttled it 3 times"]


@pytest.mark.parametrize(
    "seen",
    [
        {"stolen_s": STEAL_LIMIT * 10},
        {"busy_s": 5.0 + LOAD_LIMIT * 10},
        {"pressure_s": {"memory.some": PRESSURE_LIMIT * 10}},
        {"clock_step_s": 0.009},
    ],
)
def test_up_to_its_threshold_nothing_is_spoiled(seen: Mapping[str, object]) -> None:
    assert spoiled_by(changed(seen), OWN) == []


def test_a_share_is_of_all_the_instances_cpus() -> None:
    assert spoiled_by(change(stolen_s=1.0, cpus=4), OWN) == []


def test_a_trial_too_short_for_shares_is_not_judged_by_them() -> None:
    assert spoiled_by(change(span_s=0.5, stolen_s=0.1, busy_s=6.0), OWN) == []


def test_an_instances_own_load_does_not_spoil_it() -> None:
    full = change(busy_s=10.0, harness_s=0.5, pressure_s={"cpu.some": 9.9, "io.some": 9.0, "io.full": 8.0})
    assert spoiled_by(full, OwnActivity(cpu_s=9.5)) == []


def test_what_its_engine_did_on_its_cpus_does_not_spoil_it() -> None:
    busy = change(busy_s=9.0, engine_s=3.5)
    assert spoiled_by(busy, OWN) == []
    assert others_s(busy, OWN) == 0.5


def test_an_engine_may_start_and_remove_a_container_in_a_short_trial() -> None:
    assert spoiled_by(change(span_s=2.0, busy_s=1.0), OwnActivity(cpu_s=0.1)) == []


def test_what_the_instance_used_is_not_known_so_nobody_else_is_blamed() -> None:
    assert others_s(change(busy_s=9.0), OwnActivity()) is None
    assert spoiled_by(change(busy_s=9.0), OwnActivity()) == []


def test_reclaim_at_the_instances_own_limit_is_its_own_doing() -> None:
    assert spoiled_by(change(pressure_s={"memory.some": 5.0}), OwnActivity(at_memory_limit=True)) == []


def test_counters_that_disagree_by_a_tick_are_no_negative_load() -> None:
    assert others_s(change(busy_s=4.9), OWN) == 0.0


def test_all_that_was_read_becomes_samples_and_what_was_not_watched_does_not() -> None:
    found = {sample.metric: (sample.value, sample.unit, sample.vantage) for sample in samples(QUIET, OWN)}
    assert found["sentinel.busy"] == (5.0, "s", "host")
    assert found["sentinel.own"] == (5.0, "s", "host")
    assert found["sentinel.pressure.cpu.some"] == (0.0, "s", "host")
    assert found["sentinel.kernel_errors"] == (0.0, "1", "host")
    bare = {sample.metric for sample in samples(change(), OwnActivity())}
    always = ("span", "cpus", "harness", "engine", "clock_step", "suspended", "at_memory_limit")
    assert bare == {f"sentinel.{name}" for name in always}


def test_what_spoils_is_documented_as_it_is_judged() -> None:
    text = (Path(__file__).parents[3] / "docs" / "explanation" / "methodology.md").read_text()
    assert "".join(f"| {one.name} | {one.spoils} |\n" for one in SENTINELS) in text


def test_a_sentinel_that_can_spoil_says_why_and_no_other_does() -> None:
    assert [one.name for one in SENTINELS if (one.limit is None) != (one.reason == "")] == []
    assert [one.name for one in SENTINELS if (one.limit is None) != (one.spoils == "never")] == []
