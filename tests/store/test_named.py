"""Which run is meant: by id, by path, as the baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import InputError, ResultsError, StoreError, UnknownNameError
from bench.store.named import BASELINE_MARK, find_run, mark_baseline, marked_baseline


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for run in ("20261123-2105-fir", "20261124-0900-elm"):
        (folder / run).mkdir(parents=True)
        (folder / run / "manifest.json").write_text("{}")
    (folder / "published").mkdir()
    return folder


def test_a_run_is_found_by_id_and_by_path(results: Path) -> None:
    wanted = results / "20261123-2105-fir"
    assert find_run("20261123-2105-fir", results) == wanted
    assert find_run(str(wanted), Path("elsewhere")) == wanted


def test_an_unknown_run_suggests_the_nearest(results: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean '20261123-2105-fir'") as unknown:
        find_run("20261123-2105-fri", results)
    assert "published" not in str(unknown.value.remedy)


def test_the_baseline_is_found_by_its_word(results: Path) -> None:
    with pytest.raises(InputError, match="is marked as the baseline"):
        find_run(BASELINE_MARK, results)
    mark_baseline(results, "20261124-0900-elm")
    assert find_run(BASELINE_MARK, results) == results / "20261124-0900-elm"
    mark_baseline(results, "20261123-2105-fir")
    assert find_run(BASELINE_MARK, results) == results / "20261123-2105-fir"
    assert [one.name for one in results.iterdir() if one.is_file()] == [BASELINE_MARK]


def test_a_run_that_is_called_so_comes_first(results: Path) -> None:
    (results / BASELINE_MARK).mkdir()
    assert marked_baseline(results) is None
    (results / BASELINE_MARK / "manifest.json").write_text("{}")
    assert find_run(BASELINE_MARK, results) == results / BASELINE_MARK
    with pytest.raises(StoreError, match="cannot write"):
        mark_baseline(results, "20261124-0900-elm")


@pytest.mark.parametrize("content", [b"", b"../../etc", b"one\ntwo", b"..", b"\xff", b"x" * 300, b"\x1b[31m"])
def test_a_mark_that_names_no_run_is_said_with_its_file(results: Path, content: bytes) -> None:
    (results / BASELINE_MARK).write_bytes(content)
    with pytest.raises(ResultsError, match=str(results / BASELINE_MARK)):
        marked_baseline(results)
