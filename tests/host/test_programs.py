"""Programs: found where a user's path does not lead, and installed by who may."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.host import programs


@pytest.fixture
def sbin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user's path, and a system folder that is not on it."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    folder = tmp_path / "sbin"
    folder.mkdir()
    monkeypatch.setattr(programs, "_SYSTEM_FOLDERS", (str(folder), "/usr/bin"))
    return folder


def placed(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    return program


def test_what_lies_in_a_system_folder_is_found_and_can_be_started_by_its_name(sbin: Path) -> None:
    assert programs.found("isobench-changes-roots") is None
    program = placed(sbin, "isobench-changes-roots")
    assert programs.found("isobench-changes-roots") == str(program)
    programs.reach_system_folders()
    assert os.environ["PATH"] == f"/usr/bin:/bin:{sbin}"
    assert subprocess.run(["isobench-changes-roots"], capture_output=True, check=True).stdout == b"here\n"


def test_the_users_own_come_first(sbin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    placed(sbin, "tool")
    own = tmp_path / "own"
    own.mkdir()
    program = placed(own, "tool")
    monkeypatch.setenv("PATH", str(own))
    assert programs.found("tool") == str(program)


def test_a_command_that_takes_root_is_said_as_who_asks_has_to_type_it(
    sbin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(sbin))
    monkeypatch.setattr(programs, "_SYSTEM_FOLDERS", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert programs.as_root("apt-get install lxc") == "apt-get install lxc"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert programs.as_root("apt-get install lxc") == "as root: apt-get install lxc"
    placed(sbin, "sudo")
    assert programs.as_root("apt-get install lxc") == "sudo apt-get install lxc"


def test_a_program_of_a_wheel_goes_before_the_script_that_the_wheel_puts_on_the_path(
    sbin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = placed(sbin, "isobench-jail")
    assert programs.of_wheel("isobench-jail", "isobench_jail", "bin") == str(script)
    folder = tmp_path / "isobench_jail" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    program = placed(folder, "isobench-jail")
    assert programs.of_wheel("isobench-jail", "isobench_jail", "bin") == str(program)
