"""The engine dies in the middle of a run: its trials fail with a reason, the others go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.host.engine.docker_ping import OWN_URL, engine_answers
from bench.host.engine.private_docker import DATA_ROOT, EXEC_ROOT, PID_FILE, start_engine, stop_engine
from bench.testing.launching import unavailable
from tests.faults.test_interruption import SCENARIO, on_host


@pytest.mark.docker
@pytest.mark.root
def test_the_run_goes_on_without_the_engine(tmp_path: Path) -> None:
    if engine_answers() != OWN_URL:
        unavailable("the engine here is not Isobench's own, and will not be killed")
    (tmp_path / "stays.toml").write_text(SCENARIO.replace("sleep 60", "sleep 5"))
    command = [sys.executable, "-m", "tests.cli.unreported", "run", "stays", "--isolation", "bare,docker"]
    command += ["--rounds", "2", "--seed", "1", "--scenarios", str(tmp_path), "--results", str(tmp_path / "results")]
    with (tmp_path / "output").open("w") as output:
        run = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _await_container(tmp_path)
        os.kill(int(PID_FILE.read_text()), signal.SIGKILL)
        assert run.wait(180) == 1, (tmp_path / "output").read_text()
    finally:
        run.kill()
        run.wait()
        stop_engine(lambda _line: None)
        mounts = Path("/proc/self/mounts").read_text()
        start_engine(lambda _line: None)
    assert [line for line in mounts.splitlines() if str(EXEC_ROOT) in line or str(DATA_ROOT) in line] == []
    [folder] = (tmp_path / "results").iterdir()
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    assert len(trials) == 4
    of_docker = [trial for trial in trials if trial["isolation"] == "docker"]
    assert any(trial["outcome"] == "failed" and "engine" in trial["reason"] for trial in of_docker), of_docker
    assert {trial["outcome"] for trial in trials if trial["isolation"] == "bare"} <= {"ok", "spoiled"}
    subprocess.run([sys.executable, "-m", "bench", "clean"], check=True, capture_output=True)
    assert on_host(folder.name) == []


def _await_container(tmp_path: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for manifest in tmp_path.glob("results/*/manifest.json"):
            if any(len(found) == 64 for found in on_host(manifest.parent.name)):  # a container's id
                return
        time.sleep(0.05)
    pytest.fail((tmp_path / "output").read_text())
