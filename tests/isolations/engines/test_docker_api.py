"""The engine's API: an attached stream is closed whole, so that nothing of it complains when it is collected."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest
import requests

from bench.errors import IsolationError, LeftoverError
from bench.isolations.engines import docker_api
from bench.isolations.engines.docker_api import attached, remove
from bench.isolations.timeline import Timeline


@pytest.fixture
def upgrading(tmp_path: Path) -> Iterator[str]:
    """An engine that takes whoever attaches, and says nothing more until they leave."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"unix://{tmp_path}/s"
        thread.join(5)


def test_the_response_is_closed_with_its_stream(upgrading: str, monkeypatch: pytest.MonkeyPatch) -> None:
    complaints: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)  # called from Python 3.12 on
    api = docker.APIClient(base_url=upgrading, version="1.41")
    responses: list[Any] = []
    post = api.post

    def kept(*words: Any, **how: Any) -> Any:
        responses.append(post(*words, **how))
        return responses[-1]

    monkeypatch.setattr(api, "post", kept)
    with attached(api, "box") as stream:
        assert stream.fileno() >= 0
    assert responses[0].raw._fp.isclosed()
    assert stream.fileno() < 0
    responses.clear()
    gc.collect()
    assert complaints == []


class Stopping:
    """Stands for podman's service: a container that is just stopping cannot be removed, for some tries."""

    def __init__(self, refuses: int) -> None:
        self.refuses = refuses

    def inspect_container(self, _container: str) -> dict[str, str]:
        if self.refuses < 0:
            raise docker.errors.NotFound("no such container")
        return {"Id": "f" * 64}

    def remove_container(self, _container: str, **_how: bool) -> None:
        self.refuses -= 1
        if self.refuses >= 0:
            response = requests.Response()
            response.status_code = 500
            raise docker.errors.APIError("cannot remove container: container state improper", response=response)


@pytest.mark.parametrize("refuses", [0, 1, 3])
def test_a_container_that_is_just_stopping_is_removed_when_it_has_stopped(refuses: int) -> None:
    timeline = Timeline()
    timeline.mark("requested", 1)
    remove(Stopping(refuses), "box", timeline)  # type: ignore[arg-type]
    assert "gone" in timeline.marks_ns


def test_a_container_that_is_never_removed_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_api, "_STOPPING_S", 0.3)
    with pytest.raises(LeftoverError, match="could not be removed: 500"):
        remove(Stopping(1 << 20), "box", Timeline())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('500 ("netavark: nftables error: unable to execute nft: No such file or directory (os error 2)")', "nftables"),
        ("500 (no space left on device)", "python -m bench doctor"),
    ],
)
def test_an_error_of_the_engines_comes_with_what_helps(said: str, remedy: str) -> None:
    with pytest.raises(IsolationError) as raised, docker_api.translated("start a container"):
        raise docker.errors.APIError(said)
    assert said in raised.value.what
    assert remedy in str(raised.value.remedy)
