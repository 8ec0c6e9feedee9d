"""What a calibration found, on simulated trials whose bias is known."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.analysis.calibration import calibration, citations, unrecovered, worst

MIB = 1 << 20


def rows(
    scenario: str, parameter: str, amount: float, metric: str, vantage: str, values: list[float], **more: object
) -> list[dict[str, object]]:
    """Return one sample a round of one amount, as a run's frame has it."""
    return [
        {
            "scenario": scenario, "parameters": json.dumps({parameter: amount}), "isolation": "bare", "emulated": False,
            "round": place, "trial": hash((scenario, amount, place)) % 10**9, "outcome": "ok", "reason": "",
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


def test_an_emulated_machine_has_a_wider_goal() -> None:
    found = calibration(delays([0.0] * 3, [0.104] * 3, emulated=True))
    assert list(found["goal"]) == [0.005]
    assert list(found["verdict"]) == ["met"]


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


def test_what_was_not_recovered_is_said_with_its_reason() -> None:
    frame = delays([0.0] * 3, [0.1] * 3, outcome="unsupported", reason="it has no control group of its own")
    assert calibration(frame).empty
    assert unrecovered(frame) == ["delay on bare: no trial counts, unsupported: it has no control group of its own"]


def test_a_run_that_nobody_calibrated_says_so(tmp_path: Path) -> None:
    assert citations(tmp_path, ["bare"]) == ("Never calibrated on this machine: run `python -m bench calibrate`.",)
    (tmp_path / "calibration.json").write_text("{torn")
    assert "Never calibrated" in citations(tmp_path, ["bare"])[0]


def test_a_citation_names_day_bias_and_what_is_missing(tmp_path: Path) -> None:
    findings = [{"truth": "delay", "view": "its own line", "bias": bias} for bias in (0.0001, -0.0003)]
    known = {"isolations": {"docker": {"run": "r", "at": "2026-11-24T15:00:00+00:00", "findings": findings}}}
    (tmp_path / "calibration.json").write_text(json.dumps(known))
    assert citations(tmp_path, ["docker", "vm"]) == (
        "Calibrated on 2026-11-24: delays before readiness were recovered with a bias of at most -0.3 ms (docker).",
        "Not calibrated here: vm.",
    )
