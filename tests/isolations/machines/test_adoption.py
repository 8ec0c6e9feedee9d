"""Adoption: a process that its starter has left behind is taken away as soon as it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.isolations.machines.adoption import adopted

LEAVES_ONE_BEHIND = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("lives_s", [0.0, 0.3])
def test_it_leaves_no_zombie(tmp_path: Path, lives_s: float) -> None:
    pid_file = tmp_path / "pid"
    with adopted(pid_file):
        subprocess.run([sys.executable, "-c", LEAVES_ONE_BEHIND, str(pid_file), str(lives_s)], check=True)
        while not pid_file.exists():
            time.sleep(0.01)
    pid = int(pid_file.read_text())
    assert lives_s == 0.0 or psutil.Process(pid).ppid() == psutil.Process().pid
    deadline = time.monotonic() + lives_s + 0.5  # process 1 of a small system needs longer than that
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not psutil.pid_exists(pid)


def test_what_is_started_later_is_not_ours(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with adopted(tmp_path / "nobody"):
        pass
    subprocess.run([sys.executable, "-c", LEAVES_ONE_BEHIND, str(pid_file), "0.3"], check=True)
    while not pid_file.exists():
        time.sleep(0.01)
    assert psutil.Process(int(pid_file.read_text())).ppid() != psutil.Process().pid
