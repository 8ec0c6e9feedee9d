"""What a report says of the calibration of its machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.analysis.quality.citations import citations

NEVER = ("Never calibrated on this machine: run `python -m bench calibrate`.",)
DAY = "2026-11-24T15:00:00+00:00"


def finding(truth: str, view: str, bias: float, *, injected: float = 1.0, **more: object) -> dict[str, object]:
    return {"truth": truth, "view": view, "bias": bias, "injected": injected, **more}


def calibrated(folder: Path, **isolations: list[dict[str, object]]) -> Path:
    """Write what a run takes along; every isolation was calibrated on the same day."""
    kept = {name: {"run": "r", "at": DAY, "findings": findings} for name, findings in isolations.items()}
    (folder / "calibration.json").write_text(json.dumps({"isolations": kept}))
    return folder


def test_a_run_that_nobody_calibrated_says_so(tmp_path: Path) -> None:
    assert citations(tmp_path, ["bare"]) == NEVER


@pytest.mark.parametrize(
    "text",
    [
        "{torn",
        "[]",
        '{"isolations": {"bare": {"at": "2026"}}}',
        '{"isolations": {"bare": {"at": "2026", "findings": 3}}}',
        '{"isolations": {"bare": {"at": "2026", "findings": [3]}}}',
        '{"isolations": {"bare": {"at": "2026", "findings": [{"truth": "delay", "view": "its own line"}]}}}',
        '{"isolations": {"bare": {"at": "2026", "findings": []}}}',
        '{"isolations": {"bare": {"at": "2026", "findings": [{"truth": "memory", "view": "pss", "bias": 1, '
        '"injected": 0}]}}}',
    ],
)
def test_what_cannot_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    assert citations(tmp_path, ["bare"]) == NEVER


def test_the_largest_bias_of_every_truth_is_cited_and_what_is_missing_named(tmp_path: Path) -> None:
    docker = [finding("delay", "its own line", bias) for bias in (0.0001, -0.0003)]
    docker += [finding("memory", "pss", 0.5, injected=100.0), finding("memory", "rss", 99.0)]
    vm = [finding("delay", "its own line", 0.0021, emulated=True), finding("memory", "pss", -0.00001, injected=1.0)]
    assert citations(calibrated(tmp_path, docker=docker, vm=vm, uml=docker), ["docker", "vm", "bare"]) == (
        "Calibrated on 2026-11-24: delays before readiness were recovered with a bias of at most -0.3 ms (docker), "
        "+2.1 ms (vm, emulated).",
        "Calibrated on 2026-11-24: memory touched, by PSS, was recovered with a bias of at most +0.5 % (docker), "
        "+0.0 % (vm, emulated).",
        "Not calibrated here: bare.",
    )


def test_goals_that_were_missed_are_named_once(tmp_path: Path) -> None:
    missed = [finding("memory", "rss", 1.0, verdict="missed"), finding("memory", "rss", 2.0, verdict="missed")]
    bare = [finding("delay", "its own line", 0.0, verdict="met"), *missed]
    assert citations(calibrated(tmp_path, bare=bare), ["bare"])[-1] == (
        "Goals of calibration that were missed: memory by rss (bare)."
    )


@pytest.mark.parametrize("text", ["", "[]", "[" * 99_999, "1" * 5000, '{"isolations": []}', '{"isolations": 1}'])
def test_what_is_no_calibration_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    assert citations(tmp_path, ["bare"]) == citations(tmp_path / "nowhere", ["bare"])


def test_what_a_terminal_would_obey_is_plain(tmp_path: Path) -> None:
    finding = {"truth": "\x1b[31m", "view": "pss", "verdict": "missed"}
    known = {"truth": "delay", "view": "its own line", "bias": 0.001, "injected": 1, "at": "2026-11-23"}
    kept = {"isolations": {"bare": {"findings": [known, finding]}}}
    (tmp_path / "calibration.json").write_text(json.dumps(kept))
    said = " ".join(citations(tmp_path, ["bare"]))
    assert "␛[31m by pss (bare)" in said
    assert "\x1b" not in said
