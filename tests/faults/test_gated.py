"""What a gate starts, when something is missing, refuses, or the harness is killed: a reason, and nothing left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from bench.errors import IsolationError
from bench.host import cgroup, programs
from bench.host.processes import readable
from bench.host.run_names import of_process
from bench.host.run_state import registered_runs
from bench.isolations.launched.gate import Gated
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.launching import checked, start, tried

NAMES = ("unshare", "bubblewrap", "nspawn", "lxc", "runc", "crun", "runsc", "uml")

STAYS = """
import sys, time
from bench import images
from bench.isolations.registry import open_isolation
from bench.scenario import load_recipe, stock_folder
from bench.host.run_state import alive
from bench.testing.launching import start

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


opened = cache(open_isolation)
"""One of each for all tests, so that each is asked once whether it works here."""


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
    monkeypatch.setattr(programs, "_SYSTEM_FOLDERS", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    fault = isolation.missing()
    assert fault is not None
    assert fault.reason == f"the command {command} is missing"
    assert fault.remedy == f"apt-get install --yes --no-remove --no-install-recommends {package}"


@pytest.mark.parametrize("name", NAMES)
def test_a_user_who_is_not_root_is_told_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda _tool, **_where: None)  # no tool would help
    fault = open_isolation(name, "fir").missing()
    assert fault is not None
    if "needs root" not in fault.reason:
        assert "control group" in fault.reason  # this host gives no user a part of them
    assert "as root" in fault.remedy


@pytest.mark.root
@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_refuses_ends_its_trial_with_what_it_said(
    name: str, image: Image, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = checked(opened(name, run_id), image)
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
    isolation = checked(opened(name, run_id), image)
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
    isolation = checked(opened("unshare", run_id), image)
    monkeypatch.setattr(type(isolation), "covers", "/no/such/folder", raising=True)
    refused = start(isolation, image, ("/bin/true",))
    with pytest.raises(IsolationError, match=r"did not open: .*/no/such/folder"), refused:
        pass
    assert on_host(run_id) == []


class Killed(NamedTuple):
    """A run whose harness was killed, its processes that were left, and what a clean-up said then."""

    run: str
    left: list[int]
    cleaned: str


@pytest.fixture(scope="module")
def killed(image: Image, run_id: str) -> Mapping[str, Killed]:
    """One harness of each isolation that works here, killed while its instance stands; then one clean-up of all."""
    borne = {name: of_process("killed") for name in NAMES if tried(opened(name, run_id), image).ready}
    left = {}
    with ExitStack() as stack:
        harnesses = {name: stack.enter_context(harness_of(name, run)) for name, run in borne.items()}
        for name, harness in harnesses.items():
            assert harness.stdout is not None
            assert harness.stdout.readline() == b"it stands\n", name
            left[name] = [process.pid for process in readable(cgroup.below("isobench")[borne[name]].pids())]
    done = subprocess.run([sys.executable, "-m", "bench", "clean"], capture_output=True, text=True, check=True)
    return {name: Killed(run, left[name], done.stdout) for name, run in borne.items()}


@contextmanager
def harness_of(name: str, run: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that starts an instance; kill it in the end."""
    with subprocess.Popen([sys.executable, "-c", STAYS, name, run], stdout=subprocess.PIPE) as harness:
        try:
            yield harness
        finally:
            harness.kill()


@pytest.mark.root
@pytest.mark.parametrize("name", NAMES)
def test_clean_ends_what_a_killed_harness_has_left(
    name: str, image: Image, run_id: str, killed: Mapping[str, Killed]
) -> None:
    checked(opened(name, run_id), image)
    run, left, cleaned = killed[name]
    assert left
    assert f"of run {run}" in cleaned
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
