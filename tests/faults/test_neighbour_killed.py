"""The harness is killed while a neighbour works beside a victim: a clean-up finds both, and all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.test_interruption import on_host
from tests.faults.test_many_killed import started

SCENARIO = """
title = "Beside"
question = "Are both found?"
image = "base"
rounds = 1

[parameters]
antagonist = ["none", "many"]

[quick.parameters]
antagonist = "many"

[envelope]
cpus = 1
memory_mib = 128
pids = 64

[client]
command = ["/bin/sh", "-c", "echo works; sleep 600"]

[neighbour]
command = ["/bin/sh", "-c", "for _ in $(seq 20); do sleep 600 & done; echo {antagonist} work; wait"]
ready = "work$"
work = "^did ([0-9]+)"
"""

PROCESSES = 20
"""More than a victim has: its neighbour is there too."""


@pytest.fixture
def state() -> Iterator[Path]:
    """A short path: the kernel limits those of a machine's sockets."""
    with TemporaryDirectory(prefix="isobench-") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("isolation", "fewest"),
    [
        pytest.param("bare", PROCESSES, marks=pytest.mark.root),
        pytest.param("docker", 2, marks=pytest.mark.docker),
        pytest.param("vm:microvm", 2, marks=pytest.mark.vm),
    ],
)
def test_nothing_is_left_of_a_victim_and_its_neighbour(
    tmp_path: Path, state: Path, isolation: str, fewest: int
) -> None:
    (tmp_path / "beside.toml").write_text(SCENARIO)
    results, environment = tmp_path / "results", {**os.environ, "ISOBENCH_STATE": str(state)}
    words = ["run", "beside", "--quick", "--scenarios", str(tmp_path), "-i", isolation, "--results", str(results)]
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as harness:
        run = started(results, harness, fewest)
        harness.kill()
    cleaned = subprocess.run([sys.executable, "-m", "bench", "clean"], env=environment, check=True, capture_output=True)
    assert on_host(run) == [], cleaned.stdout
    assert not (state / "runs" / run).exists()
