"""Our own Docker engine: found, left alone, refused; a second one is never started beside a running one."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.errors import IsolationError, UnavailableError
from bench.host.engine import docker_ping, private_docker
from bench.testing.launching import unavailable


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[str]:
    """A socket that answers one ping like an engine."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(4096).startswith(b"GET /_ping ")
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"unix://{tmp_path}/s"
        thread.join(5)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No engine answers, and whatever would be written goes to a folder of the test's own."""
    monkeypatch.setattr(private_docker, "engine_answers", lambda: None)
    for name in ("PID_FILE", "EXEC_ROOT", "DATA_ROOT", "LOG_FILE", "RUN_FOLDER"):
        monkeypatch.setattr(private_docker, name, tmp_path / name.lower())
    return tmp_path


def test_the_users_engine_comes_first(monkeypatch: pytest.MonkeyPatch, listening: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", listening)
    assert private_docker.engine_answers() == listening


def test_an_address_where_nothing_answers(tmp_path: Path) -> None:
    assert not docker_ping.answers(f"unix://{tmp_path}/none.sock")
    assert not docker_ping.answers("tcp://127.0.0.1:1")
    assert not docker_ping.answers("nonsense")


def test_only_root_starts_an_engine(monkeypatch: pytest.MonkeyPatch, silent: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UnavailableError, match="only root can start"):
        private_docker.start_engine(print)
    assert not list(silent.iterdir())


def test_a_host_without_dockerd(monkeypatch: pytest.MonkeyPatch, silent: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(UnavailableError, match=r"apt-get install docker\.io"):
        private_docker.start_engine(print)
    assert not list(silent.iterdir())


def test_an_engine_that_ends_at_once_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, silent: Path) -> None:
    program = silent / "dockerd"
    program.write_text("#!/bin/sh\necho no such bridge >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: str(program))
    monkeypatch.setattr(private_docker, "answers", lambda _url: False)
    monkeypatch.setattr(private_docker, "_refuse_rival", lambda: None)
    with pytest.raises(IsolationError, match="ended with status 3") as caught:
        private_docker.start_engine(lambda _line: None)
    assert "no such bridge" in caught.value.__notes__


def test_who_may_use_the_socket_reaches_it_whoever_made_its_folder(silent: Path) -> None:
    private_docker.RUN_FOLDER.mkdir(mode=0o700)
    with private_docker._alone():
        assert private_docker.RUN_FOLDER.stat().st_mode & 0o777 == 0o755


def test_a_stranger_under_our_pid_is_not_ours(silent: Path) -> None:
    for content in (str(os.getpid()), "0", "nonsense", "99999999999999999999", ""):
        private_docker.PID_FILE.write_text(content)
        assert private_docker.stop_engine(print) is False
    assert psutil.pid_exists(os.getpid())
    assert silent


@pytest.mark.docker
def test_where_an_engine_answers_start_does_nothing() -> None:
    if private_docker.engine_answers() is None:
        unavailable("no Docker engine answers; python -m bench doctor --fix starts one")
    before = {process.pid for process in psutil.process_iter(["name"]) if process.info["name"] == "dockerd"}
    said: list[str] = []
    private_docker.start_engine(said.append)
    after = {process.pid for process in psutil.process_iter(["name"]) if process.info["name"] == "dockerd"}
    assert (before, said) == (after, [])


@pytest.mark.docker
@pytest.mark.root
def test_no_second_engine_is_started_beside_one_that_hides(silent: Path) -> None:
    if os.geteuid() != 0 or not any(process.name() == "dockerd" for process in psutil.process_iter()):
        unavailable("needs root and an engine that runs here")
    with pytest.raises(IsolationError, match="Set DOCKER_HOST"):
        private_docker.start_engine(print)
    assert not (silent / "docker.sock").exists()
