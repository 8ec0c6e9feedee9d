import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from bench import report
from bench.analysis.data.frame import load
from bench.errors import ResultsError
from bench.store import dataset, stored
from bench.store.layout import SCHEMA_VERSION
from tests.synthetic import write_run
from tests.synthetic_service import ARMS, THREADS, WORK, write_service_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", rounds=2)


def test_one_row_per_sample_and_one_for_a_silent_trial(run: Path) -> None:
    table = dataset.read_dataset(run)
    lines = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert len(table) == sum(max(1, len(line["samples"])) for line in lines)
    silent = table[table["outcome"] == "timed out"]
    assert len(silent) == 1
    assert silent[["metric", "vantage", "unit", "better", "value", "at_s"]].isna().all(axis=None)
    assert silent["reason"].tolist() == ["no start mark within 60 s"]


def test_columns_and_dtypes_survive_parquet(run: Path) -> None:
    path = dataset.write_dataset(run)
    stored = pd.read_parquet(path)
    assert list(stored.columns) == list(dataset.DTYPES)
    pd.testing.assert_frame_equal(stored, dataset.read_dataset(run))
    assert [file.name for file in run.iterdir() if "partial" in file.name or file.name.startswith(".")] == []


def test_what_is_written_in_parts_is_one_table(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "ROWS_AT_ONCE", 50)
    path = dataset.write_dataset(run)
    parts = parquet.read_metadata(path)
    assert parts.num_row_groups > 3
    assert max(parts.row_group(place).num_rows for place in range(parts.num_row_groups)) < parts.num_rows / 2
    pd.testing.assert_frame_equal(pd.read_parquet(path), dataset.read_dataset(run))
    pd.testing.assert_frame_equal(load(run), dataset.read_dataset(run))


def test_parameters_are_canonical_json(run: Path) -> None:
    assert set(dataset.read_dataset(run)["parameters"]) == {"{}", '{"threads": 1}', '{"threads": 2}'}


def test_a_sample_of_a_step_has_the_cells_parameters_and_the_steps(tmp_path: Path) -> None:
    table = dataset.read_dataset(write_service_run(tmp_path / "service", rounds=1))
    steps = table[table["step"] != "{}"]
    assert set(steps["metric"]) >= {"transactions_per_s", "cpu.used", "harness.cpu"}
    assert '{"arm": "socket, layer", "threads": 8, "work": "read"}' in set(steps["parameters"])
    assert set(steps["step"]) == {f'{{"threads": {n}, "work": "{w}"}}' for n in THREADS for w in WORK}
    whole = table[table["step"] == "{}"]
    assert set(whole["parameters"]) == {f'{{"arm": "{arm}"}}' for arm in ARMS}
    assert not set(whole["metric"]) & {"transactions_per_s", "cpu.used"}


def test_a_trial_with_samples_of_steps_alone_still_appears_as_itself(run: Path) -> None:
    journal = run / "trials.jsonl"
    first, *others = [json.loads(line) for line in journal.read_text().splitlines()]
    first["samples"] = [sample | {"step": {"n": 1}} for sample in first["samples"]]
    journal.write_text("".join(json.dumps(line) + "\n" for line in (first, *others)))
    mine = dataset.read_dataset(run).query("trial == @first['number']")
    assert len(mine) == len(first["samples"]) + 1
    silent = mine[mine["metric"].isna()]
    assert (silent["parameters"].tolist(), silent["step"].tolist()) == ([json.dumps(first["parameters"])], ["{}"])


OLD = sorted(Path(__file__).parent.glob("schema_*"))


def test_there_is_a_run_of_every_older_version() -> None:
    assert [folder.name for folder in OLD] == [f"schema_{version}" for version in range(1, SCHEMA_VERSION)]


@pytest.mark.parametrize("folder", OLD, ids=lambda folder: folder.name)
def test_a_run_of_an_older_version_is_still_read_and_reported(folder: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(folder, tmp_path / "run"))
    assert load(run)["outcome"].drop_duplicates().tolist() == ["failed", "ok"]
    dataset.write_dataset(run)
    pd.testing.assert_frame_equal(load(run), dataset.read_dataset(run))
    page = report.write(run).html.read_text()
    assert "not testable here" in page
    assert "It speaks." in page


def test_a_table_of_the_first_version_has_no_column_for_steps(tmp_path: Path) -> None:
    run = Path(shutil.copytree(OLD[0], tmp_path / "run"))
    expected = load(run)
    path = dataset.write_dataset(run)
    pd.read_parquet(path).drop(columns="step").to_parquet(path)
    pd.testing.assert_frame_equal(load(run), expected)


def test_a_torn_last_line_is_ignored(run: Path) -> None:
    whole = [*stored.read_journal(run)]
    journal = run / "trials.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    assert [*stored.read_journal(run)] == whole[:-1]


def test_a_torn_line_before_the_last_names_file_and_line(run: Path) -> None:
    journal = run / "trials.jsonl"
    lines = journal.read_text().splitlines()
    lines[2] = lines[2][:50]
    journal.write_text("\n".join(lines) + "\n")
    with pytest.raises(ResultsError, match=r"trials\.jsonl, line 3"):
        list(stored.read_journal(run))


def test_a_line_of_the_wrong_shape_names_the_key(run: Path) -> None:
    journal = run / "trials.jsonl"
    lines = journal.read_text().splitlines()
    lines[-1] = json.dumps(json.loads(lines[-1]) | {"round": "many"})
    journal.write_text("\n".join(lines) + "\n")
    with pytest.raises(ResultsError, match=rf"line {len(lines)}: round"):
        list(stored.read_journal(run))


def test_a_newer_schema_is_refused_with_a_remedy(run: Path) -> None:
    manifest = run / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema_version": 99}))
    with pytest.raises(ResultsError, match="99 is newer") as caught:
        dataset.write_dataset(run)
    assert caught.value.remedy
    assert not (run / "samples.parquet").exists()


@pytest.mark.parametrize("name", ["manifest.json", "trials.jsonl"])
def test_a_missing_file_is_named(run: Path, name: str) -> None:
    (run / name).unlink()
    with pytest.raises(ResultsError, match=name):
        dataset.write_dataset(run)


@pytest.mark.parametrize("content", ["", "[]", "{}", "{", '{"schema_version": "1"}'])
def test_a_broken_manifest_is_named(run: Path, content: str) -> None:
    (run / "manifest.json").write_text(content)
    with pytest.raises(ResultsError, match=r"manifest\.json"):
        stored.read_manifest(run)


def test_an_empty_journal_is_an_empty_table_with_all_columns(run: Path) -> None:
    (run / "trials.jsonl").write_text("")
    table = dataset.read_dataset(run)
    assert table.empty
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == dict(dataset.DTYPES)
