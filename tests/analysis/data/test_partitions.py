"""Runs and fleets as one dataset, of which a run is a partition."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import dataset as datasets

import bench
from bench.errors import ResultsError
from bench.store.dataset import write_dataset
from tests.synthetic_fleet import change_manifest, write_fleet_folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder with a fleet of three hosts, each under a name of its own, and a run beside it."""
    results = tmp_path / "results"
    fleet = write_fleet_folder(results / "fleet-x", 3, rounds=2)
    (fleet / "h0003").rename(results / "alone")
    for run in (fleet / "h0001", fleet / "h0002", results / "alone"):
        told = json.loads((run / "manifest.json").read_text())["host"]
        change_manifest(run, host={**told, "name": run.name})
        write_dataset(run)
    return results


def test_it_has_the_samples_of_all_runs(results: Path) -> None:
    found = bench.dataset(results).to_table().to_pandas()
    runs = [results / "alone", results / "fleet-x" / "h0001", results / "fleet-x" / "h0002"]
    whole = pd.concat([bench.load(run) for run in runs], ignore_index=True)
    pd.testing.assert_frame_equal(found.astype(whole.dtypes.to_dict()), whole)
    assert bench.dataset(*runs).count_rows() == len(whole)


def test_a_filter_on_a_partition_opens_no_file_but_its_own(results: Path) -> None:
    whole = bench.dataset(results)
    (only,) = whole.get_fragments(datasets.field("host") == "h0002")
    assert only.path.endswith("fleet-x/h0002/samples.parquet")
    (results / "alone" / "samples.parquet").write_bytes(b"broken")
    found = whole.to_table(filter=datasets.field("host") == "h0002", columns=["host", "value"])
    assert set(found["host"].to_pylist()) == {"h0002"}
    run = bench.Run(results / "fleet-x" / "h0001").manifest.run
    assert whole.to_table(filter=datasets.field("run") == run, columns=["value"]).num_rows == len(
        bench.load(results / "fleet-x" / "h0001")
    )


def test_a_run_without_a_table_is_named(results: Path) -> None:
    (results / "alone" / "samples.parquet").unlink()
    with pytest.raises(ResultsError, match=r"alone/samples\.parquet is missing"):
        bench.dataset(results)


def test_where_no_run_is_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="there is no run"):
        bench.dataset(tmp_path)
