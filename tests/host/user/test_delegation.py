"""A user's own part of the control groups, on trees of files that stand for the kernel's; real ones are in the lab."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import IsolationError
from bench.host import cgroup
from bench.host.user import delegation

Make = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what lays down the group that this process is in, and says so."""
    delegation.scope.cache_clear()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(cgroup, "mounts", lambda: {"": tmp_path})
    monkeypatch.setattr(cgroup, "hierarchies", lambda: [tmp_path])

    def make(name: str, controllers: str = "cpu memory pids") -> Path:
        group = tmp_path / "user.slice" / f"user-{os.getuid()}.slice" / "app.slice" / name
        group.mkdir(parents=True)
        (group / "cgroup.controllers").write_text(controllers)
        (group / "cgroup.procs").write_text(f"{os.getpid()}\n")
        monkeypatch.setattr(delegation, "_own", lambda _root: group)
        return group

    return make


def test_groups_are_made_in_the_scope_and_the_harness_leaves_its_top(made: Make) -> None:
    scope = made("isobench-5.scope")
    assert cgroup.ground() == {"": scope}
    assert (scope / "harness/cgroup.procs").read_text() == str(os.getpid())
    assert cgroup.path_of("isobench/fir").endswith("/isobench-5.scope/isobench/fir")
    assert not cgroup.path_of("isobench/fir").startswith("/")
    assert cgroup.offers("memory")
    assert not cgroup.offers("cpuset")


def test_a_process_that_has_settled_finds_its_scope_above(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = made("isobench-5.scope")
    (scope / "harness").mkdir()
    (scope / "harness/cgroup.procs").write_text("")
    monkeypatch.setattr(delegation, "_own", lambda _root: scope / "harness")
    assert cgroup.ground() == {"": scope}


def test_what_killed_runs_have_left_is_found_in_every_scope(made: Make) -> None:
    for number in (5, 6):
        (made(f"isobench-{number}.scope") / "isobench" / f"run-{number}").mkdir(parents=True)
    assert set(cgroup.below("isobench")) == {"run-5", "run-6"}


def test_controllers_that_are_not_passed_on_are_named_with_the_file_that_passes_them(made: Make) -> None:
    made("isobench-5.scope", controllers="cpu pids")
    with pytest.raises(IsolationError, match="not given the controllers memory") as raised:
        cgroup.ground()
    assert "user@.service.d/delegate.conf" in str(raised.value.remedy)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("", "the command busctl is missing"),
        (
            "echo first >&2; echo 'Failed to connect to user scope bus' >&2; exit 1",
            "Failed to connect to user scope bus",
        ),
    ],
)
def test_a_manager_that_gives_nothing_is_said_in_its_words(
    script: str, said: str, made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made("session-1.scope")
    if script:
        (tmp_path / "busctl").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "busctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    monkeypatch.setattr("bench.host.programs._SYSTEM_FOLDERS", ())
    with pytest.raises(IsolationError, match=f"delegates no control group: {said}") as raised:
        cgroup.ground()
    assert "enable-linger" in str(raised.value.remedy)


def test_version_1_can_be_given_to_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(cgroup, "mounts", lambda: {"memory": Path("/sys/fs/cgroup/memory")})
    with pytest.raises(IsolationError, match=r"as this host has them \(v1\) no user"):
        cgroup.ground()
