"""A child's end is waited for, not looked for; nothing of it is left; and its last words are kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.errors import LeftoverError
from bench.host.subprocesses import Child, ran

SLEEPERS = "trap '' TERM; sleep 600 & echo $! > \"$0\"; while :; do wait; done"


def child(script: str, *words: object, **given: object) -> Child:
    return Child("a child", ["/bin/sh", "-c", script, *map(str, words)], kill_s=10, **given)  # type: ignore[arg-type]


def refuse(*_given: object) -> None:
    raise OSError(38, "Function not implemented")


def written(file: Path) -> str:
    while not (file.exists() and file.read_text().endswith("\n")):
        time.sleep(0.01)
    return file.read_text()


def test_a_child_that_ends_is_taken_away_with_its_status() -> None:
    with child("exit 3") as process:
        assert process.ended_within(10)
        assert process.status == 3
        assert process.ended_within(0)  # once more: it has ended


def test_a_child_that_stays_is_said_to_stay_and_ended_with_all_it_has_started(tmp_path: Path) -> None:
    with child(SLEEPERS, tmp_path / "pid", terminate_s=0.1) as process:
        other = psutil.Process(int(written(tmp_path / "pid")))
        assert not process.ended_within(0.01)
        assert process.status is None
    assert process.status == -9
    assert not other.is_running() or other.status() == psutil.STATUS_ZOMBIE


def test_one_that_is_asked_to_leave_may_see_to_what_it_has_started(tmp_path: Path) -> None:
    """The session has its time, not only its leader, which is gone at once."""
    script = "(trap 'sleep 0.3; echo tidied > $0; exit' TERM; echo > $1; sleep 600 & wait) & wait"
    with child(script, tmp_path / "said", tmp_path / "ready", terminate_s=10):
        written(tmp_path / "ready")
    assert written(tmp_path / "said") == "tidied\n"


def test_one_may_leave_by_itself_before_it_is_killed(tmp_path: Path) -> None:
    with child("sleep 0.2; echo left > $0", tmp_path / "said", leave_s=10) as process:
        pass
    assert (process.status, written(tmp_path / "said")) == (0, "left\n")


def test_what_survives_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with child("sleep 600") as process:
        with monkeypatch.context() as patched:
            patched.setattr(os, "killpg", lambda _group, _number: None)  # as of one the kernel cannot end
            patched.setattr(process, "_kill_s", 0.05)
            with pytest.raises(LeftoverError, match=f"a child, process {process.pid}, .*survived SIGKILL"):
                process.end()
        assert process.status is None


def test_nothing_is_polled_where_the_kernel_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def slept(_seconds: float) -> None:
        raise AssertionError("it looked again and again")

    monkeypatch.setattr(time, "sleep", slept)
    with child("read line", read_by=bytes) as process:
        process.send(b"go\n")
        assert process.ended_within(10)


def test_a_kernel_without_descriptors_of_processes_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pidfd_open", refuse)
    with child("read line; exit 4", read_by=bytes) as process:
        assert not process.ended_within(0.01)
        process.send(b"go\n")
        assert process.ended_within(10)
        assert process.status == 4


def test_its_last_words_are_kept_while_it_speaks(tmp_path: Path) -> None:
    for log in (None, tmp_path / "log"):
        with child("echo one; echo; echo two >&2; read line; echo three", log=log, stdin=subprocess.PIPE) as process:
            while process.tail(2) != ["one", "two"]:
                time.sleep(0.01)
            process.send(b"go\n")
            process.wait()
            assert process.tail() == ["one", "two", "three"]
    assert (tmp_path / "log").read_text() == "one\n\ntwo\nthree\n"


def test_what_reads_it_gets_all_of_it(tmp_path: Path) -> None:
    said: list[bytes] = []

    def read(descriptor: int) -> None:
        while data := os.read(descriptor, 100):
            said.append(data)

    with child("echo one; echo two >&2", read_by=read) as process:
        process.wait()
    assert b"".join(said) == b"one\ntwo\n"


def test_a_child_is_placed_and_what_reads_it_is_not() -> None:
    placed = min(os.sched_getaffinity(0))
    read_on: list[set[int]] = []
    with child("cat", read_by=lambda _descriptor: read_on.append(os.sched_getaffinity(0)), placed_on=(placed,)) as one:
        assert os.sched_getaffinity(one.pid) == {placed}
    assert read_on == [os.sched_getaffinity(0)]


def test_one_that_ends_answers_no_more() -> None:
    with child("exit 1") as process:
        assert not process.answered(lambda: False, 600)
    with child("sleep 600") as process:
        assert not process.answered(lambda: False, 0.05)
        assert process.answered(lambda: True, 0)


def test_one_that_is_bound_dies_with_its_harness(tmp_path: Path) -> None:
    code = """
import os, signal
from bench.host.subprocesses import Child
child = Child("bound", ["sleep", "600"], kill_s=1, bound_to="0")
while open(f"/proc/{child.pid}/comm").read() != "sleep\\n":
    pass
print(child.pid, os.sched_getaffinity(child.pid), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    pid, cpus = told.split(maxsplit=1)
    assert cpus == "{0}\n"
    gone = time.monotonic() + 10
    while psutil.pid_exists(int(pid)) and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < gone
        time.sleep(0.01)


def test_a_question_is_answered_with_status_and_words() -> None:
    done = ran("/bin/sh", "-c", "echo $LC_ALL; printf '\\377' >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, "C\n", "\N{REPLACEMENT CHARACTER}")
    with pytest.raises(subprocess.TimeoutExpired):
        ran("sleep", "600", timeout_s=0.05)


def test_a_program_that_is_not_there_leaves_nothing_open() -> None:
    before = sorted(Path("/proc/self/fd").iterdir())
    with pytest.raises(FileNotFoundError):
        Child("none", ["/nowhere"], kill_s=1)
    assert sorted(Path("/proc/self/fd").iterdir()) == before
