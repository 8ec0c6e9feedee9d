"""A run that comes from elsewhere: no command follows what leads out of its folder, or waits for what is no file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Bench
from tests.synthetic import write_run


@pytest.mark.parametrize("name", ["trials.jsonl", "report.html", "plots", "locks/image.json"])
@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/hostname"), os.mkfifo])
def test_no_command_follows_or_waits(name: str, make: Callable[[Path], None], bench: Bench, tmp_path: Path) -> None:
    run = write_run(tmp_path / "results" / "theirs")
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).unlink(missing_ok=True)
    make(run / name)
    for words in (
        ("report", "theirs"),
        ("publish", "theirs", "name", "--anyway"),
        ("export", "theirs", "--format", "csv"),
        ("compare", "theirs", "theirs"),
    ):
        answer = bench(*words)
        assert answer.code == 2
        assert str(Path("results/theirs") / name) in answer.err
    assert "holds files of its own alone" in " ".join(bench("list").out.split())
