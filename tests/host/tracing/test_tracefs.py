"""The kernel's tracer: real recordings of real processes, and reasons where there are none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.host import run_names
from bench.host.tracing.entered import Entered, entered
from bench.host.tracing.tracefs import UntraceableError, leftover, recording, stopped, tracefs

_DEAD = "20200101-0000-oak"


def _recorded(folder: Path, name: str, *, functions: bool) -> Entered:
    """Record what a shell and its child do, while this process makes other calls."""
    words = ["sh", "-c", "read go; cat /proc/uptime; exit 0"]
    with (
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as shell,
        recording(folder, name, lambda: [shell.pid], functions=functions) as own,
    ):
        for _ in range(50):
            os.getppid()
        shell.communicate(b"\n")
        with stopped(own).open() as lines:
            return entered(lines)


@pytest.mark.root
def test_calls_of_a_process_and_its_children_are_seen_and_those_of_others_are_not() -> None:
    name = run_names.instance(run_names.of_process("test"), "0001")
    try:
        with tracefs() as folder:
            found = _recorded(folder, name, functions=False)
            assert not (folder / "instances" / name).exists()
    except UntraceableError as error:
        pytest.skip(str(error))
    execve, getppid = (59, 110) if os.uname().machine == "x86_64" else (221, 173)
    assert found.calls[execve] == 1  # the shell was there already; cat is its child
    assert found.calls[getppid] < 50
    assert not found.functions


@pytest.mark.root
def test_seeded_function_appears_where_functions_can_be_traced() -> None:
    name = run_names.instance(run_names.of_process("test"), "0002")
    try:
        with tracefs() as folder:
            found = _recorded(folder, name, functions=True)
    except UntraceableError as error:
        pytest.skip(str(error))
    assert found.functions["uptime_proc_show"] == 1


@pytest.mark.root
def test_recording_of_a_dead_run_is_removed_and_others_are_left() -> None:
    try:
        with tracefs() as folder:
            dead, other = (folder / "instances" / name for name in (f"isobench-{_DEAD}-0001", "somebody-elses"))
            dead.mkdir()
            other.mkdir()
            assert leftover(lambda run: run == _DEAD) == [f"recording {dead.name}"]
            assert (dead.exists(), other.exists()) == (False, True)
            other.rmdir()
    except UntraceableError as error:
        pytest.skip(str(error))


def test_tracer_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "current_tracer").write_text("function_graph\n")
    (tmp_path / "instances").mkdir()
    with pytest.raises(UntraceableError, match="in use: somebody has set it to 'function_graph'"):
        recording(tmp_path, "own", list, functions=True).__enter__()
    assert not list((tmp_path / "instances").iterdir())


def test_lost_events_are_no_result(tmp_path: Path) -> None:
    for cpu, lost in enumerate((0, 7)):
        (tmp_path / f"per_cpu/cpu{cpu}").mkdir(parents=True)
        (tmp_path / f"per_cpu/cpu{cpu}/stats").write_text(f"entries: 4\noverrun: {lost}\ndropped events: 0\n")
    with pytest.raises(UntraceableError, match="7 events of it are lost"):
        stopped(tmp_path)
