"""tools/setup says what it would install, and asks for nothing that the machine has by other means."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parent.parent / "tools" / "setup"


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """An environment in which no Debian package seems installed."""
    (tmp_path / "dpkg-query").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "dockerd").write_text("#!/bin/sh\nexit 1\n")
    for program in tmp_path.iterdir():
        program.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def setup(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SETUP, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_dry_run_names_what_is_missing(bare_machine: dict[str, str]) -> None:
    result = setup("--dry-run", environment=bare_machine)
    assert result.returncode == 0, result.stderr
    (line,) = [
        line for line in result.stdout.splitlines() if "packages:" in line or "apt-get" in line or "no Debian" in line
    ]
    assert " mmdebstrap" in line
    assert " libvirt-dev" in line
    assert " docker.io" not in line, "an engine of another vendor would be pushed out"


def test_an_unknown_argument_gets_the_usage(bare_machine: dict[str, str]) -> None:
    result = setup("--drj-run", environment=bare_machine)
    assert result.returncode == 2
    assert "--dry-run" in result.stdout
