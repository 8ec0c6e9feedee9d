"""A run's folder is one process's at a time, and nobody's once that has ended, however it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.errors import InputError, StoreError
from bench.store.writer import only_writer

HOLDS = """
import sys, time
from pathlib import Path
from bench.store.writer import only_writer
with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_who_comes_second_is_told_which_process_was_first(tmp_path: Path) -> None:
    with (
        only_writer(tmp_path),
        pytest.raises(InputError, match=f"is being measured into, by process {os.getpid()}. Wait"),
        only_writer(tmp_path),
    ):
        pytest.fail("it was held twice")


def test_nothing_is_left_and_the_folder_is_free_again(tmp_path: Path) -> None:
    for _ in range(2):
        with only_writer(tmp_path):
            assert [path.name for path in tmp_path.iterdir()] == [".writer"]
        assert list(tmp_path.iterdir()) == []


def test_who_was_killed_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match=f"by process {holder.pid}"), only_writer(tmp_path):
            pytest.fail("it was held twice")
        holder.kill()
    with only_writer(tmp_path):
        assert (tmp_path / ".writer").read_text() == str(os.getpid())


def test_a_file_that_was_removed_while_it_was_opened_is_not_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, paths = os.open, list[str]()

    def late(path: str, *words: int) -> int:
        descriptor = opened(path, *words)
        if not paths:
            Path(path).unlink()
        paths.append(path)
        return descriptor

    monkeypatch.setattr(os, "open", late)
    with only_writer(tmp_path):
        assert (tmp_path / ".writer").exists()
    assert len(paths) == 2


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    (tmp_path / ".writer").symlink_to("other")
    with pytest.raises(StoreError, match=r"cannot write .*\.writer"), only_writer(tmp_path):
        pytest.fail("the link was followed")
    assert (tmp_path / "other").read_text() == "kept"
