"""Figures of many samples: made scenario by scenario and by several processes, they are those of one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.analysis import forked
from bench.analysis.data import trials
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures import summary
from bench.analysis.quality import disturbances, warmup
from bench.analysis.quality.caveats import doubts
from tests.synthetic import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run", rounds=4, trials=45)


def test_several_processes_make_the_figures_of_one(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = bench.load(run)
    alone = bench.summarize(frame)
    monkeypatch.setattr(summary, "_SAMPLES_EACH", 10)
    monkeypatch.setattr(summary, "_CELLS_EACH", 1)
    monkeypatch.setattr(forked, "cpus", lambda: 3)
    pd.testing.assert_frame_equal(bench.summarize(frame), alone, check_exact=True)


def test_what_is_left_beside_figures_tells_all_the_rest(run: Path) -> None:
    frame, manifest = bench.load(run), load_manifest(run)
    frame.loc[frame.index[frame["metric"] == "timeline.ready"][0], "value"] = -1.0
    left = summary.beside_figures(frame)
    assert len(left) < len(frame) / 2
    pd.testing.assert_frame_equal(
        trials.outcomes(left).reset_index(drop=True), trials.outcomes(frame).reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(warmup.classify(left), warmup.classify(frame))
    assert doubts(left) == doubts(frame) != ()
    pd.testing.assert_frame_equal(disturbances.of_frame(left, manifest), disturbances.of_frame(frame, manifest))
