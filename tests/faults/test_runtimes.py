"""A runtime that an engine refuses, and one that heeds no limits: said, left out, and the rest of the run goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.isolations.engines.opening import gvisor_registered


@pytest.mark.docker
@pytest.mark.root
def test_a_run_goes_on_without_runtimes_that_are_refused_or_heed_no_limits(tmp_path: Path) -> None:
    words = ["startup", "--quick", "--rounds", "1", "--isolation", "bare,docker:moonshine,docker:heedless"]
    command = [sys.executable, "-m", "tests.cli.unreported", "run", *words, "--results", str(tmp_path)]
    with gvisor_registered("heedless", "--network=none", "--ignore-cgroups"):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the engine has no runtime 'moonshine'; it has " in done.stdout
    assert "the envelope does not arrive in docker:heedless: " in done.stdout
    assert "It does not heed the limits it is given" in done.stdout
    [journal] = tmp_path.glob("*/trials.jsonl")
    trials = [json.loads(line) for line in journal.read_text().splitlines()]
    outcomes = {(trial["isolation"], trial["outcome"]) for trial in trials}
    assert outcomes == {
        ("bare", "ok"),
        ("docker:moonshine", "unsupported"),
        ("docker:heedless", "unsupported"),
    }
