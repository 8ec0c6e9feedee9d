"""What is written into an engine's configuration, and what keeps it from being touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.errors import IsolationError, UnavailableError
from bench.host.engine.docker_ping import answers
from bench.isolations.engines import docker_config
from bench.isolations.engines.docker_config import with_runtimes

RUNSC = {"runsc": {"path": "/usr/bin/runsc", "runtimeArgs": ["--network=none"]}}
Started = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The engine's configuration: keys of somebody's own, for nobody else to read."""
    found = tmp_path / "daemon.json"
    found.write_text('{"registry-mirrors": ["http://mirror"],\n "runtimes": {"kata": {"runtimeType": "io.kata"}}}')
    found.chmod(0o600)
    return found


@pytest.fixture
def started(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """Starts what the kernel calls ``dockerd``; gives its address."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program, place = tmp_path / "dockerd", tmp_path / "s"
    program.symlink_to(sys.executable)
    engines = []

    def start(ear: str = "heeds", *words: str, config: Path = file) -> str:
        script = Path(__file__).with_name("reloading.py")
        engines.append(subprocess.Popen([program, script, place, ear, "--config-file", config, *words]))
        deadline = time.monotonic() + 10
        while not answers(f"unix://{place}"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return f"unix://{place}"

    yield start
    for engine in engines:
        engine.kill()
        engine.wait()


def test_a_runtime_is_added_and_everything_else_stays(started: Started, file: Path) -> None:
    before = file.read_text()
    change = with_runtimes(started(), RUNSC)
    assert file.read_text() == before
    change.apply()
    written = json.loads(file.read_text())
    assert written == {
        "registry-mirrors": ["http://mirror"],
        "runtimes": {"kata": {"runtimeType": "io.kata"}, **RUNSC},
    }
    assert change.backup.read_text() == before
    assert [file.stat().st_mode & 0o777, change.backup.stat().st_mode & 0o777] == [0o600, 0o600]


def test_the_change_is_shown_line_by_line(started: Started, file: Path) -> None:
    file.write_text(json.dumps({"debug": True}, indent=2) + "\n")
    shown = with_runtimes(started(), RUNSC).difference.splitlines()
    assert shown[:2] == [f"--- {file}", f"+++ {file}"]
    assert [line for line in shown[2:] if line.startswith("-")] == ['-  "debug": true']
    assert '+      "path": "/usr/bin/runsc",' in shown


def test_where_a_link_stands_for_the_file_the_link_stays(started: Started, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    with_runtimes(started(config=link), RUNSC).apply()
    assert link.is_symlink()
    assert "runsc" in file.read_text()


def test_a_file_that_is_not_there_is_made(started: Started, file: Path) -> None:
    file.unlink()
    with_runtimes(started(), RUNSC).apply()
    assert json.loads(file.read_text()) == {"runtimes": RUNSC}


@pytest.mark.parametrize("broken", ["no JSON", "[]", '{"runtimes": []}'])
def test_what_cannot_be_read_is_not_touched(started: Started, file: Path, broken: str) -> None:
    file.write_text(broken)
    with pytest.raises(UnavailableError, match="cannot be read"):
        with_runtimes(started(), RUNSC)
    assert file.read_text() == broken


def test_an_engine_that_does_not_take_it_gets_its_file_back(
    started: Started, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_config, "_RELOAD_TIMEOUT_S", 0.2)
    before = file.read_text()
    change = with_runtimes(started("deaf"), RUNSC)
    with pytest.raises(IsolationError, match=r"did not take up runsc from .*; that was taken back"):
        change.apply()
    assert file.read_text() == before


def test_a_file_that_somebody_changed_meanwhile_is_left_alone(started: Started, file: Path) -> None:
    change = with_runtimes(started(), RUNSC)
    file.write_text("{}")
    with pytest.raises(IsolationError, match="changed by somebody else"):
        change.apply()
    assert file.read_text() == "{}"


def test_only_root_may(started: Started, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = started()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UnavailableError, match="only root"):
        with_runtimes(url, RUNSC)


def test_runtimes_on_the_engines_command_line_are_for_its_owner_to_change(started: Started, file: Path) -> None:
    url = started("heeds", "--add-runtime=kata=/usr/bin/kata")
    with pytest.raises(UnavailableError, match="on its command line"):
        with_runtimes(url, RUNSC)
