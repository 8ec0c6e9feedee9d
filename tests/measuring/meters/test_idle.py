"""Idle cost: a process that sleeps often is seen to wake, one that computes to take its CPU; daemons apart."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.host.accounting import AccountReading
from bench.host.processes import PsutilProcess
from bench.measuring.meters.idle import IdleReading, idle_samples, read_idle
from tests.measuring.meters.instances import Process, Scripted
from tests.records import by_metric

_NAPS = "import time\nfor _ in range(1000): time.sleep(0.01)"


def test_who_naps_a_hundred_times_a_second_is_woken_as_often() -> None:
    with subprocess.Popen([sys.executable, "-c", _NAPS]) as process:
        try:
            time.sleep(0.5)
            instance = Scripted({"vmm": [PsutilProcess(process.pid)]})
            before = read_idle(instance, now_ns=time.monotonic_ns())
            time.sleep(1.0)
            found = by_metric(idle_samples(before, read_idle(instance, now_ns=time.monotonic_ns()), at_s=9.0))
        finally:
            process.kill()
    rate = found["idle.wakeups", "processes:vmm"] / found["idle.window", "host"]
    assert 20 < rate <= 105
    assert found["idle.cpu", "processes:vmm"] < 0.5


def test_roles_stand_apart_and_daemons_under_a_name_of_their_own() -> None:
    processes = {"shim": [Process(used_s=1.0), Process(gone=True)], "shared:engine": [Process(used_s=5.0)]}
    reading = read_idle(Scripted(processes, AccountReading(cpu_s=0.25)), now_ns=0)
    assert reading.used_s == {"cgroup": 0.25, "processes:shim": 1.0, "processes:shared:engine": 5.0}


def test_what_only_one_reading_has_gives_no_sample() -> None:
    before = IdleReading(at_ns=0, used_s={"cgroup": 1.0}, wakeups={"processes:vmm": 3})
    after = IdleReading(at_ns=2_000_000_000, used_s={"processes:vmm": 1.0}, wakeups={"processes:vmm": 5})
    assert by_metric(idle_samples(before, after, at_s=1.0)) == {
        ("idle.wakeups", "processes:vmm"): 2.0,
        ("idle.window", "host"): 2.0,
    }
