"""What the manifest says of an engine: where it is, which it is, and what it does at every start."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.isolations.engines import docker_facts
from bench.isolations.engines.docker_facts import said, told


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A configuration file of an engine whose command line names it, among other things."""
    file = tmp_path / "daemon.json"
    line = [
        "dockerd",
        "--config-file",
        str(file),
        "--init",
        "--exec-opt",
        "native.cgroupdriver=cgroupfs",
        "--icc=false",
    ]

    class Process:
        def cmdline(self) -> list[str]:
            return line

    monkeypatch.setattr(docker_facts, "engine_process", lambda _url: Process())
    return file


def test_settings_of_file_and_command_line_are_told_by_the_files_names(engine: Path) -> None:
    engine.write_text(
        '{"userns-remap": "default", "cgroup-parent": "/lab", "debug": true, "userland-proxy": false,'
        ' "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}, "exec-opts": []}'
    )
    assert told("unix:///x") == {
        "userns-remap": "default",
        "init": "true",
        "cgroup-parent": "/lab",
        "default-ulimits": '{"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}',
        "exec-opts": '["native.cgroupdriver=cgroupfs"]',
        "userland-proxy": "false",
        "icc": "false",
    }


def test_an_engine_without_a_file_is_told_by_its_command_line(engine: Path) -> None:
    assert set(told("unix:///x")) == {"init", "exec-opts", "icc"}


@pytest.mark.parametrize("text", ["{", "[1]", "7"])
def test_settings_that_cannot_be_read_are_said_to_be_so(engine: Path, text: str) -> None:
    engine.write_text(text)
    assert list(told("unix:///x")) == ["settings"]
    assert "cannot be read" in told("unix:///x")["settings"]


def test_what_an_engine_says_of_itself() -> None:
    info = {
        "ID": "7V5S:EAGB",
        "ServerVersion": "20.10.24",
        "Driver": "overlay2",
        "DefaultRuntime": "runc",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": "1",
        "SecurityOptions": ["name=seccomp,profile=default", "name=userns"],
    }
    assert said(info) == {
        "id": "7V5S:EAGB",
        "version": "20.10.24",
        "storage driver": "overlay2",
        "default runtime": "runc",
        "control groups": "cgroupfs, version 1",
        "security": "name=seccomp,profile=default; name=userns",
    }
