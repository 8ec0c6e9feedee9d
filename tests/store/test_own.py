"""A run that comes from elsewhere reaches nothing outside of its folder, and nothing in it is waited on."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.store.own import require_own

NAMES = ["manifest.json", "trials.jsonl", "samples.parquet", "calibration.json", "report.html", "report.md"]
FOLDERS = ["locks", "console", "plots"]


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path must be short
        made.bind(path.name)
        os.chdir(here)


ODD: list[Callable[[Path], None]] = [
    lambda path: path.symlink_to("/etc/hostname"),
    lambda path: path.symlink_to("/dev/zero"),
    lambda path: path.symlink_to("/nowhere/at/all"),
    os.mkfifo,
    a_socket,
]


@pytest.mark.parametrize("make", ODD)
@pytest.mark.parametrize("name", [*NAMES, *FOLDERS, *(f"{folder}/0001.json" for folder in FOLDERS)])
def test_what_leads_out_of_a_run_s_folder_is_refused_by_name(
    name: str, make: Callable[[Path], None], tmp_path: Path
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    make(tmp_path / name)
    with pytest.raises(ResultsError, match=name):
        require_own(tmp_path)


def test_what_is_a_file_and_what_is_not_ours_is_let_be(tmp_path: Path) -> None:
    for name in (*NAMES, *(f"{folder}/0001.json" for folder in FOLDERS)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "notes").symlink_to("/etc/hostname")
    require_own(tmp_path)
