"""State on the host: a run is alive while its process is, and takes its scratch space with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.errors import InputError, LeftoverError, StoreError
from bench.host import run_state

RUN = "20261123-2105-fir"
OTHER = "20261123-2105-elm"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path))
    (tmp_path / "locks").mkdir()
    monkeypatch.setattr(run_state, "_LOCKS", tmp_path / "locks")


def register(run: str, text: str) -> None:
    """Leave the scratch space of a run, and a sign that nobody holds."""
    run_state.run_folder(run).mkdir(parents=True)
    (run_state._registry() / run).write_text(text)


def killed(run: str) -> None:
    """Let a process register a run and be killed."""
    code = (
        "import os, signal, sys; from pathlib import Path; from bench.host import run_state as state\n"
        "state._LOCKS = Path(sys.argv[1])\n"
        "with state.alive(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(run_state._LOCKS), run], check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_run_of_another_user_is_alive_to_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with run_state.alive("fir"):
        monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "elsewhere"))
        assert run_state.is_alive("fir")


def test_no_two_runs_bear_one_id() -> None:
    with run_state.alive("fir"), pytest.raises(StoreError, match="fir"), run_state.alive("fir"):
        pass


def test_the_environment_names_the_folder(tmp_path: Path) -> None:
    assert run_state.state_folder() == tmp_path
    assert run_state.run_folder("fir") == tmp_path / "runs" / "fir"


def test_root_has_a_folder_that_other_users_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISOBENCH_STATE")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert run_state.state_folder() == Path("/var/lib/isobench")


def test_a_user_has_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ISOBENCH_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run_state.state_folder() == tmp_path / "isobench"


def test_a_run_is_alive_within_its_block_and_leaves_nothing() -> None:
    with run_state.alive("fir") as folder:
        assert run_state.is_alive("fir")
        assert run_state.registered_runs() == ["fir"]
        (folder / "something").write_text("of the run")
    assert not run_state.is_alive("fir")
    assert run_state.registered_runs() == []


def test_scratch_space_goes_with_its_run_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), run_state.alive("fir"):
        raise ZeroDivisionError
    assert not run_state.run_folder("fir").exists()


def test_scratch_space_goes_with_its_trial_also_after_an_error() -> None:
    with run_state.alive("fir") as run:
        with pytest.raises(KeyboardInterrupt), run_state.scratch("fir", "0007-ab") as folder:  # noqa: PT012 - a body that fails
            (folder / "disk").write_text("content")
            raise KeyboardInterrupt
        assert [path.name for path in run.iterdir()] == []


def test_another_user_may_enter_scratch_space_where_that_is_asked_for_but_not_list_it() -> None:
    with run_state.alive("fir") as run, run_state.scratch("fir", "0007-ab", entered=True) as folder:
        assert run.stat().st_mode & 0o777 == folder.stat().st_mode & 0o777 == 0o711


def test_what_a_workload_writes_is_for_nobody_else_to_run() -> None:
    with run_state.alive("fir"), run_state.scratch("fir", "0007-ab") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_run_whose_process_was_killed_is_dead() -> None:
    killed(RUN)
    assert run_state.registered_runs() == [RUN]
    assert not run_state.is_alive(RUN)
    assert run_state.is_dead(RUN)


def test_what_a_living_run_keeps_is_not_dead() -> None:
    with run_state.alive(RUN):
        assert not run_state.is_dead(RUN)


@pytest.mark.parametrize(
    "run", ["fir", "20261123-2105", "20261123-2105-fir-0001", "../20261123-2105-fir", "", "standing"]
)
def test_what_has_not_the_form_of_an_id_is_nobody_s(run: str) -> None:
    (run_state._registry() / "fir").write_text("")
    run_state.run_folder("fir").mkdir(parents=True)
    assert not run_state.is_dead(run)


def test_an_id_without_a_sign_and_scratch_space_is_somebody_else_s() -> None:
    assert not run_state.is_dead(RUN)


def test_a_run_of_another_state_folder_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    killed(RUN)
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "elsewhere"))
    assert not run_state.is_alive(RUN)
    assert not run_state.is_dead(RUN)


def test_after_a_restart_of_the_host_scratch_space_alone_tells() -> None:
    run_state.run_folder(RUN).mkdir(parents=True)
    assert run_state.is_dead(RUN)


def test_a_run_of_an_earlier_isobench_is_alive_while_its_process_is() -> None:
    process = psutil.Process()
    register(RUN, f"{process.pid} {process.create_time()}\n")
    register(OTHER, f"{process.pid} {process.create_time() - 60}\n")
    assert [run_state.is_alive(run) for run in (RUN, OTHER)] == [True, False]
    assert [run_state.is_dead(run) for run in (RUN, OTHER)] == [False, True]


@pytest.mark.parametrize("text", ["", "1", "one two", "1 2 3", "\0", "9" * 5000])
def test_a_broken_sign_of_life_is_none(text: str) -> None:
    register(RUN, text)
    assert not run_state.is_alive(RUN)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_among_the_signs_is_none_and_holds_nobody_up(make: Callable[[Path], None]) -> None:
    make(run_state._registry() / RUN)
    assert not run_state.is_alive(RUN)
    assert not run_state.is_dead(RUN)
    run_state.forget_ids()


def test_no_id_is_borne_twice_and_it_is_remembered_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    with run_state.alive(RUN):
        pass
    run_state.forget_ids()
    with pytest.raises(StoreError, match="was there before"), run_state.alive(RUN):
        pass
    with run_state.alive(RUN, OTHER) as folder:
        assert folder.name == OTHER
    monkeypatch.setattr(run_state, "_REMEMBERED_S", -1.0)
    run_state.forget_ids()
    assert list(run_state._registry().iterdir()) == []


def test_a_living_run_whose_sign_was_removed_is_not_dead() -> None:
    with run_state.alive(RUN):
        (run_state._registry() / RUN).unlink()
        assert not run_state.is_dead(RUN)
    killed(OTHER)
    (run_state._registry() / OTHER).unlink()
    assert run_state.is_dead(OTHER)


def test_the_sign_of_a_living_run_is_never_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_state, "_REMEMBERED_S", -1.0)
    with run_state.alive(RUN):
        run_state.forget_ids()
        assert run_state.is_alive(RUN)


def test_at_no_moment_does_a_run_that_starts_or_ends_look_dead() -> None:
    """One registers as fast as it can; another looks."""
    names = [f"20261123-2105-a{number}" for number in range(300)]
    dead: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            dead.extend(run for run in run_state.registered_runs() if run_state.is_dead(run))

    looking = threading.Thread(target=look)
    looking.start()
    for run in names:
        with run_state.alive(run):
            pass
    done.set()
    looking.join()
    assert dead == []


def test_a_dead_run_can_be_forgotten() -> None:
    killed(OTHER)
    killed(RUN)
    assert run_state.forget(OTHER)
    assert not run_state.forget(OTHER)
    assert run_state.registered_runs() == [RUN]
    assert not run_state.is_dead(OTHER)


def test_a_run_whose_engine_is_silent_is_remembered_without_its_scratch_space() -> None:
    killed(RUN)
    (run_state.run_folder(RUN) / "0001").mkdir()
    run_state.note_engine(RUN, "unix:///nobody")
    assert run_state.empty(RUN)
    assert [path.name for path in run_state.run_folder(RUN).iterdir()] == ["engine"]
    assert run_state.engine_of(RUN) == "unix:///nobody"
    assert run_state.is_dead(RUN)


@pytest.mark.root
def test_clean_ups_take_turns() -> None:
    began = threading.Event()

    @run_state.one_by_one()
    def another() -> None:
        began.set()

    other = threading.Thread(target=another)
    with run_state.one_by_one():
        other.start()
        assert not began.wait(0.2)
    assert began.wait(10)
    other.join()


def test_a_clean_up_makes_no_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "none"))
    with run_state.one_by_one():
        assert not (tmp_path / "none").exists()


def test_what_is_mounted_in_scratch_space_is_not_emptied(tmp_path: Path) -> None:
    mine, there = tmp_path / "mine", run_state.run_folder(RUN) / "0001"
    for folder in (mine, there):
        folder.mkdir(parents=True)
    (mine / "file").write_text("of the user")
    subprocess.run(["mount", "--bind", mine, there], check=True)
    try:
        with pytest.raises(LeftoverError, match=f"{there} is mounted"):
            run_state.forget(RUN)
    finally:
        subprocess.run(["umount", there], check=True)
    assert (mine / "file").exists()


@pytest.mark.parametrize(
    "odd", ["with blank", "a,b", "a:b", "100%", "back\\slash", "new\nline", "quo'te", 'quo"te', "a;b", "a=b"]
)
def test_a_path_that_tools_take_for_something_else_is_refused(
    odd: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / odd))
    with pytest.raises(InputError, match="ISOBENCH_STATE") as refused, run_state.alive(RUN):
        pass
    assert "another folder" in str(refused.value)


def test_a_path_that_is_relative_is_one_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ISOBENCH_STATE", "here")
    assert run_state.state_folder() == tmp_path / "here"


def test_a_full_disk_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    run_state.require_room()
    with run_state.alive(RUN):
        run_state.require_room()
        usage = shutil.disk_usage("/")._replace(free=0)
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
        with pytest.raises(StoreError, match=r"No space left on device.*ISOBENCH_STATE"):
            run_state.require_room()


@pytest.mark.parametrize("leaves", [run_state.note_leftovers, lambda run: run_state.note_engine(run, "unix:///nobody")])
def test_a_run_that_has_left_something_is_dead_until_it_is_cleaned_up(leaves: Callable[[str], None]) -> None:
    run = RUN
    with run_state.alive(run) as folder:
        (folder / "scratch").mkdir()
        leaves(run)
    assert run_state.is_dead(run)
    assert not (folder / "scratch").exists()
    run_state.forget(run)
    assert not run_state.is_dead(run)
    assert not folder.exists()
