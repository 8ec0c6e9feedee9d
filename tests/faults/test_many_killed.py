"""The harness is killed while several instances are being started at once: a clean-up finds them all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.host import cgroup
from tests.faults.test_interruption import on_host

SCENARIO = """
title = "Many"
question = "Are they all found?"
image = "base"
command = ["/bin/sh", "-c", "sleep 30; echo ready; exec sleep 600"]
rounds = 1

[burst]
at_once = [6]

[envelope]
cpus = 1
memory_mib = 64
pids = 32

[ready]
pattern = "^ready$"
"""


@pytest.mark.parametrize(
    "isolation", [pytest.param("bare", marks=pytest.mark.root), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_nothing_is_left_of_several_at_once(tmp_path: Path, isolation: str) -> None:
    (tmp_path / "many.toml").write_text(SCENARIO)
    results, environment = tmp_path / "results", {**os.environ, "ISOBENCH_STATE": str(tmp_path / "state")}
    words = ["run", "many", "--scenarios", str(tmp_path), "--isolation", isolation, "--results", str(results)]
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as harness:
        run = started(results, harness, 2)
        harness.kill()
    cleaned = subprocess.run([sys.executable, "-m", "bench", "clean"], env=environment, check=True, capture_output=True)
    assert on_host(run) == [], cleaned.stdout
    assert not (tmp_path / "state" / "runs" / run).exists()


def started(results: Path, harness: subprocess.Popen[bytes], fewest: int) -> str:
    """Wait until so many of a run's instances are there, or of their processes; return the run's id."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and harness.poll() is None:
        for manifest in results.glob("*/manifest.json"):
            if instances(manifest.parent.name) >= fewest:
                return manifest.parent.name
        time.sleep(0.02)
    pytest.fail("no instances appeared")


def instances(run: str) -> int:
    group = cgroup.below("isobench").get(run)
    return max(len(on_host(run)) - (group is not None), len(group.pids()) if group else 0)
