"""What keeps a report from being written is said, with the command that writes it; no trial is lost by it."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands.test_run import environment, outcomes
from tests.cli.conftest import write_scenario
from tests.synthetic import write_run

SLOW = """
import time
import bench.cli.commands.run
from bench.cli import main
from tests.cli.unreported import Unreported, unreported

class Slow(Unreported):
    def report(self, folder, *, verbose):
        print("reporting", flush=True)
        time.sleep({seconds})
        print("reported", flush=True)

import contextlib
bench.cli.commands.run.reading = lambda cpus: contextlib.nullcontext(Slow(""))
main()
"""
"""A run whose report takes as long as it is told."""

FULL = """
import bench.cli.commands.run
from bench.cli import main
from bench.errors import StoreError
from bench.store.journal import Journal

append, kept = Journal.append, []

def refuse(self, measurement, console, *, started_at):
    if len(kept) == {after}:
        raise StoreError("cannot write trials.jsonl: No space left on device", remedy="Free some space")
    kept.append(append(self, measurement, console, started_at=started_at))

Journal.append = refuse
main()
"""
"""A run whose disk is full after so many trials."""


def running(folder: Path, code: str, *words: str) -> subprocess.Popen[str]:
    scenarios = write_scenario(folder / "scenarios", "say", "hello")
    start = [sys.executable, "-c", code, "run", "speak", "--isolation", "fake"]
    command = [*start, "--scenarios", str(scenarios), "--results", str(folder / "results"), *words]
    return subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(process: subprocess.Popen[str], said: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if said in line:
            return
    pytest.fail(f"it never said {said!r}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_it_is_written_is_obeyed_and_said(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = running(tmp_path, SLOW.format(seconds=60))
    until(process, "reporting")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    (run,) = (tmp_path / "results").iterdir()
    assert (process.returncode, out) == (code, "")
    assert err == (
        f"bench: ended by {number.name} while the report was written\n"
        f"       What was measured is kept. Write its report with: python -m bench report {run}\n"
    )
    assert outcomes(tmp_path) == ["ok", "ok"]


def test_after_a_signal_later_ones_are_ignored_and_the_report_is_written(tmp_path: Path) -> None:
    process = running(tmp_path, SLOW.format(seconds=2), "--rounds", "10000")
    until(process, "3 of 10000")
    process.send_signal(signal.SIGINT)
    until(process, "reporting")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    out, err = process.communicate(timeout=30)
    (run,) = (tmp_path / "results").iterdir()
    assert (process.returncode, err) == (130, "")
    assert out == f"reported\nGo on with: python -m bench resume {run}\n"


def test_a_disk_that_fills_between_trials_ends_the_run_with_a_report_of_what_is_there(tmp_path: Path) -> None:
    process = running(tmp_path, FULL.format(after=3), "--rounds", "10")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 5
    assert err == "bench: cannot write trials.jsonl: No space left on device\n       Free some space\n"
    (run,) = (tmp_path / "results").iterdir()
    assert f"Report: {run}/report.html" in out
    said = (
        "Ended early, since cannot write trials.jsonl: No space left on device: this run is not whole. 3 of 10 planned"
    )
    assert said in re.sub(r"</?abbr[^>]*>", "", (run / "report.html").read_text())
    told = json.loads((run / "manifest.json").read_text())
    assert (told["planned"], outcomes(tmp_path)) == (10, ["ok"] * 3)


def test_a_disk_that_is_full_at_the_first_trial_is_said(tmp_path: Path) -> None:
    process = running(tmp_path, FULL.format(after=0))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 5
    assert "Traceback" not in err
    assert "bench: cannot write trials.jsonl" in err


@pytest.mark.parametrize("most_bytes", [100, 20_000, 100_000])
def test_a_disk_that_is_full_while_it_is_written_is_one_message(tmp_path: Path, most_bytes: int) -> None:
    """Files may not grow beyond so many bytes: the table, the pictures or the page meet that."""
    run = write_run(tmp_path / "run", rounds=3)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "report", str(run)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
    )
    assert done.returncode == 3
    assert "Not measured: docker:runsc" in done.stdout  # the answer is shown all the same
    assert done.stderr.startswith(f"bench: cannot write {run}")
    assert done.stderr.count("\n") == 2
    assert not list(run.glob(".*"))
