"""Is a container as quick here as the same calls, or the same command, by hand? Side by side in one run."""

from __future__ import annotations

import math
import subprocess
import time

import docker
import pytest

from bench.host.cpus import instance_cpus
from bench.isolations.engines.docker import Docker
from bench.model import Image
from bench.testing.launching import envelope
from tests.benchmarks.conftest import Require
from tests.benchmarks.test_fidelity import READY, ready_s
from tests.isolations.engines.opening import opened
from tests.sequential import ratio

BAR = 1.15
MOST_ROUNDS = 100
ENTRY = ("/.isobench/entry", "once", "-", "0", *READY)


@pytest.mark.docker
@pytest.mark.root
@pytest.mark.parametrize(
    ("name", "runtime"), [("docker:runsc", "runsc"), ("docker:runsc-net", "runsc-net"), ("podman", None)]
)
def test_ready_is_within_fifteen_percent_of_the_calls_by_hand(
    name: str, runtime: str | None, image: Image, run_id: str, require: Require
) -> None:
    isolation = opened(name, run_id, image)
    assert isinstance(isolation, Docker)
    api = isolation.api
    asked = api.create_host_config(
        cpuset_cpus=_cpus(),
        mem_limit=envelope().memory_bytes,
        memswap_limit=envelope().memory_bytes,
        pids_limit=envelope().pids,
        network_mode="none",
        tmpfs={"/tmp": "", "/run": ""},
        log_config=docker.types.LogConfig(type="none"),
        runtime=runtime,
    )

    def by_hand_s() -> float:
        began_ns = time.monotonic_ns()
        container = api.create_container(isolation.reference(image), list(ENTRY), stdin_open=True, host_config=asked)
        stream = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        stream._sock.sendall(b"secret\n")
        api.start(container)
        received = b""
        while b"ready" not in received:
            received += stream._sock.recv(4096)
        found = (time.monotonic_ns() - began_ns) / 1e9
        stream._sock.sendall(b"\n")
        api.wait(container)
        api.remove_container(container, force=True)
        stream.close()
        return found

    require(ratio(lambda: ready_s(isolation, image), by_hand_s), at_most=math.log(BAR), most=MOST_ROUNDS)


@pytest.mark.docker
@pytest.mark.root
def test_the_docker_command_is_as_quick_as_it_is_in_a_shell(image: Image, run_id: str, require: Require) -> None:
    isolation = opened("docker:cli", run_id, image)
    assert isinstance(isolation, Docker)
    memory = envelope().memory_bytes
    command = [
        *("docker", f"--host={isolation.url()}", "run", "--rm", "--interactive", "--network=none", "--log-driver=none"),
        *(f"--cpuset-cpus={_cpus()}", f"--memory={memory}", f"--memory-swap={memory}"),
        *(f"--pids-limit={envelope().pids}", "--tmpfs=/tmp", "--tmpfs=/run", isolation.reference(image), *ENTRY),
    ]

    def by_hand_s() -> float:
        began_ns = time.monotonic_ns()
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"secret\n")
        while b"ready" not in process.stdout.readline():
            assert process.poll() is None
        found = (time.monotonic_ns() - began_ns) / 1e9
        process.communicate(b"\n")
        return found

    require(ratio(lambda: ready_s(isolation, image), by_hand_s), at_most=math.log(BAR), most=MOST_ROUNDS)


def _cpus() -> str:
    return ",".join(str(cpu) for cpu in instance_cpus(1))
