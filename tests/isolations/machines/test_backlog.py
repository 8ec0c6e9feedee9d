"""The queue of a forwarded port: clients that come together all get in, where one at a time did before."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bench.errors import IsolationError
from bench.host.cpus import free_port
from bench.isolations.machines.backlog import widen

pytestmark = pytest.mark.root

LISTENS = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1)
print("up", flush=True)
time.sleep(60)
"""
CLIENTS = 40


@pytest.fixture
def listening() -> Iterator[tuple[int, int]]:
    """A process that listens with a backlog of 1 and never accepts: its pid and port."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", LISTENS, str(port)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process.pid, port
        process.kill()


def get_in(port: int) -> int:
    """Return how many of CLIENTS, who come one after another, get in within half a second each."""
    with ExitStack() as stack:
        for number in range(CLIENTS):
            client = stack.enter_context(socket.socket())
            client.settimeout(0.5)
            try:
                client.connect(("127.0.0.1", port))
            except TimeoutError:
                return number
        return CLIENTS


def test_a_widened_queue_lets_all_of_them_in(listening: tuple[int, int]) -> None:
    pid, port = listening
    assert get_in(port) < 5
    widen(pid, port)
    assert get_in(port) == CLIENTS


def test_a_process_that_does_not_listen_there_is_said() -> None:
    with pytest.raises(IsolationError, match="does not listen on port 1"):
        widen(os.getpid(), 1)
