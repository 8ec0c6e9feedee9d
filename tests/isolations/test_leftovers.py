"""What ``clean`` ends: what a dead run has left, and nobody else's, however alike it is called. No real machines."""

from __future__ import annotations

import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.host import run_names, run_state
from bench.host.processes import named
from bench.isolations import leftovers

RUN, ALIVE = "20261123-2105-fir", "20261123-2105-elm"
UUID = "guest=isobench-20261123-2105-fir-0001-12345678-1234-4123-8123-1234567890"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(run_state, "_LOCKS", tmp_path)
    run_state.run_folder(RUN).mkdir(parents=True)


@pytest.fixture
def qemu(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a shell that is called as QEMU is, with these words behind it."""
    program = tmp_path / f"qemu-system-{platform.machine()}"
    shutil.copy("/bin/bash", program)
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([program, "-c", "read -r _", *words], stdin=subprocess.PIPE))
        while started[-1].pid not in {process.pid for process in named(program.name)}:
            time.sleep(0.01)
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_the_machine_of_a_dead_run_is_ended_and_no_other(qemu: Callable[..., subprocess.Popen[bytes]]) -> None:
    name = run_names.instance(RUN, "0001-6b0f")
    dead = qemu("-name", f"guest={name},debug-threads=on", "-uuid", UUID)
    others = [
        qemu("-name", "guest=isobench-web-0001"),
        qemu("-name", "guest=web", "-drive", f"file={name},guest={name}"),
        qemu("-name", f"guest={run_names.instance(ALIVE, '0001')}", "-uuid", UUID),
        qemu("-name", f"guest={run_names.instance('20261123-2105-oak', '0001')}"),
    ]
    with run_state.alive(ALIVE):
        pids = [dead.pid, *(one.pid for one in others)]
        assert leftovers.end(pids, leftovers.machine_of, run_state.is_dead) == [(RUN, dead.pid)]
    assert dead.poll() is not None
    assert [one.poll() for one in others] == [None] * len(others)


@pytest.mark.root
def test_a_process_without_a_control_group_is_found_by_its_root(tmp_path: Path) -> None:
    started = []
    for folder in (
        run_state.run_folder(RUN) / "0001",
        run_state.run_folder(ALIVE) / "0001",
        tmp_path / "mine/runs" / RUN / "1",
    ):
        for layer in ("lower", "upper", "work", "root"):
            (folder / layer).mkdir(parents=True)
        layers = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
        line = f"mount -t overlay overlay -o {layers} {folder}/root && echo mounted && read -r _"
        shell = ["unshare", "--mount", "/bin/sh", "-c", line]
        started.append(subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert started[-1].stdout is not None
        assert started[-1].stdout.readline() == b"mounted\n"
    try:
        with run_state.alive(ALIVE):
            ended = leftovers.end(leftovers.running(), leftovers.root_of, run_state.is_dead)
        assert ended == [(RUN, started[0].pid)]
        assert [one.poll() is None for one in started] == [False, True, True]
    finally:
        for one in started:
            one.kill()
            one.communicate()


@pytest.mark.root
def test_what_is_mounted_for_the_whole_host_tells_nothing_of_a_process() -> None:
    folder = run_state.run_folder(RUN) / "0002"
    for layer in ("lower", "upper", "work", "root"):
        (folder / layer).mkdir(parents=True)
    layers = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, folder / "root"], check=True)
    try:
        shell = ["unshare", "--mount", "/bin/sh", "-c", "echo apart && read -r _"]
        with subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as somebodys:
            assert somebodys.stdout is not None
            assert somebodys.stdout.readline() == b"apart\n"
            assert leftovers.root_of(somebodys.pid) is None
            somebodys.communicate(b"\n")
    finally:
        subprocess.run(["umount", folder / "root"], check=True)
