"""Podman keeps the contract, and leaves neither container nor service."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest

from bench.errors import IsolationError
from bench.host import cgroup, programs
from bench.host.processes import PsutilProcess, named, readable
from bench.host.run_names import instance, of_process
from bench.host.run_state import forget, is_dead, registered_runs
from bench.host.user import ids
from bench.isolations.base import Fault, Isolation
from bench.isolations.engines.docker import Docker
from bench.isolations.engines.docker_leaks import bearing
from bench.isolations.engines.docker_volume import LABEL
from bench.isolations.engines.podman import Podman
from bench.isolations.probe import check
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.contract import IsolationContract
from bench.testing.launching import checked, start


class ServedContract(IsolationContract):
    """The contract for what our service starts."""

    name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def isolation(cls, image: Image, run_id: str) -> Isolation:
        return checked(open_isolation(cls.name, run_id), image)

    def leftovers(self, run: str) -> list[str]:
        api = Podman(run).api
        label = {"label": f"{LABEL}={run}"}
        return [
            one["Id"]
            for one in (*api.containers(all=True, filters=label), *(api.volumes(filters=label)["Volumes"] or ()))
        ]


@pytest.mark.root
class TestPodman(ServedContract):
    name = "podman"
    roles = frozenset({"workload", "conmon"})

    def test_the_service_is_shared_by_all(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=30) == "ready"
            [service] = instance.processes()["shared:service"]
            assert isinstance(service, PsutilProcess)
            assert service.program == "podman"

    def test_its_socket_is_not_measured_as_docker(
        self, isolation: Isolation, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert isinstance(isolation, Podman)
        monkeypatch.setenv("DOCKER_HOST", isolation.url() or "")
        availability = check(Docker(isolation.run), image, lambda _line: None)
        assert availability.fault is not None
        assert f"is podman {isolation.describe().versions['engine']}, not a Docker engine" in availability.detail

    def test_the_engine_is_told_without_what_ends_with_this_process(self, isolation: Isolation) -> None:
        told = isolation.describe().engine
        assert told["address"] == "a service of Isobench's own"
        assert {"version", "storage driver", "control groups"} <= set(told)
        assert "id" not in told

    def test_the_service_ends_with_its_process(self) -> None:
        asks = "from bench.isolations.engines.podman import Podman; print(Podman('fir').find_daemons()[0].pid)"
        done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
        assert int(done.stdout) not in {process.pid for process in named("podman")}

    def test_the_service_keeps_to_the_cpus_that_no_instance_gets(self) -> None:
        cpu = min(os.sched_getaffinity(0))
        asks = f"""if True:
            import os
            from bench.isolations.engines.podman import Podman
            podman = Podman("fir")
            podman.aside = ({cpu},)
            print(*os.sched_getaffinity(podman.find_daemons()[0].pid))
        """
        done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
        assert done.stdout.split() == [str(cpu)]

    def test_a_killed_harness_takes_its_service_along_and_clean_finds_its_container(self, isolation: Isolation) -> None:
        asks = [sys.executable, "-m", "tests.isolations.engines.left_by_podman", run := of_process("dead")]
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
            cleaned = isolation.clean(lambda one: one == run)
            assert cleaned == [f"container {instance(run, '0001')} of run {run}"]
            for dead in filter(is_dead, registered_runs()):
                if dead.startswith(f"podman-{harness}-"):
                    forget(dead)
        assert bearing(container) == []
        assert self.leftovers(run) == []


@pytest.mark.root
class TestPodmanCommand(ServedContract):
    """The podman command as the client of the same service."""

    name = "podman:cli"
    roles = frozenset({"workload", "conmon", "client"})


class TestWithoutRoot:
    """What a user has not been given is said before anything is started."""

    @pytest.fixture(autouse=True)
    def a_user(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
        monkeypatch.setattr(programs, "found", lambda program: f"/usr/bin/{program}")
        monkeypatch.setattr(cgroup, "ground", dict)
        monkeypatch.setattr(cgroup, "offers", lambda _controller: True)
        monkeypatch.setattr(ids, "_SUBORDINATE", (tmp_path / "subuid", tmp_path / "subgid"))
        (tmp_path / "subuid").write_text("nobody:100000:65536\n")
        (tmp_path / "subgid").write_text("65534:100000:65536\n")

    def test_who_has_all_of_it_lacks_nothing(self) -> None:
        assert Podman("fir").missing() is None

    @pytest.mark.parametrize("lines", [None, "", "somebody:100000:65536\n"])
    def test_subordinate_ids(self, tmp_path: Path, lines: str | None) -> None:
        (tmp_path / "subgid").unlink()
        if lines is not None:
            (tmp_path / "subgid").write_text(lines)
        fault = Podman("fir").missing()
        assert fault is not None
        assert str(tmp_path / "subgid") in fault.reason
        assert "usermod --add-subuids" in fault.remedy

    def test_the_controller_by_which_cpus_are_kept_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cgroup, "offers", lambda controller: controller != "cpuset")
        fault = Podman("fir").missing()
        assert fault is not None
        assert "cpuset" in fault.reason
        assert "Delegate=" in fault.remedy

    def test_a_part_of_the_control_groups(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def none() -> dict[str, Path]:
            raise IsolationError("no user can be given a part", remedy="Run as root")

        monkeypatch.setattr(cgroup, "ground", none)
        assert Podman("fir").missing() == Fault(reason="no user can be given a part", remedy="Run as root")

    def test_the_program_that_maps_ids(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "found", lambda program: None if program == "newuidmap" else "/usr/bin/it")
        fault = Podman("fir").missing()
        assert fault is not None
        assert "newuidmap" in fault.reason
        assert "uidmap" in fault.remedy
