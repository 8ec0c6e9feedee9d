"""A run killed at any instant and taken up equals, in plan and counts, the run that was not; nothing of it is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("isolations", "count", "rounds"), [("fake", 10, 6), pytest.param("bare,fake", 2, 2, marks=pytest.mark.root)]
)
def test_killed_runs_are_taken_up_and_whole(tmp_path: Path, isolations: str, count: int, rounds: int) -> None:
    """So many; ``python -m tests.faults.killed_runs 200 fake 20 1`` does more."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_runs", str(count), isolations, str(rounds), "1"],
        env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert [one["unlike"] for one in told["runs"]] == [""] * count
    assert all(lost in (0, 1) for one in told["runs"] for lost in one["lost"]), told["runs"]
    assert told["left"] == []
