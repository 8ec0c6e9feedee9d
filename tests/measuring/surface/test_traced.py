"""The host's tracer beside an instance: real processes of a scripted instance."""

from __future__ import annotations

import os
import subprocess

import pytest

from bench.host import run_names
from bench.measuring.surface.traced import HostTracer, own_tasks
from tests.measuring.meters.instances import Process, Scripted

pytestmark = pytest.mark.root


def test_work_is_traced_by_name_and_shared_daemons_are_not_among_the_tasks() -> None:
    tracer = HostTracer(run_names.instance(run_names.of_process("test"), "0003"))
    with subprocess.Popen(
        ["sh", "-c", "read go; id; exit 0"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as shell:
        shared = [Process(pid=os.getpid())]
        instance = Scripted({"workload": [Process(pid=shell.pid)], "shared:engine": shared})
        assert own_tasks(instance) == [shell.pid]
        tracer.open()
        with tracer.watching(instance, "files"):
            shell.communicate(b"\n")
        tracer.close()
    if tracer.no_calls:
        assert not tracer.seen
        pytest.skip(tracer.no_calls)
    assert sum(tracer.seen["files"].calls.values()) > 10
    assert bool(tracer.no_functions) != bool(tracer.seen["files"].functions)  # a reason, or functions: never nought


def test_where_nothing_can_be_traced_work_goes_on() -> None:
    tracer = HostTracer("none", no_calls="there is no tracefs", no_functions="there is no tracefs")
    with tracer.watching(Scripted({}), "files"):
        pass
    assert not tracer.seen
