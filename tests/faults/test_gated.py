"""What a gate starts, when something is missing, refuses, or the harness is killed: a reason, and nothing left."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.errors import IsolationError
from bench.isolations import cgroup, open_isolation
from bench.isolations.gated import Gated
from bench.isolations.processes import readable
from bench.model import Image
from bench.state import registered_runs
from tests.isolations.contract import checked, start

NAMES = ("unshare", "bubblewrap", "nspawn", "lxc", "runc", "crun", "runsc", "uml")

STAYS = """
import sys, time
from bench import images
from bench.isolations import open_isolation
from bench.scenario import load_recipe, stock_folder
from bench.state import alive
from tests.isolations.contract import start

name, run = sys.argv[1:]
image = images.build(load_recipe(stock_folder() / "images/base.toml"), (), say=lambda line: None)
with alive(run):
    isolation = open_isolation(name, run)
    isolation.prepare(image, lambda line: None)
    with start(isolation, image, ("/bin/sh", "-c", "echo ready; exec sleep 600"), ready="^ready$") as instance:
        assert instance.wait("ready", timeout_s=60) == "ready"
        print("it stands", flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_command_is_said_with_the_package_that_brings_it(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    isolation = open_isolation(name, "fir")
    assert isinstance(isolation, Gated)
    command, package = isolation.tools[-1]
    for tool in ("unshare", "chroot", "taskset", *(tool for tool, _package in isolation.tools)):
        if tool != command:
            (tmp_path / tool).write_text("")
            (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    fault = isolation.missing()
    assert fault is not None
    assert fault.reason == f"the command {command} is missing"
    assert fault.remedy == f"apt-get install --yes --no-remove --no-install-recommends {package}"


@pytest.mark.parametrize("name", NAMES)
def test_a_user_who_is_not_root_is_told_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda tool: f"/usr/bin/{tool}")
    fault = open_isolation(name, "fir").missing()
    assert fault is not None
    assert "need root" in fault.reason


@pytest.mark.root
@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_refuses_ends_its_trial_with_what_it_said(
    name: str, image: Image, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = checked(open_isolation(name, run_id), image)
    assert isinstance(isolation, Gated)
    monkeypatch.setattr(isolation, "command", lambda _seat: (isolation.tools[0][0], "--no-such-option-at-all"))
    with start(isolation, image, ("/bin/true",)) as instance:
        assert instance.wait("start", "closed", timeout_s=10) == "closed"
        assert instance.console.tail()
    assert on_host(run_id) == []


@pytest.mark.root
@pytest.mark.parametrize("name", NAMES)
def test_an_instance_that_is_given_up_while_it_starts_does_not_start_afterwards(
    name: str, image: Image, run_id: str
) -> None:
    """A runtime catches SIGTERM, and would go on to make what has just been removed."""
    isolation = checked(open_isolation(name, run_id), image)
    for wait_s in (0.0, 0.01):
        with start(isolation, image, ("/bin/sleep", "600")):
            time.sleep(wait_s)
        assert on_host(run_id) == []
    time.sleep(0.3)
    assert on_host(run_id) == []


@pytest.mark.root
def test_a_gate_that_does_not_open_says_why_and_leaves_nothing(
    image: Image, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = checked(open_isolation("unshare", run_id), image)
    monkeypatch.setattr(type(isolation), "covers", "/no/such/folder", raising=True)
    refused = start(isolation, image, ("/bin/true",))
    with pytest.raises(IsolationError, match=r"did not open: .*/no/such/folder"), refused:
        pass
    assert on_host(run_id) == []


@pytest.mark.root
@pytest.mark.parametrize("name", NAMES)
def test_clean_ends_what_a_killed_harness_has_left(name: str, image: Image, run_id: str) -> None:
    checked(open_isolation(name, run_id), image)
    run = f"killed-{secrets.token_hex(4)}"
    harness = subprocess.Popen([sys.executable, "-c", STAYS, name, run], stdout=subprocess.PIPE)
    assert harness.stdout is not None
    try:
        assert harness.stdout.readline() == b"it stands\n"
        left = [process.pid for process in readable(cgroup.below("isobench")[run].pids())]
        assert left
    finally:
        harness.kill()
        harness.communicate()
    done = subprocess.run([sys.executable, "-m", "bench", "clean"], capture_output=True, text=True, check=True)
    assert f"of run {run}" in done.stdout
    assert eventually(lambda: not any(map(runs, left)))
    assert on_host(run) == []
    assert run not in registered_runs()


def on_host(run: str) -> list[str]:
    """Return the groups and mounts of a run that are on this host now."""
    groups = [str(root / "isobench" / run) for root in cgroup.hierarchies() if (root / "isobench" / run).exists()]
    return groups + [line for line in Path("/proc/self/mounts").read_text().splitlines() if run in line]


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False
