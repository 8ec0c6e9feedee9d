"""The command line as a user has it: arguments in, exit code and words out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.cli import main

SPEAK = """\
title = "Speak"
question = "Does it speak [/loudly]?"
image = "base"
command = {command}
rounds = {rounds}

[envelope]
cpus = 1
memory_mib = 128
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str


Bench = Callable[..., Answer]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Bench:
    """Run the command line within this process."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("bench.host.run_state._LOCKS", tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["bench", *words])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Answer(code=code, out=said.out, err=said.err)

    return run


def write_scenario(folder: Path, *command: str, name: str = "speak", rounds: int = 2) -> Path:
    """Write a scenario for the fake, and return its folder."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(SPEAK.format(command=list(command), rounds=rounds))
    return folder
