"""What daemons cost on an instance's CPUs, by real processes and control groups."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.host import cgroup
from bench.host.engine.daemons import cpu_s
from bench.host.processes import PsutilProcess

BURNS = """
import os
input()
if os.fork() == 0:
    sum(range(6_000_000))
    os._exit(0)
os.wait()
print(flush=True)
input()
"""
"""Lets a child of its own compute when it is told to, and goes on living without it."""


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", BURNS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as made:
        yield made
        made.kill()


def computed(daemon: subprocess.Popen[bytes]) -> PsutilProcess:
    assert daemon.stdin is not None
    assert daemon.stdout is not None
    daemon.stdin.write(b"\n")
    daemon.stdin.flush()
    daemon.stdout.readline()
    return PsutilProcess(daemon.pid)


def test_one_that_is_kept_to_other_cpus_costs_nothing_there() -> None:
    this = PsutilProcess(os.getpid())
    mine = os.sched_getaffinity(0)
    assert cpu_s([this], mine) == pytest.approx(time.process_time(), abs=0.5)
    assert cpu_s([this], {max(mine) + 1}) == 0.0


def test_one_in_no_service_counts_alone(daemon: subprocess.Popen[bytes]) -> None:
    found = computed(daemon)
    assert cpu_s([found], os.sched_getaffinity(0)) == found.cpu_s()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes control groups here")
def test_of_a_service_all_that_it_started_counts_and_once(daemon: subprocess.Popen[bytes]) -> None:
    folder = cgroup.mounts().get("cpuacct", cgroup.mounts().get(""))
    assert folder is not None
    service = Path(folder, f"isobench-test-{os.getpid()}.service")
    service.mkdir()
    try:
        (service / "cgroup.procs").write_text(str(daemon.pid))
        found = computed(daemon)
        both = cpu_s([found, found], os.sched_getaffinity(0))
        assert both > found.cpu_s() + 0.05
        assert both < 2 * cpu_s([found], os.sched_getaffinity(0))
    finally:
        daemon.kill()
        daemon.wait()
        service.rmdir()


def test_of_one_that_has_ended_nothing_is_known(daemon: subprocess.Popen[bytes]) -> None:
    found = computed(daemon)
    daemon.kill()
    daemon.wait()
    assert cpu_s([found], os.sched_getaffinity(0)) == 0.0
