"""The manual page is what the command line says, man shows it without a warning, and a wheel brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib

import typer

from bench.cli.app import app
from bench.cli.helping import commands_of
from bench.testing.launching import unavailable
from tests.documented import COMMAND, REPOSITORY
from tests.manual import MANUAL, manual


def test_it_is_what_the_command_line_says() -> None:
    assert MANUAL.read_text() == manual(), f"{MANUAL.name} is not what the code says: run {COMMAND}"


def test_man_shows_it_without_warnings() -> None:
    if not shutil.which("man"):
        unavailable("man is not installed: tools/setup --dev")
    words = ["man", "--warnings", "--pager=cat", "--local-file", str(MANUAL)]
    environment = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    assert all(f"   bench {name}" in done.stdout for name in commands_of(typer.main.get_command(app)))
    assert "--isolation, -i A,B" in done.stdout
    assert "bench reader" not in done.stdout


def test_a_wheel_brings_it_where_man_looks() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {str(MANUAL.relative_to(REPOSITORY)): "share/man/man1/bench.1"}
