"""A report cites the calibration of its machine: one that was really made, on bare, docker and an emulated vm."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.report.compose import compose
from tests.synthetic import write_run

CALIBRATION = Path(__file__).with_name("calibration.json")
"""Taken along by a run on 2026-11-24; AMD EPYC, 2 CPUs, a virtual machine itself."""


@pytest.fixture
def cited(tmp_path: Path) -> Path:
    run = write_run(tmp_path / "run", rounds=2)
    shutil.copy(CALIBRATION, run / "calibration.json")
    return run


def test_a_report_says_how_far_the_meters_were_off_on_its_machine(cited: Path) -> None:
    said = [text for text in compose(cited).method if "alibrat" in text]
    assert said[0] == (
        "Calibrated on 2026-11-24: delays before readiness were recovered with a bias of at most +0.2 ms (bare), "
        "+1.1 ms (docker), +1.0 ms (vm, emulated)."
    )
    assert said[-1].startswith("Goals of calibration that were missed: ")
    assert "delay by its own line (docker)" in said[-1]
