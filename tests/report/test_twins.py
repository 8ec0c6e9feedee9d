"""What a report says of the baseline's twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.analysis.data.frame import load_manifest
from bench.analysis.figures.sweep import sweeps
from bench.analysis.statistics.simulate import run
from bench.report.tables import overview
from tests.synthetic import write_run


@pytest.mark.parametrize(("ratio", "said"), [(1.0, "in 0 of 1 headline figure"), (1.5, "in 1 of 1 headline figure")])
def test_how_often_twins_differed_stands_below_the_headline_figures(ratio: float, said: str, tmp_path: Path) -> None:
    manifest = load_manifest(write_run(tmp_path, rounds=1))
    frame = run(np.random.default_rng(3), rounds=12, ratios={"bare": 1.0, "bare:twin": ratio, "docker": 40.0})
    table = overview.table(sweeps(frame), manifest)
    assert table is not None
    (note,) = [one for one in table.notes if one.startswith("Twins")]
    assert said in note


def test_without_a_twin_nothing_is_said_of_one(tmp_path: Path) -> None:
    frame = run(np.random.default_rng(3), rounds=12, ratios={"bare": 1.0, "docker": 40.0})
    table = overview.table(sweeps(frame), load_manifest(write_run(tmp_path, rounds=1)))
    assert table is not None
    assert not [one for one in table.notes if one.startswith("Twins")]
