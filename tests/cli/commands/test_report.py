"""``bench report``: what it says of a run that it cannot show, or that it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Bench
from tests.synthetic import write_run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for run in ("20261123-2105-fir", "20261124-0900-elm"):
        (folder / run).mkdir(parents=True)
        (folder / run / "manifest.json").write_text("{}")
    (folder / "published").mkdir()
    return folder


def test_an_unknown_run_is_exit_code_2(bench: Bench) -> None:
    answer = bench("report", "nothing")
    assert answer.code == 2
    assert "no run is called 'nothing'" in answer.err
    assert "Known: none" in answer.err


def test_a_broken_run_is_exit_code_2_without_a_traceback(bench: Bench, results: Path) -> None:
    answer = bench("report", "20261123-2105-fir")
    assert answer.code == 2
    assert "manifest.json" in answer.err
    assert "Traceback" not in answer.err


def test_a_report_loads_no_statistics_that_few_runs_need(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    code = f"""
import sys
from pathlib import Path
from bench.cli.commands.report import report
report({str(run)!r}, Path())
sys.exit("scipy.stats" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
