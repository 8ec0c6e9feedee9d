"""What goes wrong on one host of a fleet: it costs that host, and is said by name; the rest is kept."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.data.frame import load
from bench.host.subprocesses import ran
from tests.measuring.fleet.conftest import COMES_S, Start, bench, eventually

OLD = "import bench.model.version; bench.model.version.__version__ = '0.0.9'"
FORGED = """
import bench.measuring.fleet.mirror as mirror
mirror.GrowingRun.pieces = lambda self: [{'file': '../../evil', 'offset': 0, 'data': b'x', 'last': True}]
"""
pytestmark = pytest.mark.root


def test_what_goes_wrong_costs_that_host_and_one_that_was_killed_goes_on(
    worker: Start, address: str, tmp_path: Path
) -> None:
    codes = {"alpha": "", "beta": "", "old": OLD, "forged": FORGED}
    workers = {name: worker(address, name, code=code) for name, code in codes.items()}
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("\n".join(codes))
    words = ["--rounds", "60", "--isolation", "bare", "--hosts", str(hosts), "--one-machine", "--wait", "3m"]
    with _fleet(*words, "--listen", address, "--results", str(tmp_path / "r")) as running:
        eventually(lambda: len(list(tmp_path.glob("r/*/beta/trials.jsonl"))))
        workers["beta"].kill()
        worker(address, "beta")
        said, _ = running.communicate(timeout=COMES_S)
    assert running.returncode == 1, said
    (folder,) = (tmp_path / "r").iterdir()
    fleet: dict[str, Any] = json.loads((folder / "fleet.json").read_text())
    found = {name: (host["state"], host["reason"]) for name, host in fleet["hosts"].items()}
    assert found["alpha"] == ("measured", "")
    assert found["beta"] == ("measured", ""), said
    assert len(_whole(folder / "beta", 60)) == 1
    assert said.index("beta is away: it died or left\n") < said.index("beta goes on where it stopped\n")
    assert "beta was measured in 2 stretches" in said
    refused = "asked by Isobench 0.1.0, and this host has 0.0.9. Install the same on all hosts"
    assert found["old"] == ("left out", refused)
    evil = "what it sends is not what a host sends: it has sent '../../evil', which is no part of a run"
    assert found["forged"] == ("lost", evil)
    assert not list(tmp_path.rglob("evil"))
    eventually(lambda: not _running_for(tmp_path / "state-beta"))
    assert not list(tmp_path.glob("state-beta/fleet/*")), "what has arrived is kept in one place"


def test_a_full_disk_ends_a_run_which_goes_on_when_there_is_room(
    worker: Start, address: str, small_disk: Path, tmp_path: Path
) -> None:
    worker(address, "alpha")
    (tmp_path / "hosts.txt").write_text("alpha\n")
    words = ["--rounds", "40", "--isolation", "bare", "--hosts", str(tmp_path / "hosts.txt"), "--wait", "3m"]
    with _fleet(*words, "--listen", address, "--results", str(tmp_path / "r")) as running:
        eventually(lambda: list(tmp_path.glob("r/*/alpha/trials.jsonl")))
        _fill(small_disk / "filler")
        assert running.stdout
        said = next(line for line in running.stdout if "alpha is " in line)
        kept = len(next(tmp_path.glob("r/*/alpha/trials.jsonl")).read_bytes().splitlines())
        (small_disk / "filler").unlink()
        rest, _ = running.communicate(timeout=COMES_S)
    assert said == "  alpha is away: it was ended by a full disk\n"
    assert running.returncode == 0, rest
    (resumed,) = _whole(next(tmp_path.glob("r/*/alpha")), 40)
    assert resumed["after"] == kept


def test_a_host_that_dies_while_it_looks_at_itself_is_waited_for(worker: Start, address: str, tmp_path: Path) -> None:
    dies = "import os; import bench.measuring.fleet.on_host as it; it.build_images = lambda *_: os._exit(1)"
    first = worker(address, "alpha", code=dies)
    (tmp_path / "hosts.txt").write_text("alpha\n")
    words = ["--rounds", "3", "--isolation", "bare", "--hosts", str(tmp_path / "hosts.txt"), "--wait", "3m"]
    with _fleet(*words, "--listen", address, "--results", str(tmp_path / "r")) as running:
        first.wait(timeout=COMES_S)
        worker(address, "alpha")
        said, _ = running.communicate(timeout=COMES_S)
    assert "alpha is away: it died or left\n" in said
    assert running.returncode == 0, said
    assert not _whole(next(tmp_path.glob("r/*/alpha")), 3), "it had no run before"


def test_a_worker_that_hangs_is_waited_for_and_goes_on(worker: Start, address: str, tmp_path: Path) -> None:
    alpha = worker(address, "alpha")
    (tmp_path / "hosts.txt").write_text("alpha\n")
    words = ["--rounds", "12", "--isolation", "bare", "--hosts", str(tmp_path / "hosts.txt"), "--silence", "15s"]
    with _fleet(*words, "--wait", "3m", "--listen", address, "--results", str(tmp_path / "r")) as running:
        eventually(lambda: list(tmp_path.glob("r/*/alpha/trials.jsonl")))
        alpha.send_signal(signal.SIGSTOP)
        assert running.stdout
        said = next(line for line in running.stdout if "alpha is away" in line)
        alpha.send_signal(signal.SIGCONT)
        rest, _ = running.communicate(timeout=COMES_S)
    assert said == "  alpha is away: it has sent nothing for 15 s\n"
    assert running.returncode == 0, rest
    _whole(next(tmp_path.glob("r/*/alpha")), 12)


def test_a_fleet_whose_coordinator_was_killed_goes_on_when_asked(worker: Start, address: str, tmp_path: Path) -> None:
    first = worker(address, "alpha")
    (tmp_path / "hosts.txt").write_text("alpha\nbeta\n")
    words = ["--rounds", "30", "--isolation", "bare", "--hosts", str(tmp_path / "hosts.txt"), "--one-machine"]
    worker(address, "beta")
    with _fleet(*words, "--wait", "3m", "--listen", address, "--results", str(tmp_path / "r")) as running:
        eventually(lambda: len(list(tmp_path.glob("r/*/*/trials.jsonl"))) == 2)
        running.kill()
    first.kill()
    worker(address, "alpha")
    (folder,) = (tmp_path / "r").iterdir()
    before = {name: (folder / name / "trials.jsonl").read_bytes() for name in ("alpha", "beta")}
    again = ["fleet", "resume", str(folder), "--listen", address]
    ran = bench(*again, "--wait", "3m")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name, arrived in before.items():
        assert (folder / name / "trials.jsonl").read_bytes().startswith(arrived.rpartition(b"\n")[0])
        assert len(_whole(folder / name, 30)) == 1
    assert "2 of 2 hosts measured startup." in ran.stdout
    assert len(json.loads((folder / "fleet.json").read_text())["resumed"]) == 1
    assert f"{folder} is whole: all 2 hosts have measured." in bench(*again).stdout.replace("\n", " ")


def test_a_signal_ends_all_and_keeps_what_was_measured(worker: Start, address: str, tmp_path: Path) -> None:
    worker(address, "alpha")
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("alpha\n")
    words = ["--rounds", "500", "--isolation", "bare", "--hosts", str(hosts), "--listen", address, "--wait", "3m"]
    with _fleet(*words, "--results", str(tmp_path / "r")) as running:
        eventually(lambda: list(tmp_path.glob("r/*/alpha/trials.jsonl")))
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=COMES_S)
    assert running.returncode == 130, said
    (alpha,) = tmp_path.glob("r/*/alpha")
    assert json.loads((alpha / "manifest.json").read_text())["interrupted"] == "SIGTERM"
    assert json.loads((alpha.parent / "fleet.json").read_text())["interrupted"] == "SIGINT"
    assert not _running_for(tmp_path / "state-alpha")


def test_a_machine_counts_once_unless_it_is_said(worker: Start, address: str) -> None:
    for name in ("alpha", "beta"):
        worker(address, name)
    told = bench("fleet", "doctor", "startup", "--hosts", "/dev/stdin", "--listen", address, text="alpha\nbeta\n")
    assert told.returncode == 1, told.stderr
    first, second = told.stdout.splitlines()
    assert first.startswith("alpha  ready      isobench 0.1.0, distributed ")
    assert second == "beta   not ready  it is the machine of alpha"


def test_a_scheduler_that_runs_already_has_its_hosts_measured(worker: Start, address: str, tmp_path: Path) -> None:
    host, _, port = address.partition(":")
    words = ["-m", "distributed.cli.dask_scheduler", "--host", host, "--port", port, "--no-dashboard"]
    with subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL) as scheduler:
        try:
            worker(address, "alpha")
            eventually(lambda: "alpha  tcp://127.0.0.1:" in bench("fleet", "status", address).stdout)
            words = ["startup", "--quick", "--isolation", "bare", "--scheduler", address]
            ran = bench("fleet", "run", *words, "--results", str(tmp_path / "r"))
        finally:
            scheduler.terminate()
    assert ran.returncode == 0, ran.stderr
    assert "1 of 1 host measured startup." in ran.stdout


def test_no_scheduler_is_said_with_the_reason() -> None:
    told = bench("fleet", "status", "127.0.0.1:1")
    assert told.returncode == 3
    assert told.stderr.startswith("bench: no scheduler answers at tcp://127.0.0.1:1: ")


def test_a_scheduler_that_cannot_listen_is_said_with_the_reason(address: str, tmp_path: Path) -> None:
    (tmp_path / "hosts.txt").write_text("alpha\n")
    host, _, port = address.partition(":")
    with socket.create_server((host, int(port))):
        told = bench("fleet", "doctor", "--hosts", str(tmp_path / "hosts.txt"), "--listen", address)
    assert told.returncode == 3
    assert told.stderr.splitlines()[0].startswith(f"bench: no scheduler can listen at tcp://{address}: ")
    assert "ddress already in use" in told.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield the state folder of alpha, on a disk of its own."""
    folder = tmp_path / "state-alpha"
    folder.mkdir()
    mounted = ran("mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "alpha", folder)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        ran("umount", "--lazy", folder)


def _fill(file: Path) -> None:
    """Let a file grow until its disk refuses more."""
    with file.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(1 << 16))


def _whole(run: Path, trials: int) -> list[dict[str, Any]]:
    """Check that a host's run is as one that went through; return when it was taken up."""
    manifest = json.loads((run / "manifest.json").read_text())
    lines = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert [(one["number"], one["round"]) for one in lines] == [(number, number) for number in range(1, trials + 1)]
    assert (manifest["planned"], manifest["interrupted"]) == (trials, None)
    assert len(list((run / "console").iterdir())) == trials
    assert load(run)["trial"].nunique() == trials
    resumed: list[dict[str, Any]] = manifest["resumed"]
    return resumed


@contextmanager
def _fleet(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Yield ``fleet run startup`` with these words while it runs; ended with the block."""
    command = [sys.executable, "-m", "bench", "fleet", "run", "startup", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def _running_for(state: Path) -> list[str]:
    """Return what runs for a worker by the results it is told to keep."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
        except OSError:
            continue
        if os.fsencode(state) in words:
            found.append(words.decode(errors="replace"))
    return found
