"""Docker keeps the contract; what only an engine can do wrong is shown on a real engine."""

from __future__ import annotations

import socket

import docker
import pytest

from bench.errors import IsolationError, PortTakenError
from bench.host.cpus import free_port
from bench.host.engine.docker_ping import engine_answers
from bench.host.run_names import instance, of_process
from bench.isolations.base import Isolation
from bench.isolations.engines.docker import Docker
from bench.isolations.engines.docker_volume import LABEL
from bench.model import Image
from bench.testing.contract import IsolationContract
from bench.testing.launching import checked, start


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

    def test_the_engine_is_told_by_address_and_id(self, isolation: Isolation) -> None:
        told = isolation.describe().engine
        assert told["address"] == engine_answers()
        assert told["id"] == client().info()["ID"]
        assert "settings" not in told, "the engine's configuration could not be read"

    def test_an_engine_that_was_asked_for_is_said_on_the_first_screen(
        self, isolation: Isolation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = engine_answers() or ""
        monkeypatch.setenv("DOCKER_HOST", url)
        assert isolation.describe().detail.endswith(f", at {url}, asked for by DOCKER_HOST")

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
        run = of_process("dead")
        name, labels = instance(run, "0001-client"), {LABEL: run}
        client().containers.create(tag, ["/bin/true"], labels=labels, name=name)
        client().volumes.create(name, labels=labels)
        inherited = client().containers.create(tag, ["/bin/true"], labels=labels, name=f"mine-{run}")
        try:
            cleaned = isolation.clean(lambda one: one == run)
            assert cleaned == [f"container {name} of run {run}", f"volume {name} of run {run}"]
            assert self.leftovers(run) == [f"mine-{run}"]
        finally:
            inherited.remove(force=True)

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
