"""Which ratios a report does without: none that it would show."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from bench import report
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.sweep import sweeps
from bench.report.sections import metrics
from tests.synthetic import write_run

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    published = sorted(one.parent for one in ROOT.glob("results/published/*/manifest.json"))
    return [write_run(tmp_path_factory.mktemp("runs") / "run", rounds=4), *published]


def _written(run: Path, to: Path) -> dict[str, bytes]:
    """Return every file of a run's report."""
    shutil.copytree(run, to)
    paths = report.write(to)
    return {path.name: path.read_bytes() for path in (paths.html, paths.markdown, *paths.plots)}


def test_a_report_is_the_same_as_one_of_all_ratios(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [_written(run, tmp_path / "few" / run.name) for run in runs]
    monkeypatch.setattr(sys.modules["bench.report.compose"], "is_compared", lambda _metric, _vantage: True)
    assert few == [_written(run, tmp_path / "all" / run.name) for run in runs]


def test_what_is_not_compared_says_so(runs: list[Path]) -> None:
    manifest = load_manifest(runs[0])
    found = [
        figure
        for one in sweeps(load(runs[0]), manifest, compared=metrics.is_compared)
        for row in one.comparisons
        for figure in row.figures.values()
    ]
    left_out = [one for one in found if not metrics.is_compared(one.metric, one.vantage)]
    assert {one.metric for one in left_out} >= {"timeline.gone", "cpu.window", "memory.idle.rss"}
    assert {one.no_ratio for one in left_out if one.isolation != "bare"} <= {"not compared", ""}
    assert all(one.n and one.median == one.median for one in left_out)
