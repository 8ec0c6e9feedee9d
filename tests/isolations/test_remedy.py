"""Remedies: the command a user can copy, and who may have it run."""

from __future__ import annotations

import os
import subprocess

import pytest

from bench.errors import UnavailableError
from bench.host import programs
from bench.isolations.remedy import missing_package


class Installer:
    """Stands where the installer would be started."""

    def __init__(self, status: int, stderr: str = "") -> None:
        self.calls: list[list[str]] = []
        self.environment: dict[str, str] = {}
        self._status = status
        self._stderr = stderr

    def __call__(
        self, command: list[str], *, env: dict[str, str], **_other: object
    ) -> subprocess.CompletedProcess[str]:
        self.calls.append(command)
        self.environment = env
        return subprocess.CompletedProcess(command, self._status, "", self._stderr)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_the_remedy_is_a_command(as_root: None) -> None:
    fault = missing_package("QEMU is missing", "qemu-system-x86", "qemu-utils")
    assert fault.reason == "QEMU is missing"
    assert fault.remedy == "apt-get install --yes --no-remove --no-install-recommends qemu-system-x86 qemu-utils"


def test_only_root_can_have_it_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(programs, "found", lambda _program: None)
    fault = missing_package("QEMU is missing", "qemu")
    assert fault.fix is None
    assert fault.remedy == "as root: apt-get install --yes --no-remove --no-install-recommends qemu"


def test_the_fix_runs_the_remedy_without_questions(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    installer = Installer(0)
    monkeypatch.setattr(subprocess, "run", installer)
    fault = missing_package("QEMU is missing", "qemu")
    assert fault.fix is not None
    fault.fix()
    assert [" ".join(call) for call in installer.calls] == [fault.remedy]
    assert installer.environment["DEBIAN_FRONTEND"] == "noninteractive"
    assert installer.environment["PATH"] == os.environ["PATH"]


def test_a_fix_that_fails_says_the_installers_last_word(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", Installer(100, "first\nE: Unable to locate package qemu\n"))
    fix = missing_package("QEMU is missing", "qemu").fix
    assert fix is not None
    with pytest.raises(UnavailableError, match="Unable to locate package qemu") as failed:
        fix()
    assert "apt-get update" in str(failed.value.remedy)
