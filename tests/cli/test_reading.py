"""The process that reads a run's data: asleep during trials, gone with the run, and missed by nobody."""

from __future__ import annotations

import io
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.cli.reading import ReaderConnection, ReaderProcess, reading
from bench.errors import BenchError
from bench.host.cpus import harness_cpus
from bench.host.subprocesses import Child
from tests.synthetic import write_run

CPUS = harness_cpus([1])
# Tells that all is loaded, then sleeps like a run in a trial.
RUN = """
import time
from bench.cli.reading import reading
with reading((0,)) as reader:
    reader.loaded()
    print("loaded", flush=True)
    time.sleep(60)
"""


def child() -> psutil.Process:
    [found] = psutil.Process().children()
    return found


def asleep(process: psutil.Process) -> bool:
    """Whether it does nothing for half a second."""
    before, since = process.cpu_times(), process.num_ctx_switches()
    time.sleep(0.5)
    return process.cpu_times() == before and process.num_ctx_switches() == since


def test_it_takes_no_cpu_time_once_it_has_loaded_and_keeps_off_the_instances_cpus() -> None:
    with reading(CPUS) as reader:
        reader.loaded()
        process = child()
        assert any(asleep(process) for _ in range(20))  # on a busy host it may be on its way to sleep for a while
        assert {tuple(psutil.Process(thread.id).cpu_affinity()) for thread in process.threads()} == {CPUS}
    assert not process.is_running()


def test_it_reports_in_words_of_its_own_and_stays(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = write_run(tmp_path, rounds=3)
    with reading(CPUS) as reader:
        reader.report(run)
        assert f"Report: {run}/report.html" in capfd.readouterr().out.replace("\n", "")
        assert reader.widths(run)
        assert set(child().cpu_affinity()) == os.sched_getaffinity(0)  # every CPU, once no trial is left


def test_what_keeps_a_report_from_being_written_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with reading(CPUS) as reader, pytest.raises(BenchError, match="no run is called") as caught:
        reader.report(tmp_path / "nowhere")
    assert caught.value.remedy == "Known: none"
    assert capfd.readouterr().err == ""


def test_where_it_was_killed_another_answers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = write_run(tmp_path, rounds=3)
    with reading(CPUS) as reader:
        reader.loaded()
        killed(child())
        assert reader.widths(run)
        [other] = (one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE)
        killed(other)
        reader.report(run)
    assert "report.html" in capfd.readouterr().out
    assert psutil.Process().children() == []


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("kill -KILL $$", "SIGKILL, as the kernel does where memory is short"),
        ("kill -TERM $$", "SIGTERM"),
        ("exit 3", "exit code 3"),
    ],
)
def test_where_two_have_died_it_is_said_how(end: str, said: str, tmp_path: Path) -> None:
    started = itertools.count()

    def start() -> ReaderConnection:
        next(started)
        return ReaderConnection(io.StringIO(), Child("it", ["/bin/sh", "-c", end], kill_s=1))

    with pytest.raises(BenchError, match=f"ended, twice: .*{said}"):
        ReaderProcess(start).report(tmp_path)
    assert next(started) == 2


def test_a_report_that_nobody_waits_for_any_more_ends_and_prints_nothing(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=6)
    code = RUN.replace("time.sleep(60)", f"reader.report({str(run)!r})")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        [reader] = psutil.Process(process.pid).children()
        while not (run / "samples.parquet").exists():  # it is at work
            time.sleep(0.01)
        forks = [reader, *reader.children()]
        process.kill()
        assert not psutil.wait_procs(forks, timeout=10)[1]
        assert process.stdout.read() == ""


def killed(process: psutil.Process) -> None:
    process.kill()
    while process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_a_run_that_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "loaded\n"
        [process] = psutil.Process(run.pid).children()
        os.kill(run.pid, number)
        run.wait()
        assert not psutil.wait_procs([process], timeout=10)[1]
