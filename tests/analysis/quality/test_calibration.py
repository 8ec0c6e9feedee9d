"""What a calibration found, on simulated trials whose bias is known."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from bench.analysis.quality.calibration import calibration, machines_in, worst
from bench.analysis.quality.uncalibrated import unrecovered, unseen

MIB = 1 << 20


def rows(
    scenario: str, parameter: str, amount: float, metric: str, vantage: str, values: list[float], **more: object
) -> list[dict[str, object]]:
    """Return one sample a round of one amount, as a run's frame has it."""
    return [
        {
            "scenario": scenario, "parameters": json.dumps({parameter: amount}), "isolation": "bare", "emulated": False,
            "round": place, "trial": hash((scenario, amount, place, more.get("isolation"))) % 10**9,
            "outcome": "ok", "reason": "",
            "metric": metric, "vantage": vantage, "unit": "", "better": "lower", "value": value, "at_s": 1.0, **more,
        }
        for place, value in enumerate(values, start=1)
    ]  # fmt: skip


def delays(nothing: list[float], hundred: list[float], **more: object) -> pd.DataFrame:
    return pd.DataFrame(
        rows("delay", "delay_ms", 0, "clock.host", "host", nothing, **more)
        + rows("delay", "delay_ms", 100, "clock.host", "host", hundred, **more)
    )


def test_a_bias_and_its_spread_are_recovered_paired_by_round() -> None:
    drift = [0.001, 0.021, 0.041, 0.061, 0.081]
    errors = [0.0001, 0.0002, 0.0003, 0.0004, 0.0005]
    [found] = calibration(
        delays(drift, [zero + 0.1 + error for zero, error in zip(drift, errors, strict=True)])
    ).to_dict("records")
    assert found["injected"] == pytest.approx(0.1)
    assert found["bias"] == pytest.approx(0.0003)
    assert found["spread"] == pytest.approx(0.0002)
    assert (found["low"], found["high"]) == (pytest.approx(0.0001), pytest.approx(0.0005))
    assert (found["n"], found["verdict"]) == (5, "met")


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        ([0.0, 0.0005, 0.0], "met"),
        ([0.002, 0.003, 0.004], "missed"),
        ([0.0005, 0.003, 0.004], "undecided"),
        ([-0.003], "undecided"),
        ([0.0001], "met"),
    ],
)
def test_a_goal_is_met_missed_or_undecided(errors: list[float], verdict: str) -> None:
    found = calibration(delays([0.0] * len(errors), [0.1 + error for error in errors]))
    assert list(found["verdict"]) == [verdict]


@pytest.mark.parametrize("emulated", [True, False])
def test_a_machine_has_a_wider_goal_whether_it_is_emulated_or_not(emulated: bool) -> None:
    cpu = rows("delay", "delay_ms", 0, "cpu.used", "processes:vmm", [1.0] * 3, emulated=emulated)
    frame = pd.concat([delays([0.0] * 3, [0.104] * 3, emulated=emulated), pd.DataFrame(cpu)])
    [found] = calibration(frame).to_dict("records")
    assert (found["machine"], found["emulated"], found["goal"], found["verdict"]) == (True, emulated, 0.005, "met")


def test_who_shares_the_host_s_kernel_is_held_to_the_narrow_goal() -> None:
    assert not machines_in(delays([0.0], [0.1]))
    [found] = calibration(delays([0.0] * 3, [0.104] * 3)).to_dict("records")
    assert (found["machine"], found["goal"], found["verdict"]) == (False, 0.001, "missed")


def test_memory_is_summed_over_the_instances_own_processes() -> None:
    parts = [
        row
        for amount, role, value in ((0, "workload", 5), (0, "shim", 2), (16, "workload", 21), (16, "shim", 3))
        for row in rows("memory", "touched_mib", amount, "memory.idle.pss", f"processes:{role}", [value * MIB] * 3)
    ]
    [found] = calibration(pd.DataFrame(parts)).to_dict("records")
    assert (found["view"], found["injected"], found["bias"]) == ("pss", 16 * MIB, 1 * MIB)
    assert found["verdict"] == "missed"  # 1 MiB of 16 is more than 2 %


def test_work_under_a_quota_is_a_share_of_that_without() -> None:
    frame = pd.DataFrame(
        rows("quota", "quota_percent", 100, "work", "workload", [1000, 1200, 1100])
        + rows("quota", "quota_percent", 25, "work", "workload", [255, 306, 280.5])
    )
    [found] = calibration(frame).to_dict("records")
    assert found["bias"] == pytest.approx(0.005)
    assert found["verdict"] == "met"
    assert calibration(frame.assign(outcome="spoiled")).empty


