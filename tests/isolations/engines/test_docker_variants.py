"""Docker with other runtimes and other clients keeps the contract, and each variant changes the one thing it names.

All of the contract is shown on gVisor. With its own network it is the same sandbox reached in another way, so a whole
life and a service that answers are shown; with the docker command as client also the processes, one of which is new.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import docker
import pytest

from bench.errors import IsolationError
from bench.host.engine.docker_ping import engine_answers
from bench.isolations.base import Isolation
from bench.isolations.engines.docker_leaks import bearing, reap
from bench.isolations.engines.docker_volume import LABEL
from bench.isolations.probe import check
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.contract import FLOODS_AGAIN, IsolationContract, LifeContract, ProcessContract
from bench.testing.launching import start
from tests.isolations.engines.opening import gvisor_registered, opened


class EngineContract(LifeContract):
    name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def isolation(cls, image: Image, run_id: str) -> Isolation:
        return opened(cls.name, run_id, image)

    def leftovers(self, run: str) -> list[str]:
        client = docker.DockerClient(base_url=engine_answers())
        label = f"{LABEL}={run}"
        containers = client.containers.list(all=True, filters={"label": label})
        return [
            *(str(one.name) for one in containers),
            *(str(one.id) for one in client.volumes.list(filters={"label": label})),
        ]


@pytest.mark.docker
class TestGvisor(EngineContract, IsolationContract):
    name = alike = "docker:runsc"
    roles = frozenset({"sentry", "gofer", "shim"})
    floods = FLOODS_AGAIN
    loopback_beside_a_service = False  # docs/reference/isolations.md: its sandbox then ends now and then


@pytest.mark.docker
class TestGvisorOnTheContainersNetwork(EngineContract):
    name = "docker:runsc-net"
    alike = "docker:runsc"
    loopback_beside_a_service = False


@pytest.mark.docker
class TestCommand(EngineContract, ProcessContract):
    name = "docker:cli"
    roles = frozenset({"workload", "shim", "client"})


SHOWS = "grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status; echo > /mine && echo writable; cat /proc/net/route | wc -l"
USUAL = {"NoNewPrivs:\t0", "Seccomp:\t2", "writable", "1"}


@pytest.mark.docker
@pytest.mark.parametrize(
    ("name", "gone", "instead"),
    [
        ("docker", set(), set()),
        ("docker:net-none", set(), set()),
        ("docker:no-seccomp", {"Seccomp:\t2"}, {"Seccomp:\t0"}),
        ("docker:no-new-privileges", {"NoNewPrivs:\t0"}, {"NoNewPrivs:\t1"}),
        ("docker:read-only", {"writable"}, set()),
        ("docker:net-bridge", {"1"}, {"3"}),
        ("docker:cli+read-only", {"writable"}, set()),
    ],
)
def test_a_variant_changes_the_one_thing_it_names(
    name: str, gone: set[str], instead: set[str], image: Image, run_id: str
) -> None:
    isolation = opened(name, run_id, image)
    with start(isolation, image, ("/bin/sh", "-c", SHOWS)) as instance:
        assert instance.wait("end", "closed", timeout_s=60) == "end"
        said = {line.text for line in instance.console.lines() if not line.text.startswith("/bin/sh")}
        instance.dismiss()
        assert instance.wait_exit(30) is not None
    assert said == (USUAL - gone) | instead


@pytest.mark.docker
def test_the_hosts_network_is_the_hosts(image: Image, run_id: str) -> None:
    isolation = opened("docker:net-host", run_id, image)
    with start(isolation, image, ("/bin/cat", "/proc/net/dev")) as instance:
        assert instance.wait("end", "closed", timeout_s=60) == "end"
        names = {line.text.split(":")[0].strip() for line in instance.console.lines() if ":" in line.text}
    assert names == {
        line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines() if ":" in line
    }


@pytest.mark.docker
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("docker:moonshine", "the engine has no runtime 'moonshine'; it has "),
        ("docker:runc+runsc", "a container has one runtime, not runc and runsc"),
    ],
)
def test_a_word_that_is_no_runtime_says_what_there_is(name: str, said: str, image: Image, run_id: str) -> None:
    found = check(open_isolation(name, run_id), image, lambda _line: None)
    assert found.fault is not None
    assert said in found.fault.reason
    assert "read-only" in found.fault.remedy


@pytest.mark.docker
def test_a_runtime_that_ignores_control_groups_is_not_ready(image: Image, run_id: str) -> None:
    with gvisor_registered("heedless", "--network=none", "--ignore-cgroups"):
        found = check(open_isolation("docker:heedless", run_id), image, lambda _line: None)
    assert found.fault is not None
    assert "the envelope does not arrive in docker:heedless" in found.fault.reason


@pytest.mark.docker
def test_a_start_that_a_runtime_refuses_leaves_no_process_that_the_engine_does_not_list(
    image: Image, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gVisor refuses its own network without a control group of its own, and leaves shim, gofer and sandbox."""
    reaped: dict[str, list[int]] = {}
    monkeypatch.setattr(
        "bench.isolations.engines.docker_api.reap", lambda container: reaped.update({container: reap(container)})
    )
    with gvisor_registered("refuses", "--ignore-cgroups"):
        isolation = open_isolation("docker:refuses", run_id)
        with pytest.raises(IsolationError, match="start a container"), start(isolation, image, ("/bin/true",)):
            pass
    [(container, ended)] = reaped.items()
    assert len(ended) >= 2
    assert bearing(container) == []
