"""Podman keeps the contract, and leaves neither container nor service."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.isolations import open_isolation
from bench.isolations.base import Isolation
from bench.isolations.docker_volume import LABEL
from bench.isolations.podman import Podman
from bench.isolations.processes import named
from bench.model import Image
from tests.isolations.contract import IsolationContract, checked


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

    def test_the_service_ends_with_its_process(self) -> None:
        asks = "from bench.isolations.podman import Podman; print(Podman('fir').daemons()[0].pid)"
        done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
        assert int(done.stdout) not in {process.pid for process in named("podman")}
