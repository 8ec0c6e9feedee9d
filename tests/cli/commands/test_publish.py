"""``bench publish`` as a user has it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Bench
from tests.synthetic import write_run


def test_a_run_is_published_and_where_is_said(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results" / "20261123-2105-elm", rounds=3)
    answer = bench("publish", "20261123-2105-elm", "two-cores")
    assert answer.code == 0, answer.err
    assert "results/published/two-cores/report.html" in answer.out
    assert (tmp_path / "results" / "published" / "index.html").is_file()


def test_what_cannot_be_published_is_exit_code_2(bench: Bench, tmp_path: Path) -> None:
    write_run(tmp_path / "results" / "20261123-2105-elm", rounds=3, interrupted="SIGTERM")
    answer = bench("publish", "20261123-2105-elm", "two-cores")
    assert answer.code == 2
    assert "interrupted by SIGTERM" in answer.err
    assert "--anyway" in answer.err
    assert bench("publish", "20261123-2105-elm", "../two").code == 2
