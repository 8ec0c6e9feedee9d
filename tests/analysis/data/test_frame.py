import json
import os
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.analysis.data.frame import load, load_manifest
from bench.errors import ResultsError
from bench.store.dataset import is_current, read_dataset, write_dataset
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.synthetic import write_run


def test_parquet_and_journal_give_the_same_frame(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=2)
    from_journal = load(run)
    write_dataset(run)
    pd.testing.assert_frame_equal(load(run), from_journal)


def test_samples_tell_in_which_stretch_they_were_measured_also_those_of_a_table_without(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=2)
    write_dataset(run)
    assert set(load(run)["stretch"]) == {1}
    resumed = [{"at": "2026-11-23T21:10:00+00:00", "after": after, "gap_s": 1.0} for after in (5, 9)]
    edit_manifest(run, lambda document: document.update(resumed=resumed))
    for frame in (load(run), read_dataset(run)):
        assert frame["stretch"].dtype == "int64"
        stretches = frame.groupby("trial")["stretch"].agg(["min", "max"])
        assert list(stretches["min"]) == list(stretches["max"]) == [1] * 5 + [2] * 4 + [3] * 15


def test_what_a_manifest_says_of_stretches_is_checked(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    edit_manifest(run, lambda document: document.update(resumed=[{"after": "soon"}]))
    with pytest.raises(ResultsError, match=r"manifest\.json: resumed\.0\.\w+"):
        read_dataset(run)


def test_a_journal_that_grew_after_the_dataset_is_read_instead(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=2, trials=5)
    stored = write_dataset(run)
    write_run(run, rounds=2)
    os.utime(stored, ns=(0, 0))
    assert load(run)["trial"].nunique() == 24


def test_a_copy_whose_times_say_nothing_is_known_by_its_journal(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    os.utime(write_dataset(run), ns=(0, 0))
    assert is_current(run)
    with (run / "trials.jsonl").open("a") as journal:
        journal.write("\n")
    assert not is_current(run)


def test_a_dataset_alone_is_enough(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    write_dataset(run)
    (run / "trials.jsonl").unlink()
    assert load(str(run))["trial"].nunique() == 12


def test_loading_writes_nothing(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    before = sorted(run.iterdir())
    bench.load(run)
    assert sorted(run.iterdir()) == before


@pytest.mark.parametrize("content", [b"", b"not parquet"])
def test_a_broken_dataset_is_named(tmp_path: Path, content: bytes) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    (run / "samples.parquet").write_bytes(content)
    with pytest.raises(ResultsError, match=r"samples\.parquet"):
        load(run)


def test_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"manifest\.json"):
        load(tmp_path / "nothing")


def test_the_manifest_is_read_as_records(tmp_path: Path) -> None:
    manifest = load_manifest(write_run(tmp_path / "run", interrupted="SIGINT"))
    assert manifest.interrupted == "SIGINT"
    assert manifest.host.virtual == "kvm"
    assert manifest.scenarios["memory"].settle_s == 1.0
    assert manifest.scenarios["cpu"].parameters == {"threads": (1, 2)}
    assert manifest.phase_label("docker", "started") == "engine's start call returned"
    assert manifest.phase_label("unknown", "kernel_up") == "kernel up"


def test_a_manifest_of_the_wrong_shape_names_the_key(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    document = json.loads((run / "manifest.json").read_text())
    document["host"]["cpus"] = "two"
    (run / "manifest.json").write_text(json.dumps(document))
    with pytest.raises(ResultsError, match=r"host\.cpus"):
        load_manifest(run)
