"""A run that is interrupted in any phase keeps what it has measured and leaves nothing on the host.

That it writes its report then, is seen once for each signal, on ``bare``: who writes it knows no isolation. A machine
is interrupted as ``vm:microvm``, which boots sooner; what libvirt keeps of one that was killed is seen on ``vm``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import psutil
import pytest

from bench.host import cgroup
from bench.host.engine.docker_ping import engine_answers
from bench.host.processes import named, readable
from bench.isolations.engines.docker_volume import LABEL
from bench.isolations.leftovers import machine_of
from bench.testing.launching import unavailable

SCENARIO = """
title = "Stays"
question = "Is it ended?"
image = "base"
command = ["/.isobench/busybox", "httpd", "-f", "-p", "{bind}:{port}", "-h", "/etc"]
rounds = 3
timeout_s = 90

[envelope]
cpus = 1
memory_mib = 256
network = "published"

[storage]
path = "/data"
kind = "volume"

[ready]
http = "/os-release"

[client]
command = ["/bin/sh", "-c", "echo asking; sleep 60; true"]
where = "host"
"""
"""Everything that can be left: an instance, a volume, a published port, and a client on the host."""


Launched = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def scenarios(tmp_path: Path) -> Path:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "stays.toml").write_text(SCENARIO)
    return folder


@pytest.fixture
def launched(tmp_path: Path, scenarios: Path) -> Iterator[Launched]:
    """Start `bench run stays` on an isolation, its output in a file; ended whatever happens."""
    started: list[subprocess.Popen[str]] = []

    def launch(isolation: str, *, reported: bool = False) -> subprocess.Popen[str]:
        program = "bench" if reported else "tests.cli.unreported"
        command = [sys.executable, "-m", program, "run", "stays", "--isolation", isolation]
        command += ["--scenarios", str(scenarios), "--results", str(tmp_path / "results")]
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield launch
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def in_a_trial(tmp_path: Path, process: subprocess.Popen[str], isolation: str) -> str:
    """Wait until the first trial's instance is on the host; return the run's id."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        for manifest in tmp_path.glob("results/*/manifest.json"):
            run = manifest.parent.name
            if clients_of(run):
                return run
        time.sleep(0.05)
    pytest.fail(f"no instance of {isolation} appeared: {(tmp_path / 'output').read_text()}")


def clients_of(run: str) -> list[int]:
    """Return the processes of a run's clients on the host, once one of them works."""
    found = cgroup.below("isobench").get(run)
    pids = found.pids() if found else []
    return pids if any(one.name == "sleep" for one in readable(pids)) else []


def on_host(run: str) -> list[str]:
    """Return every instance of a run that is on this host now."""
    found = [f"control group of {name}" for name in cgroup.below("isobench") if name == run]
    found += [f"QEMU {process.pid}" for process in named("qemu-system-x86_64") if machine_of(process.pid) == run]
    engine = engine_answers()
    if engine is not None:
        client = docker.APIClient(base_url=engine)
        found += [one["Id"] for one in client.containers(all=True, filters={"label": f"{LABEL}={run}"})]
        found += [one["Name"] for one in client.volumes(filters={"label": f"{LABEL}={run}"})["Volumes"] or []]
    return found


ISOLATIONS = [
    pytest.param("bare", marks=pytest.mark.root),
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("vm", marks=pytest.mark.vm),
]


@pytest.mark.parametrize(
    ("isolation", "number", "code"),
    [
        pytest.param("bare", signal.SIGINT, 130, marks=pytest.mark.root),
        pytest.param("bare", signal.SIGTERM, 143, marks=pytest.mark.root),
        pytest.param("docker", signal.SIGTERM, 143, marks=pytest.mark.docker),
        pytest.param("vm:microvm", signal.SIGINT, 130, marks=pytest.mark.vm),
    ],
)
def test_a_signal_in_a_trial_ends_the_run_cleanly(
    tmp_path: Path,
    launched: Launched,
    isolation: str,
    number: signal.Signals,
    code: int,
) -> None:
    process = launched(isolation, reported=isolation == "bare")
    run = in_a_trial(tmp_path, process, isolation)
    process.send_signal(number)
    assert process.wait(120) == code
    assert on_host(run) == []
    manifest = json.loads((tmp_path / "results" / run / "manifest.json").read_text())
    assert manifest["interrupted"] == number.name
    assert manifest["finished_at"]
    assert (tmp_path / "results" / run / "report.html").exists() is (isolation == "bare")
    assert not Path(f"/var/lib/isobench/runs/{run}").exists()


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_clean_removes_what_a_killed_run_has_left(tmp_path: Path, launched: Launched, isolation: str) -> None:
    process = launched(isolation)
    run = in_a_trial(tmp_path, process, isolation)
    process.kill()
    process.wait()
    cleaned = subprocess.run([sys.executable, "-m", "bench", "clean"], capture_output=True, text=True, check=True)
    assert f"of run {run}" in cleaned.stdout
    deadline = time.monotonic() + 10
    while on_host(run) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert on_host(run) == []
    again = subprocess.run([sys.executable, "-m", "bench", "clean"], capture_output=True, text=True, check=True)
    assert run not in again.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_an_image_is_built_leaves_no_process(
    tmp_path: Path, scenarios: Path, number: signal.Signals
) -> None:
    if os.geteuid() != 0:
        unavailable("building with an empty cache needs root here")
    environment = {**os.environ, "ISOBENCH_CACHE": str(tmp_path / "cache"), "ISOBENCH_STATE": str(tmp_path / "state")}
    command = [sys.executable, "-m", "tests.cli.unreported", "run", "stays", "--isolation", "bare"]
    command += ["--scenarios", str(scenarios), "--results", str(tmp_path / "results")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    children: list[psutil.Process] = []
    deadline = time.monotonic() + 60
    while not any(_named(child) in ("apt-get", "dpkg") for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
        children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode in (143, -signal.SIGKILL), output
    assert number is signal.SIGKILL or "SIGTERM" in output
    _gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive, alive
    assert not list((tmp_path / "cache").rglob("rootfs.tar"))
    half_made = list((tmp_path / "cache").rglob("*.partial"))
    assert bool(half_made) == (number is signal.SIGKILL)
    cleaned = subprocess.run(
        [sys.executable, "-m", "bench", "clean"], capture_output=True, text=True, check=False, env=environment
    )
    assert all(f"removed half-made {one}" in cleaned.stdout for one in half_made)
    assert not list((tmp_path / "cache").rglob("*.partial"))


def _named(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""
