"""Processes of a group stand still, whoever of them was born while it was frozen, and go on."""

from __future__ import annotations

import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.errors import IsolationError
from bench.host import cgroup
from bench.host.groups import freezer

FORKS = "while :; do /bin/true; done"


@pytest.fixture
def group() -> Iterator[cgroup.Cgroup]:
    made = cgroup.Cgroup.make(f"isobench/test-{uuid.uuid4().hex[:8]}", None)
    yield made
    made.remove()


@pytest.mark.root
def test_what_forks_all_the_time_is_frozen_and_thawed(group: cgroup.Cgroup) -> None:
    """The group is removed afterwards though it is frozen: then it is thawed to die."""
    with subprocess.Popen(["/bin/sh", "-c", f"read go; {FORKS}"], stdin=subprocess.PIPE) as process:
        for entrance in group.entrances:
            entrance.write_text(str(process.pid))
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
        folder = freezer.place(group.unified, _path(group))
        assert folder is not None
        freezer.freeze(folder, group.pids)
        before = _cpu_s(group)
        time.sleep(0.2)
        assert _cpu_s(group) == before
        freezer.thaw(folder)
        deadline = time.monotonic() + 5
        while _cpu_s(group) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert _cpu_s(group) > before
        freezer.freeze(folder, group.pids)
        group.remove()
        assert process.wait(5) != 0


@pytest.mark.root
def test_a_group_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IsolationError, match="cannot freeze control group"):
        freezer.freeze(tmp_path / "file" / "group", list)


def test_thawing_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    freezer.thaw(tmp_path / "gone")


def _path(group: cgroup.Cgroup) -> str:
    folder = group.entrances[0].parent
    return f"isobench/{folder.name}"


def _cpu_s(group: cgroup.Cgroup) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in group.pids() if psutil.pid_exists(pid)]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)
