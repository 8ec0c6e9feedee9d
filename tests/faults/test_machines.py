"""A harness that is killed takes with it the machines that it has started itself, and what serves their roots."""

from __future__ import annotations

import platform
import subprocess
import sys

import psutil
import pytest

from bench.host.run_names import of_process
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.testing.launching import unavailable

pytestmark = pytest.mark.vm

NAME = "vm:direct+virtiofs"
HARNESS = """
import sys
from dataclasses import replace
from pathlib import Path
from bench.isolations.registry import open_isolation
from bench.model import Image
from bench.host.run_state import alive
from bench.testing.launching import launch_of
name, run, folder, digest, suite = sys.argv[1:]
image = Image(name="base", digest=digest, folder=Path(folder), suite=suite, disk_bytes=1 << 29)
with alive(run):
    isolation = open_isolation(name, run)
    with isolation.launch(launch_of(isolation, image, ("/bin/true",))) as instance:
        print(*[one.pid for found in instance.processes().values() for one in found], flush=True)
        sys.stdin.read()
"""


def test_a_killed_harness_leaves_no_process_of_a_machine(image: Image) -> None:
    if (fault := open_isolation(NAME, "fir").missing()) is not None:
        unavailable(f"{NAME}: {fault.reason}. {fault.remedy}")
    run = of_process("test")
    words = [sys.executable, "-c", HARNESS, NAME, run, str(image.folder), image.digest, image.suite]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        found = [psutil.Process(int(pid)) for pid in harness.stdout.readline().split()]
        assert {process.name() for process in found} == {f"qemu-system-{platform.machine()}", "virtiofsd"}
        harness.kill()
    _gone, alive = psutil.wait_procs(found, timeout=5)
    assert alive == []
    cleaned = subprocess.run([sys.executable, "-m", "bench", "clean"], capture_output=True, text=True, check=True)
    assert run in cleaned.stdout
