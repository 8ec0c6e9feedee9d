"""The contract run for another package: on the example, on what does not keep it, and interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

WORDS = (sys.executable, "-m", "bench", "check-plugin")


def test_what_does_not_keep_the_contract_is_told_check_by_check() -> None:
    """The fake does in its own words alone, and here it hears a shell's."""
    done = subprocess.run((*WORDS, "fake"), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert "pass            really starts here" in lines
    [status] = [line for line in lines if "exit status arrives" in line]
    assert status.startswith("fail            exit status arrives by console and by isolation: assert 0 == 3")
    [loopback] = [line for line in lines if "loopback is up" in line]
    assert loopback.startswith("not applicable  loopback is up in the hosts network: it has no part in it")
    counts = {came: sum(line.startswith(f"{came} ") for line in lines) for came in ("pass", "fail", "not applicable")}
    assert lines[-1] == ", ".join(f"{count} {came}" for came, count in counts.items())


def test_an_interruption_ends_it_at_once() -> None:
    checking = subprocess.Popen(
        ("env", "--default-signal=INT", *WORDS, "fake"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert checking.stdout is not None
    while not checking.stdout.readline().startswith("pass"):
        assert checking.poll() is None
    os.kill(checking.pid, signal.SIGINT)
    said, warned = checking.communicate(timeout=60)
    assert checking.returncode == 130, warned
    assert "Ended by SIGINT" in warned
    assert " fail, " not in said
