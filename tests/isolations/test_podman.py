"""Podman keeps the contract, and leaves neither container nor service."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.isolations import open_isolation
from bench.isolations.base import Isolation
from bench.isolations.docker_leaks import bearing
from bench.isolations.docker_volume import LABEL
from bench.isolations.podman import Podman
from bench.isolations.processes import PsutilProcess, named, readable
from bench.model import Image
from bench.state import forget
from tests.isolations.contract import IsolationContract, checked, start


@pytest.mark.root
class TestPodman(IsolationContract):
    roles = frozenset({"workload", "conmon"})

    @pytest.fixture(scope="class")
    @classmethod
    def isolation(cls, image: Image, run_id: str) -> Isolation:
        return checked(open_isolation("podman", run_id), image)

    def leftovers(self, run: str) -> list[str]:
        api = Podman(run).api
        label = {"label": f"{LABEL}={run}"}
        return [
            one["Id"]
            for one in (*api.containers(all=True, filters=label), *(api.volumes(filters=label)["Volumes"] or ()))
        ]

    def test_the_service_is_shared_by_all(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=30) == "ready"
            [service] = instance.processes()["shared:service"]
            assert isinstance(service, PsutilProcess)
            assert service.program == "podman"

    def test_the_service_ends_with_its_process(self) -> None:
        asks = "from bench.isolations.podman import Podman; print(Podman('fir').daemons()[0].pid)"
        done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
        assert int(done.stdout) not in {process.pid for process in named("podman")}

    def test_a_killed_harness_takes_its_service_along_and_clean_finds_its_container(self, isolation: Isolation) -> None:
        asks = [sys.executable, "-m", "tests.isolations.left_by_podman", "dead-run"]
        done = subprocess.run(asks, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        harness, service, container = done.stdout.split()
        try:
            deadline = time.monotonic() + 5
            while Path(f"/proc/{service}/cmdline").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not Path(f"/proc/{service}/cmdline").exists()
            assert {process.program for process in readable(bearing(container))} == {"conmon"}
        finally:
            assert isolation.clean(lambda run: run == "dead-run") == [
                "container isobench-dead-run-0001 of run dead-run"
            ]
            forget(f"podman-{harness}")
        assert bearing(container) == []
        assert self.leftovers("dead-run") == []
