"""How sure intervals are to be travels with the data: no frame is reckoned at 95 % because nothing says otherwise."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.errors import ResultsError
from bench.store.dataset import write_dataset
from tests.analysis.rows import frame
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.synthetic import write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that has stopped by itself."""
    made = write_run(tmp_path / "run", rounds=12)
    stopping = {"rounds": None, "precision": 0.05, "budget_s": None, "confidence": 0.97, "reason": "sure enough"}
    edit_manifest(made, lambda document: document.update(stopping=stopping))
    return made


def through_csv(samples: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(samples.to_csv(index=False)))


def merged(samples: pd.DataFrame) -> pd.DataFrame:
    return samples.merge(pd.DataFrame({"isolation": ["bare", "docker", "vm"], "kind": ["a", "b", "c"]}), on="isolation")


@pytest.mark.parametrize(
    "travelled",
    [through_csv, merged, lambda samples: pd.concat([samples[:100], samples[100:]]), lambda samples: samples.copy()],
)
def test_it_survives_what_is_done_to_a_frame(run: Path, travelled: object) -> None:
    samples = bench.load(run)
    assert callable(travelled)
    expected = bench.summarize(samples)
    assert set(expected["confidence"]) == {0.97}
    pd.testing.assert_frame_equal(bench.summarize(travelled(samples)), expected)
    wider = (
        expected.set_index("metric")["high"]["timeline.ready"]
        - bench.summarize(samples, confidence=0.5).set_index("metric")["high"]["timeline.ready"]
    )
    assert (wider > 0).all()


def test_it_stands_in_the_parquet_file_and_in_the_exported_summary(run: Path, tmp_path: Path) -> None:
    assert set(pd.read_parquet(write_dataset(run))["confidence"]) == {0.97}
    assert set(pd.read_csv(bench.export(run, "csv", tmp_path / "s.csv", what="summary"))["confidence"]) == {0.97}


def test_an_older_table_has_it_from_the_manifest(run: Path) -> None:
    stored = write_dataset(run)
    pd.read_parquet(stored).drop(columns="confidence").to_parquet(stored)
    assert set(bench.load(run)["confidence"]) == {0.97}


@pytest.mark.parametrize("told", [None, 1.5])
def test_a_frame_that_does_not_tell_is_refused_unless_it_is_given(told: float | None) -> None:
    rows = frame((trial, "bare", "timeline.ready", "host", 1.0, "s") for trial in range(6))
    silent = rows.drop(columns="confidence") if told is None else rows.assign(confidence=told)
    with pytest.raises(ResultsError, match="how sure") as caught:
        bench.summarize(silent)
    assert "confidence=0.95" in str(caught.value.remedy)
    assert set(bench.summarize(silent, confidence=0.9)["confidence"]) == {0.9}


@pytest.mark.parametrize("told", [None, 0, 1, 97, -0.5, "0.97", [0.97]])
def test_a_run_that_stopped_by_itself_and_does_not_tell_is_refused(run: Path, told: object) -> None:
    edit_manifest(run, lambda document: document["stopping"].update(confidence=told))
    with pytest.raises(ResultsError, match=r"manifest\.json: stopping\.confidence"):
        bench.load(run)


def test_a_run_from_before_such_runs_is_at_95_percent(run: Path) -> None:
    edit_manifest(run, lambda document: document.pop("stopping"))
    assert "stopping" not in json.loads((run / "manifest.json").read_text())
    assert set(bench.load(run)["confidence"]) == {0.95}
