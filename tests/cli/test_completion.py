"""A real bash completes commands, options and names once it has read what the command prints."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bench.sharing.formats import FORMATS
from bench.testing.launching import unavailable
from tests.synthetic import write_run

PROGRAM = Path(sys.executable).parent / "bench"
COMPLETE = """
source <("$1" --show-completion bash)
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_bench_completion "$1" "${@: -1}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(line: str, folder: Path) -> list[str]:
    """Return what bash offers for the last word of a line."""
    if not PROGRAM.exists():
        unavailable("the package is not installed beside this Python")
    words = line.split(" ")
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE, "bash", str(PROGRAM), *words],
        capture_output=True, text=True, check=True, cwd=folder, env=environment,
    )  # fmt: skip
    assert done.stderr == "", shlex.join(words)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("bench comp", ["compare"]),
        ("bench run --prec", ["--precision"]),
        ("bench run startup fo", ["footprint"]),
        ("bench export x -f hyper", [name for name in FORMATS if name.startswith("hyper")]),
        ("bench report 2026", ["20261128-1900-oak", "20261127-0900-elm"]),
        ("bench resume 20261127", ["20261127-0900-elm"]),
        ("bench reade", []),
    ],
)
def test_bash_offers_what_fits(line: str, offered: list[str], tmp_path: Path) -> None:
    for run in ("20261127-0900-elm", "20261128-1900-oak"):
        write_run(tmp_path / "results" / run, rounds=1, trials=0)
    assert completed(line, tmp_path) == offered