def test_cpu_time_under_a_quota_is_a_share_of_that_without() -> None:
    frame = pd.DataFrame(
        [
            row
            for percent, used_s in ((100, 1.98), (25, 0.495))
            for row in (
                *rows("quota", "quota_percent", percent, "cpu.used", "cgroup", [used_s] * 3),
                *rows("quota", "quota_percent", percent, "cpu.window", "host", [2.0] * 3),
            )
        ]
    )
    [found] = calibration(frame).to_dict("records")
    assert (found["view"], found["injected"], found["verdict"]) == ("CPU time", 0.25, "met")
    assert found["bias"] == pytest.approx(0)


def test_an_offered_rate_needs_no_trial_without() -> None:
    [found] = calibration(pd.DataFrame(rows("rate", "lines_per_s", 50, "clock.host", "host", [2.5] * 3))).to_dict(
        "records"
    )
    assert (found["injected"], found["bias"], found["verdict"]) == (50, -10, "missed")


def test_the_worst_amount_speaks_for_its_view() -> None:
    frame = pd.concat(
        [
            delays([0.0] * 3, [0.1003] * 3),
            pd.DataFrame(rows("delay", "delay_ms", 500, "clock.host", "host", [0.4993] * 3)),
        ]
    )
    assert list(worst(calibration(frame))["injected"]) == [0.5]


def test_bytes_written_are_recovered_by_each_of_two_books() -> None:
    parts = [
        row
        for amount, vantage, value in (
            (0, "cgroup", 1), (0, "processes:workload", 2), (0, "processes:shim", 1),
            (16, "cgroup", 13), (16, "processes:workload", 18), (16, "processes:shim", 1),
        )
        for row in rows("written", "written_mib", amount, "disk.written", vantage, [value * MIB] * 3)
    ]  # fmt: skip
    found = calibration(pd.DataFrame(parts)).set_index("view")
    assert dict(found["bias"]) == {"processes": 0, "cgroup": -4 * MIB}
    assert dict(found["verdict"]) == {"processes": "met", "cgroup": "missed"}


def test_what_was_not_recovered_is_said_with_its_reason() -> None:
    reason = "it has no control group of its own"
    frame = delays([0.0] * 3, [0.1] * 3, outcome="unsupported", reason=reason)
    found = calibration(frame)
    assert found.empty
    [one] = unrecovered(frame, found)
    assert str(one) == f"delay on bare: not applicable, unsupported: {reason}"
    assert not one.is_failure


def test_trials_that_were_all_spoiled_are_a_failure_to_recover() -> None:
    frame = pd.concat(
        [
            delays([0.0], [0.1], outcome="spoiled", reason="others took 51% of the CPU time (1.1 s)"),
            delays([0.0], [0.1], outcome="spoiled", reason="others took 51% of the CPU time (2.0 s)"),
        ]
    )
    [one] = unrecovered(frame, calibration(frame))
    assert str(one) == "delay on bare: no trial counts, spoiled: others took 51% of the CPU time"
    assert one.is_failure


def test_isolations_that_lack_a_truth_for_the_same_reason_are_named_together() -> None:
    others = "others took %d%% of the CPU time (%d s)"
    frame = pd.concat(
        delays([0.0], [0.1], isolation=name, outcome="spoiled", reason=others % (share, share))
        for name, share in (("vm", 50), ("docker", 70), ("bare", 70))
    )
    frame = pd.concat([frame, delays([0.0], [0.1], isolation="uml", outcome="unsupported", reason="none")])
    assert list(map(str, unrecovered(frame, calibration(frame)))) == [
        "delay on bare, docker, vm: no trial counts, spoiled: others took 70% of the CPU time",
        "delay on uml: not applicable, unsupported: none",
    ]


def test_a_truth_that_no_round_has_twice_is_not_recovered() -> None:
    zero = pd.DataFrame(rows("delay", "delay_ms", 0, "clock.host", "host", [0.0], outcome="spoiled"))
    frame = pd.concat([zero, pd.DataFrame(rows("delay", "delay_ms", 100, "clock.host", "host", [0.1]))])
    [one] = unrecovered(frame, calibration(frame))
    assert str(one) == "delay on bare: no round has both a trial with it and one without that count"


def test_a_view_that_an_isolation_lacks_is_named_with_the_reason() -> None:
    parts = [
        row
        for isolation, vantages in (("docker", ("cgroup", "processes:workload")), ("vm", ("processes:vmm",)))
        for amount in (0, 16)
        for vantage in vantages
        for row in rows("written", "written_mib", amount, "disk.written", vantage, [MIB], isolation=isolation)
    ]
    [line] = unseen(pd.DataFrame(parts))
    assert line.startswith("written, by cgroup, is not seen on vm: no control group")
