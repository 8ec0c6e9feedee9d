"""``bench export``: to a file, to standard output, to the file that GitHub names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Bench
from tests.synthetic import write_run


@pytest.fixture(autouse=True)
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "results" / "run", rounds=1)


def test_a_file_or_standard_output(bench: Bench, tmp_path: Path) -> None:
    printed = bench("export", "run", "--format", "json", "--what", "summary")
    assert printed.code == 0
    assert json.loads(printed.out)["what"] == "summary"
    written = bench("export", "run", "-f", "json", "--what", "summary", "-o", str(tmp_path / "out.json"))
    assert written.out == ""
    assert "out.json" in written.err
    assert (tmp_path / "out.json").read_text() == printed.out


def test_parquet_is_not_printed(bench: Bench, tmp_path: Path) -> None:
    refused = bench("export", "run", "-f", "parquet")
    assert refused.code == 2
    assert "--output" in refused.err
    assert bench("export", "run", "-f", "parquet", "-o", str(tmp_path / "out.parquet")).code == 0


def test_a_job_summary_is_added_to_what_other_steps_have_said(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    printed = bench("export", "run", "-f", "github").out
    assert printed.startswith("# Isobench report: run")
    summary = tmp_path / "summary.md"
    summary.write_text("Built.\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert bench("export", "run", "-f", "github").out == ""
    assert summary.read_text() == f"Built.\n{printed}"


@pytest.mark.parametrize("words", [["-f", "xml"], ["-f", "csv", "--what", "all"], []])
def test_what_cannot_be_asked_for_is_2(bench: Bench, words: list[str]) -> None:
    assert bench("export", "run", *words).code == 2
