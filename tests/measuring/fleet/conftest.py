"""Workers of a fleet in processes of their own, on loopback or in network namespaces of ours."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

COMES_S = 240.0
"""Long, for hosts that do other things as well; what is waited for comes within seconds."""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def address() -> str:
    """Where on loopback nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Start]:
    """Yield what starts ``fleet worker ADDRESS --name NAME`` with these words behind; all are ended, by their pid."""
    with ExitStack() as stack:

        def start(
            address: str, name: str, *more: str, inside: Sequence[str] = (), code: str = ""
        ) -> subprocess.Popen[str]:
            """``inside``: a command that starts it; ``code`` runs before it."""
            main = f"import sys; sys.argv[0] = 'bench'; {code or 'pass'}\nfrom bench.cli import main\nmain()"
            words = [*inside, sys.executable, "-c", main, "fleet", "worker", address, "--name", name, *more]
            state = tmp_path / f"state-{name}"
            return stack.enter_context(_started(words, {**os.environ, "ISOBENCH_STATE": str(state)}))

        yield start


@contextmanager
def _started(words: Sequence[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.communicate(timeout=COMES_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def bench(*words: str, inside: Sequence[str] = (), text: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``python -m bench`` with these words to its end; ``text`` is its input."""
    command = [*inside, sys.executable, "-m", "bench", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, input=text)


def eventually(holds: Callable[[], object], timeout_s: float = COMES_S) -> None:
    """Wait until something holds."""
    until_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < until_s, "it did not come to hold"
        time.sleep(0.05)


@pytest.fixture
def namespaces() -> Iterator[tuple[list[str], list[str]]]:
    """Yield what starts a command in each of two network namespaces, 10.213.7.1 and 10.213.7.2, joined by a cable."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if shutil.which("ip") is None:
        pytest.skip("no ip command here")
    names = [f"isobench-test-{os.getpid()}-{end}" for end in "ab"]
    made = [subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False) for name in names]
    try:
        if any(one.returncode for one in made):
            pytest.skip(f"no network namespace can be made here: {made[0].stderr.decode().strip()}")
        cable = ["type", "veth", "peer", "name", "cable", "netns", names[1]]
        _ip("link", "add", "cable", "netns", names[0], *cable)
        for number, name in enumerate(names, 1):
            _ip("-n", name, "address", "add", f"10.213.7.{number}/24", "dev", "cable")
            _ip("-n", name, "link", "set", "cable", "up")
            _ip("-n", name, "link", "set", "lo", "up")
        inside = [["nsenter", f"--net=/run/netns/{name}"] for name in names]  # `ip netns exec` hides control groups
        yield (inside[0], inside[1])
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
