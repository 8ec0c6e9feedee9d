"""The studies show what they are there to show; and what is said of rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.analysis.quality.rounds import by_round, newest, trends
from bench.analysis.statistics import studies
from bench.analysis.statistics.simulate import run
from bench.errors import ResultsError
from tests.synthetic import write_run


def test_only_shuffled_rounds_are_free_of_drift() -> None:
    found = {
        order: float(
            np.median(studies.apparent_ratios(np.random.default_rng(1), order, runs=4000, rounds=12, drift=0.15))
        )
        for order in studies.ORDERS
    }
    assert found["one after the other"] == pytest.approx(1.15**0.52, abs=0.01)  # the medians are 12 of 23 slots apart
    assert 1.003 < found["in turn"] < 1.01
    assert found["shuffled rounds"] == pytest.approx(1, abs=0.003)


def test_pooling_what_instances_report_loses_coverage() -> None:
    found = studies.coverage_by_level(np.random.default_rng(2), runs=150, rounds=10, iterations=(1, 20))
    assert list(found["iterations"]) == [1, 20]
    assert found["by level"].min() > 0.88
    assert found["pooled"].iloc[1] < 0.6


def test_a_lower_precision_stops_sooner() -> None:
    fine, coarse = (
        studies.stopped(np.random.default_rng(3), runs=40, looks=(6, 8, 12, 24), precision=width, confidence=0.95)
        for width in (0.05, 0.3)
    )
    assert set(fine["rounds"]) <= {6, 8, 12, 24}
    assert coarse["rounds"].mean() < fine["rounds"].mean()
    assert (coarse["half_width"] <= 0.3).all()


def test_drift_is_a_trend_and_none_is_none() -> None:
    rng = np.random.default_rng(4)
    steady, drifting = (
        trends(by_round(run(rng, rounds=200, ratios={"bare": 1.0}, shape=shape), "simulated"))
        for shape in ("log-normal", "drift")
    )
    assert list(steady["rounds"]) == [200]
    assert steady["tau"].abs().max() < 0.1
    assert drifting["tau"].min() > 0.15
    assert drifting["p"].max() < 0.001


def test_one_round_has_no_trend() -> None:
    table = pd.DataFrame({"bare": [1.0]}, index=pd.Index([1], name="round"))
    assert trends(table)[["tau", "p", "first"]].isna().all(axis=None)


def test_the_newest_runs_are_by_their_start_and_too_few_are_said(tmp_path: Path) -> None:
    for name, month in (("z", "09"), ("a", "11"), ("m", "10")):
        manifest = write_run(tmp_path / name, rounds=1) / "manifest.json"
        manifest.write_text(manifest.read_text().replace("2026-11-23T21:05", f"2026-{month}-23T21:05"))
    assert [run.name for run in newest(tmp_path, 2)] == ["m", "a"]
    with pytest.raises(ResultsError, match="3 runs, and 4 are wanted"):
        newest(tmp_path, 4)
