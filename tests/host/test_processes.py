"""Host processes: read for real, and Unreadable, never another error, when they are gone."""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import IsolationError
from bench.host import processes
from bench.host.accounting import Unreadable
from bench.host.block import disk_below
from bench.host.processes import PsutilProcess, descendants, named, parent, readable
from bench.testing.launching import unavailable
from tests.records import MIB


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for its standard input to end."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def ended() -> PsutilProcess:
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        return PsutilProcess(process.pid)


def test_memory_of_this_process_agrees_with_the_kernel() -> None:
    memory = PsutilProcess(os.getpid()).memory()
    assert 0 < memory.uss_bytes <= memory.pss_bytes <= memory.rss_bytes <= memory.peak_rss_bytes
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert memory.peak_rss_bytes == pytest.approx(peak_bytes, rel=0.05)


def test_memory_that_is_touched_is_seen() -> None:
    process = PsutilProcess(os.getpid())
    before = process.memory()
    held = bytearray(os.urandom(1) * (32 * MIB))
    after = process.memory()
    assert after.uss_bytes - before.uss_bytes == pytest.approx(len(held), rel=0.1)


def test_cpu_time_agrees_with_the_kernel_to_a_clock_tick() -> None:
    used = os.times()
    assert PsutilProcess(os.getpid()).cpu_s() == pytest.approx(used.user + used.system, abs=0.05)


WRITE = """
import os, sys
with open(sys.argv[1], "wb") as file:
    file.write(bytes(8 << 20))
    file.flush()
    os.fsync(file.fileno())
"""


def test_what_a_process_and_its_children_write_is_counted(tmp_path: Path) -> None:
    """A shell that waits for its child has the child's bytes afterwards; so an entry has its workload's."""
    try:
        disk_below(tmp_path)
    except IsolationError as error:
        unavailable(str(error))
    if not Path("/proc/self/io").exists():
        unavailable("this kernel keeps no books of what a process writes")
    words = f"{shlex.quote(sys.executable)} -c {shlex.quote(WRITE)} {shlex.quote(str(tmp_path / 'written'))}"
    with subprocess.Popen(
        ["/bin/sh", "-c", f"echo; read go; {words}; echo; read go"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdout.readline()
        before = PsutilProcess(shell.pid).written_bytes()
        shell.stdin.write(b"go\n")
        shell.stdin.flush()
        shell.stdout.readline()
        after = PsutilProcess(shell.pid).written_bytes()
        shell.kill()
    assert after - before == pytest.approx(8 * MIB, rel=0.02)


@pytest.mark.parametrize("reading", ["memory", "peak_rss_bytes", "cpu_s", "written_bytes"])
def test_a_process_that_has_ended_is_unreadable(reading: str) -> None:
    gone = ended()
    with pytest.raises(Unreadable):
        getattr(gone, reading)()


def test_a_zombie_has_no_peak(child: subprocess.Popen[bytes]) -> None:
    process = PsutilProcess(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(Unreadable, match="no address space left"):
        process.peak_rss_bytes()


def test_a_pid_that_nobody_has_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        PsutilProcess(ended().pid)


def test_only_living_pids_are_readable(child: subprocess.Popen[bytes]) -> None:
    assert [process.pid for process in readable([ended().pid, child.pid])] == [child.pid]


def test_processes_are_found_by_their_exact_name(child: subprocess.Popen[bytes]) -> None:
    assert child.pid in [process.pid for process in named("cat", "dog")]
    assert child.pid not in [process.pid for process in named("ca")]


def test_the_parent_of_a_child(child: subprocess.Popen[bytes]) -> None:
    found = parent(child.pid)
    assert found is not None
    assert found.pid == os.getpid()
    assert parent(0) is None
    assert parent(ended().pid) is None


def test_descendants_are_children_of_children_too_without_the_process_itself() -> None:
    code = "import subprocess; subprocess.run(['/bin/sh', '-c', 'echo up; exec cat'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as middle:
        assert middle.stdout is not None
        assert middle.stdout.readline() == b"up\n"
        inner = [process.pid for process in descendants(middle.pid)]
        assert len(inner) == 1
        assert middle.pid not in inner
        assert set(inner) < {process.pid for process in descendants(os.getpid())}
        middle.communicate()
    assert processes.descendants(middle.pid) == []
