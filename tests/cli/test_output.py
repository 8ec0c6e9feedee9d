"""Output that cannot be written, a terminal that goes away, and Ctrl-C before there is anything to end."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import Bench, write_scenario
from tests.synthetic import write_run

FULL = "bench: cannot write to standard output: No space left on device\n       The rest was done\n"


def bench(*words: str) -> list[str]:
    return [sys.executable, "-m", "bench", *words]


def environment(folder: Path, *, cached: bool = False) -> dict[str, str]:
    """Return an environment with a state of its own; with a cache of its own, too, where no image is needed."""
    own = {} if cached else {"ISOBENCH_CACHE": str(folder / "cache")}
    return {**os.environ, **own, "ISOBENCH_STATE": str(folder / "state")}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 1),
        (["--help"], 1),
        (["list"], 1),
        (["list", "--json"], 1),
        (["report", "run"], 1),
        (["export", "run", "--format", "csv"], 1),
        (["compare", "run", "run"], 1),
        (["publish", "run", "name", "--anyway"], 1),
        (["clean"], 1),
        (["run", "speak", "-i", "fake", "--scenarios", "scenarios"], 1),
        (["calibrate", "delay", "-i", "fake", "--quick", "--rounds", "1"], 3),
    ],
)
def test_a_full_disk_behind_standard_output_is_one_sentence(words: Sequence[str], code: int, tmp_path: Path) -> None:
    write_run(tmp_path / "results" / "run", rounds=1)
    write_scenario(tmp_path / "scenarios", "say", "hello")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            bench(*words),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment(tmp_path, cached=words[0] in ("run", "calibrate")),
        )
    assert done.stderr == FULL
    assert done.returncode == code


def test_what_was_to_be_written_elsewhere_is(tmp_path: Path) -> None:
    write_run(tmp_path / "results" / "run", rounds=3)
    with Path("/dev/full").open("w") as full:
        subprocess.run(bench("report", "run"), stdout=full, stderr=full, check=False, cwd=tmp_path)
    assert (tmp_path / "results" / "run" / "report.html").stat().st_size > 0


def test_nobody_reading_on_is_no_error_to_be_told(tmp_path: Path) -> None:
    write_run(tmp_path / "results" / "run", rounds=3)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(bench("list"), stdout=write, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path)
    os.close(write)
    assert done.stderr == ""


@pytest.mark.parametrize("after_s", [0.15, 0.3, 0.6])
def test_ctrl_c_in_the_first_second_is_answered(after_s: float, tmp_path: Path) -> None:
    started = subprocess.Popen(bench("doctor"), stderr=subprocess.PIPE, text=True, env=environment(tmp_path))
    _until_python_runs_us(started.pid)
    time.sleep(after_s)
    started.send_signal(signal.SIGINT)
    _out, err = started.communicate(timeout=60)
    assert started.returncode == 130
    assert err.endswith("Ended by SIGINT. What was measured before is kept.\n")


def _until_python_runs_us(pid: int) -> None:
    """Wait until the interpreter has installed what it does on Ctrl-C, and we have."""
    while "0000000000000002" not in Path(f"/proc/{pid}/status").read_text().split("SigCgt:")[1].split()[0][-16:]:
        time.sleep(0.01)
    time.sleep(0.2)


def test_a_run_whose_terminal_goes_away_ends_cleanly_and_is_marked(tmp_path: Path) -> None:
    """The fake's clock is virtual, so that it would go on for long: many rounds."""
    scenarios = write_scenario(tmp_path / "scenarios", "sleep", "1", rounds=2000)
    terminal, theirs = pty.openpty()
    words = bench(
        "run", "speak", "--isolation", "fake", "--scenarios", str(scenarios), "--results", str(tmp_path / "r")
    )
    started = subprocess.Popen(
        ["env", "--default-signal=HUP", "setsid", "--ctty", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "ISOBENCH_STATE": str(tmp_path / "state")},
    )
    os.close(theirs)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("r/*/trials.jsonl")) and time.monotonic() < deadline:
        os.read(terminal, 1 << 16)
    os.close(terminal)
    assert started.wait(60) == 128 + signal.SIGHUP
    [run] = (tmp_path / "r").iterdir()
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["interrupted"] == "SIGHUP"
    assert manifest["finished_at"]
    assert not list((tmp_path / "state" / "runs").iterdir())


def test_results_and_scenarios_may_lie_under_any_name(bench: Bench, tmp_path: Path) -> None:
    odd = tmp_path / "a b, 100%:c\\d'e\"f"
    odd.mkdir()
    write_scenario(odd / "sce narios,", "say", "ready")
    here = ["--results", str(odd / "re: sults")]

    def done(*words: str) -> str:
        answer = bench(*words, *here)
        assert answer.code == 0, answer.err
        return answer.out

    done("run", "speak", "--isolation", "fake", "--scenarios", str(odd / "sce narios,"))
    [run] = (odd / "re: sults").iterdir()
    assert "report.html" in done("report", run.name)
    assert run.name in done("export", run.name, "--format", "csv")
    assert "index.html" in done("publish", run.name, "name")
    assert run.name in done("list")
