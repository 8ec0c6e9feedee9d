"""Exports are read back by what they are for: pandas, the real pytest-benchmark, and beside the real hyperfine's."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pytest_benchmark.stats import Stats

import bench
from bench.errors import InputError, ResultsError, StoreError
from bench.sharing.formats import FORMATS, rendered
from tests.hyperfines import hyperfine
from tests.synthetic import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run", rounds=4)


def read_json(run: Path, name: str) -> Any:
    return json.loads(rendered(run, name))


def rewrite(run: Path, folder: Path, **changes: object) -> Path:
    """Copy a run, and change its first trial's first sample, or the trial itself where the key belongs to it."""
    copy = Path(shutil.copytree(run, folder / "copy"))
    trials = [json.loads(line) for line in (copy / "trials.jsonl").read_text().splitlines()]
    for key, value in changes.items():
        (trials[0] if key in trials[0] else trials[0]["samples"][0])[key] = value
    (copy / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return copy


@pytest.mark.parametrize("what", ["samples", "summary"])
def test_parquet_is_the_table_itself(run: Path, what: str, tmp_path: Path) -> None:
    path = bench.export(run, "parquet", tmp_path / "out.parquet", what=what)
    frame = bench.load(run)
    expected = frame if what == "samples" else bench.summarize(frame)
    pd.testing.assert_frame_equal(pd.read_parquet(path)[list(expected)].astype(expected.dtypes.to_dict()), expected)


@pytest.mark.parametrize("what", ["samples", "summary"])
def test_csv_and_json_say_the_same_as_the_table(run: Path, what: str) -> None:
    frame = bench.load(run)
    expected = frame if what == "samples" else bench.summarize(frame)
    text = pd.read_csv(io.BytesIO(rendered(run, "csv", what=what)), keep_default_na=False)
    rows = json.loads(rendered(run, "json", what=what))["rows"]
    assert list(text) == list(rows[0]) == list(expected)
    assert len(text) == len(rows) == len(expected)
    column = "value" if what == "samples" else "median"
    known = expected[column].notna()
    assert pd.to_numeric(text.loc[known, column]).tolist() == expected.loc[known, column].tolist()
    assert [row[column] for row, there in zip(rows, known, strict=True) if there] == expected.loc[
        known, column
    ].tolist()
    assert set(text.loc[~known, column]) <= {""}
    assert {row[column] for row, there in zip(rows, known, strict=True) if not there} <= {None}
    assert what == "summary" or not known.all()


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_inert_and_numbers_stay(run: Path, tmp_path: Path, begin: str) -> None:
    hostile = f"{begin}cmd|' /C calc'!A0"
    copy = rewrite(run, tmp_path, outcome="failed", reason=hostile, value=-1.5)
    text = pd.read_csv(io.BytesIO(rendered(copy, "csv")), dtype=str, keep_default_na=False)
    assert text["reason"].iloc[0][0] in ("'", "␍")  # or shown as a picture, which no spreadsheet obeys
    assert not text["reason"].str.startswith(begin).any()
    assert text["value"].iloc[0] == "-1.5"


@pytest.mark.parametrize(
    ("value", "csv", "as_json"),
    [(float("nan"), "NaN", "NaN"), (float("inf"), "inf", "Infinity"), (float("-inf"), "-inf", "-Infinity")],
)
def test_what_is_no_finite_number_is_exported_as_what_it_is(
    run: Path, tmp_path: Path, value: float, csv: str, as_json: str
) -> None:
    copy = rewrite(run, tmp_path, value=value)
    assert pd.read_csv(io.BytesIO(rendered(copy, "csv")), dtype=str, keep_default_na=False)["value"].iloc[0] == csv
    assert read_json(copy, "json")["rows"][0]["value"] == as_json


def shape(document: object) -> object:
    """Return a document's keys and types, a list by its first element, a number as a number."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return [shape(document[0])] if document else []
    return float if isinstance(document, float) else type(document)


def test_hyperfines_json_has_the_keys_and_types_of_the_real_ones(run: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    command = [hyperfine(1), "-N", "--runs", "3", "--parameter-list", "n", "0", "--export-json", str(real), "sleep {n}"]
    subprocess.run(command, check=True, capture_output=True)
    expected, ours = json.loads(real.read_text()), read_json(run, "hyperfine")
    known = [one for one in ours["results"] if one["user"] is not None]
    parameters = {"parameters": {"scenario": str, "isolation": str, "threads": str}}
    [one] = shape(expected)["results"]  # type: ignore[index]
    assert known
    assert all(shape(result) == one | parameters for result in known)
    assert list(known[0]) == list(expected["results"][0])


def test_hyperfines_times_are_those_of_good_trials(run: Path) -> None:
    results = {one["command"]: one for one in read_json(run, "hyperfine")["results"]}
    assert len(results) == 12
    ready = results["startup on docker: time to ready"]
    frame = bench.load(run)
    rows = frame[(frame["scenario"] == "startup") & (frame["isolation"] == "docker") & (frame["outcome"] == "ok")]
    assert ready["times"] == rows.loc[rows["metric"] == "timeline.ready", "value"].tolist()
    assert len(ready["times"]) == 3  # one of four was spoiled
    work = results["cpu, threads = 2 on vm (emulated): duration of the workload"]
    assert 0.8 < work["median"] < 1.3
    assert work["parameters"] == {"scenario": "cpu", "isolation": "vm (emulated)", "threads": "2"}


def test_hyperfine_2s_json_has_the_keys_and_types_of_the_real_ones(run: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    command = [hyperfine(2), "--runs", "3", "--parameter-list", "n", "0", "--export-json", str(real), "sleep {n}"]
    subprocess.run(command, check=True, capture_output=True)
    expected, ours = json.loads(real.read_text()), read_json(run, "hyperfine-2")
    [result] = expected["results"]
    assert shape({**ours, "results": []}) == shape({**expected, "results": []})
    not_split = {"time_user", "time_system", "memory_peak_resident"}
    for one in ours["results"]:
        metrics = one["summary"].keys()
        assert list(one) == list(result)
        assert result["summary"].keys() - metrics in (not_split, not_split | {"time_cpu"})
        assert shape(one["summary"]) == shape({name: result["summary"][name] for name in metrics})
        kept = {name: value for name, value in result["measurements"][0].items() if name in {*metrics, "exit_code"}}
        assert all(shape(trial) == shape(kept) for trial in one["measurements"])
        assert one["parameters"]["isolation"].keys() == result["parameters"]["n"].keys()
    assert any("time_cpu" in one["summary"] for one in ours["results"])


def test_both_of_hyperfines_layouts_say_the_same(run: Path) -> None:
    """What the scripts of either version read."""
    old, new = (read_json(run, name)["results"] for name in ("hyperfine", "hyperfine-2"))
    for one, two in zip(old, new, strict=True):
        assert one["command"] == two["command"]
        assert one["times"] == [trial["time_wall_clock"]["value"] for trial in two["measurements"]]
        figures = {name: two["summary"]["time_wall_clock"][name] for name in ("mean", "stddev", "median", "min", "max")}
        assert figures == {name: one[name] for name in figures}
        if "time_cpu" in two["summary"]:
            assert one["user"] == two["summary"]["time_cpu"]["median"]


def as_the_action_reads(content: bytes) -> list[dict[str, Any]]:
    """Take what github-action-benchmark takes of an entry, and half its interval as that finds it in ``range``."""
    found = [
        {name: one.get(name) for name in ("name", "value", "unit", "range", "extra")} for one in json.loads(content)
    ]
    for one in (one for one in found if one["range"]):
        matched = re.search(r"((\+-|±)\s*)(?P<value>\d.*)", one["range"])
        assert matched
        one["half"] = float(matched["value"])
    return found


def test_github_action_benchmark_reads_medians_by_what_is_better(run: Path) -> None:
    summary = bench.summarize(bench.load(run))
    smaller, bigger = (as_the_action_reads(rendered(run, f"github-{name}")) for name in ("smaller", "bigger"))
    for found, better in ((smaller, "lower"), (bigger, "higher")):
        names = [one["name"] for one in found]
        assert len(set(names)) == len(names)  # a name is a line in its picture
        medians = summary[summary["better"] == better]["median"].tolist()
        assert all(type(one["value"]) is float and one["value"] in medians for one in found)
        assert all(isinstance(one["unit"], str) and "rounds" in one["extra"] for one in found)
    [ready] = [one for one in smaller if one["name"] == "startup on docker: timeline.ready"]
    is_it = (summary["scenario"] == "startup") & (summary["isolation"] == "docker")
    [row] = summary[is_it & (summary["metric"] == "timeline.ready")].to_dict("records")
    assert ready["value"] == row["median"]
    assert ready["half"] == pytest.approx((row["high"] - row["low"]) / 2, rel=0.01)
    assert any(one["name"].startswith("cpu, threads = 2 on vm (emulated)") for one in bigger)
    assert not any(one["name"].startswith("startup on") for one in bigger)


def test_the_real_pytest_benchmark_reads_and_compares(run: Path, tmp_path: Path) -> None:
    file = bench.export(run, "pytest-benchmark", tmp_path / "0001_run.json")
    command = [str(Path(sys.executable).parent / "pytest-benchmark"), "compare", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "startup on docker" in done.stdout
    assert "benchmark 'cpu: duration of the workload': 6 tests" in done.stdout
    assert "Failed to load" not in done.stdout + done.stderr


def test_statistics_are_those_that_pytest_benchmark_computes(run: Path) -> None:
    for one in read_json(run, "pytest-benchmark")["benchmarks"]:
        theirs = Stats()  # type: ignore[no-untyped-call]  # its package has no types
        theirs.data = one["stats"]["data"]
        for name in Stats.fields:
            assert one["stats"][name] == pytest.approx(getattr(theirs, name)), name


def test_a_job_summary_answers_first_and_folds_the_rest(run: Path) -> None:
    text = rendered(run, "github").decode()
    assert (
        text.index("- Start-up: docker starts in")
        < text.index("## Start-up")
        < text.index("<details><summary>Start-up")
    )
    assert text.count("<details>") == text.count("</details>")
    assert "no start mark within 60 s" in text


@pytest.mark.parametrize("name", ["hyperfine", "hyperfine-2", "pytest-benchmark"])
def test_a_run_without_one_good_trial_has_no_durations_and_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResultsError, match="no trial ended well"):
        rendered(write_run(tmp_path / "run", rounds=1, trials=0), name)


def test_what_cannot_be_asked_for_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'hyperfine'"):
        rendered(run, "hyperfin")
    with pytest.raises(InputError, match="nothing is called 'all'"):
        rendered(run, "csv", what="all")
    with pytest.raises(InputError, match="content of its own"):
        rendered(run, "hyperfine", what="summary")
    with pytest.raises(StoreError, match="cannot write"):
        bench.export(run, "csv", tmp_path / "no" / "out.csv")


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(run: Path, name: str) -> None:
    assert rendered(run, name) == rendered(run, name)
