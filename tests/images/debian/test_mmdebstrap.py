from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.images.debian import mmdebstrap
from bench.images.debian.mmdebstrap import _complaint, _run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("E: Unable to locate package a\nE: Unable to locate package b", "bookworm has no package a, b"),
        ("E: Package 'a' has no installation candidate", "bookworm has no package a to install"),
        ("E: The repository 'x' does not have a Release file.", "no suite called 'bookworm'"),
        ("  Temporary failure resolving 'x'\nE: Failed to fetch x", "could not be reached"),
        ("E: unable to pick chroot mode automatically", "uidmap"),
        ("chroot: failed to run command 'dpkg': Exec format error\nE: chroot failed", "of another architecture"),
        ("E: something else", "mmdebstrap failed: something else"),
        ("", "without a reason"),
    ],
)
def test_every_complaint_names_the_asker_and_the_remedy(line: str, expected: str) -> None:
    error = _complaint(["I: before", *line.splitlines()], suite="bookworm", wanted_by="image 'tiny'")
    assert expected in str(error)
    assert error.what.startswith("image 'tiny': ")
    assert error.remedy
    assert line in error.__notes__[0]


HARNESS = """
import os, sys
from bench.images.debian.mmdebstrap import _run
_run(["/bin/sh", "-c", 'sleep 600 & (sleep 600 & echo $! > "$1") & echo $$ > "$2"; sleep 600', "-", *sys.argv[1:]], {})
"""


def test_what_a_build_starts_ends_with_a_harness_that_is_killed(tmp_path: Path) -> None:
    files = [tmp_path / "grandchild", tmp_path / "command"]
    harness = subprocess.Popen([sys.executable, "-c", HARNESS, *map(str, files)], env={**os.environ})
    while not all(file.exists() and file.read_text().endswith("\n") for file in files):
        assert harness.poll() is None
    started = psutil.Process(harness.pid).children(recursive=True)
    started += [psutil.Process(int(file.read_text())) for file in files]  # one has lost its parent
    harness.send_signal(signal.SIGKILL)
    harness.wait()
    assert psutil.wait_procs(started, timeout=10)[1] == []


def test_a_command_s_status_and_last_lines_come_back() -> None:
    assert _run(["/bin/sh", "-c", "read x || echo nothing to read >&2; exit 7"], {}) == (7, ["nothing to read"])


def test_an_unfinished_system_that_is_in_use_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "isobench-building-left"
    (left / "system").mkdir(parents=True)
    used = tmp_path / "isobench-building-used"
    used.mkdir()
    with mmdebstrap._locked(used):
        assert mmdebstrap.clean() == [f"half-made {left}"]
    assert [path.name for path in tmp_path.iterdir()] == [used.name]
