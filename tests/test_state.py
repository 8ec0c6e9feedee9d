"""State on the host: a run is alive while its process is, and takes its scratch space with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench import state
from bench.errors import StoreError


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path))
    (tmp_path / "locks").mkdir()
    monkeypatch.setattr(state, "_LOCKS", tmp_path / "locks")


def register(run: str, text: str) -> None:
    state.run_folder(run).mkdir(parents=True)
    with state.alive("any"):
        (state._registry() / run).write_text(text)


def test_a_run_of_another_user_is_alive_to_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with state.alive("fir"):
        monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "elsewhere"))
        assert state.is_alive("fir")


def test_no_two_runs_bear_one_id() -> None:
    with state.alive("fir"), pytest.raises(StoreError, match="fir"), state.alive("fir"):
        pass


def test_the_environment_names_the_folder(tmp_path: Path) -> None:
    assert state.state_folder() == tmp_path
    assert state.run_folder("fir") == tmp_path / "runs" / "fir"


def test_root_has_a_folder_that_other_users_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISOBENCH_STATE")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert state.state_folder() == Path("/var/lib/isobench")


def test_a_user_has_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ISOBENCH_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert state.state_folder() == tmp_path / "isobench"


def test_a_run_is_alive_within_its_block_and_leaves_nothing() -> None:
    with state.alive("fir") as folder:
        assert state.is_alive("fir")
        assert state.registered_runs() == ["fir"]
        (folder / "something").write_text("of the run")
    assert not state.is_alive("fir")
    assert state.registered_runs() == []


def test_scratch_space_goes_with_its_run_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), state.alive("fir"):
        raise ZeroDivisionError
    assert not state.run_folder("fir").exists()


def test_scratch_space_goes_with_its_trial_also_after_an_error() -> None:
    with state.alive("fir") as run:
        with pytest.raises(KeyboardInterrupt), state.scratch("fir", "0007-ab") as folder:  # noqa: PT012 - a body that fails
            (folder / "disk").write_text("content")
            raise KeyboardInterrupt
        assert [path.name for path in run.iterdir()] == []


def test_another_user_may_enter_scratch_space_but_not_list_it() -> None:
    with state.alive("fir") as run, state.scratch("fir", "0007-ab") as folder:
        assert run.stat().st_mode & 0o777 == folder.stat().st_mode & 0o777 == 0o711


def test_a_run_whose_process_has_ended_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    register("elm", f"{ended.pid} {psutil.Process(ended.pid).create_time()}\n")
    assert state.is_alive("elm")
    ended.communicate()
    assert not state.is_alive("elm")


def test_a_reused_pid_is_not_the_run() -> None:
    process = psutil.Process()
    register("elm", f"{process.pid} {process.create_time() - 60}\n")
    assert not state.is_alive("elm")


@pytest.mark.parametrize("text", ["", "1", "one two", "1 2 3", "\0"])
def test_a_broken_sign_of_life_is_none(text: str) -> None:
    register("elm", text)
    assert not state.is_alive("elm")


def test_a_dead_run_can_be_forgotten() -> None:
    register("elm", "")
    register("fir", "")
    state.forget("elm")
    assert state.registered_runs() == ["fir"]
