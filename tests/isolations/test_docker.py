"""Docker keeps the contract; what only an engine can do wrong is shown on a real engine."""

from __future__ import annotations

import socket

import docker
import pytest

from bench.engine_ping import engine_answers
from bench.errors import IsolationError, PortTakenError
from bench.isolations.base import Isolation
from bench.isolations.docker import Docker
from bench.isolations.docker_volume import LABEL
from bench.model import Image
from bench.placement import free_port
from tests.isolations.contract import IsolationContract, checked, start


def client() -> docker.DockerClient:
    return docker.DockerClient(base_url=engine_answers())


@pytest.fixture(scope="module")
def isolation(image: Image, run_id: str) -> Isolation:
    return checked(Docker(run_id), image)


@pytest.mark.docker
class TestDocker(IsolationContract):
    roles = frozenset({"workload", "shim"})

    def leftovers(self, run: str) -> list[str]:
        label = f"{LABEL}={run}"
        containers = client().containers.list(all=True, filters={"label": label})
        volumes = client().volumes.list(filters={"label": label})
        return [*(str(one.name) for one in containers), *(str(one.id) for one in volumes)]

    def test_layer_is_the_image_itself(self, isolation: Isolation, image: Image) -> None:
        isolation.prepare(image, lambda _line: None)
        found = client().images.get(f"isobench:{image.digest.removeprefix('sha256:')[:12]}")
        assert found.attrs["RootFS"]["Layers"] == [image.digest]

    def test_a_container_removed_by_somebody_else_ends_the_trial(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=30) == "ready"
            [container] = client().containers.list(filters={"label": f"{LABEL}={isolation.run}"})
            container.remove(force=True)
            assert instance.wait("end", "closed", timeout_s=10) == "closed"
            with pytest.raises(IsolationError, match="wait for a container"):
                instance.wait_exit(5)

    def test_clean_removes_what_a_dead_run_has_left(self, isolation: Isolation, image: Image) -> None:
        tag = f"isobench:{image.digest.removeprefix('sha256:')[:12]}"
        left = client().containers.create(tag, ["/bin/true"], labels={LABEL: "dead-run"}, name="isobench-dead-run")
        client().volumes.create("isobench-dead-volume", labels={LABEL: "dead-run"})
        assert isolation.clean(lambda run: run == "dead-run") == [
            f"container {left.name} of run dead-run",
            "volume isobench-dead-volume of run dead-run",
        ]
        assert self.leftovers("dead-run") == []

    def test_a_port_that_was_taken_meanwhile_is_told_apart(self, isolation: Isolation, image: Image) -> None:
        route = isolation.route("published")
        assert route is not None, "the engine has no bridge"
        port = free_port()
        with socket.create_server((route.address, port)):
            launched = start(isolation, image, self.stays, network="published", port=port)
            with pytest.raises(PortTakenError, match="start a container"), launched:
                pass

    def test_a_container_that_stays_is_no_exit(self, isolation: Isolation, image: Image) -> None:
        with start(isolation, image, self.stays, ready="^ready$") as instance:
            assert instance.wait("ready", timeout_s=30) == "ready"
            assert instance.wait_exit(0.3) is None
