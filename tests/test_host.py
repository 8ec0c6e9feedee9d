"""The host: its fingerprint, and what spoils a trial."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from bench import host
from bench.host import Disturbance, disturbance, fingerprint, spoiled_by

QUIET = Disturbance(swapped_bytes=4096, stolen_s=10.0, at_ns=1_000_000_000)


def after(*, seconds: float = 2.0, swapped: int = 0, stolen_s: float = 0.0) -> Disturbance:
    return Disturbance(
        swapped_bytes=QUIET.swapped_bytes + swapped,
        stolen_s=QUIET.stolen_s + stolen_s,
        at_ns=QUIET.at_ns + round(seconds * 1e9),
    )


def test_nothing_spoils_a_quiet_trial() -> None:
    assert spoiled_by(QUIET, after(), throttled=0, cpus=1) == []
    assert spoiled_by(QUIET, after(), throttled=None, cpus=1) == []


def test_swapping_spoils() -> None:
    assert spoiled_by(QUIET, after(swapped=8192), throttled=0, cpus=1) == ["the host swapped 8192 bytes"]


def test_stolen_time_spoils_from_five_per_cent_of_the_instances_cpus() -> None:
    assert spoiled_by(QUIET, after(stolen_s=0.2), throttled=0, cpus=1) == [
        "the host's hypervisor took 10% of the instance's CPU time"
    ]
    assert spoiled_by(QUIET, after(stolen_s=0.1), throttled=0, cpus=1) == []
    assert spoiled_by(QUIET, after(stolen_s=0.2), throttled=0, cpus=4) == []


def test_a_trial_too_short_for_the_clock_tick_of_stolen_time_is_not_judged_by_it() -> None:
    assert spoiled_by(QUIET, after(seconds=0.5, stolen_s=0.1), throttled=0, cpus=1) == []


def test_throttling_spoils_and_all_reasons_are_given() -> None:
    reasons = spoiled_by(QUIET, after(swapped=4096, stolen_s=1.0), throttled=3, cpus=1)
    assert len(reasons) == 3
    assert reasons[2] == "the CPU quota throttled it 3 times"


def test_counters_are_read_for_the_instances_cpus_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Times:
        def __init__(self, steal: float) -> None:
            self.steal = steal

    monkeypatch.setattr(psutil, "cpu_times", lambda percpu: [Times(1.0), Times(2.0), Times(4.0)])
    read = disturbance((0, 2, 9), now_ns=7)
    assert (read.stolen_s, read.at_ns) == (5.0, 7)


def test_this_host_has_a_fingerprint() -> None:
    found = fingerprint(cgroup="v2")
    assert found.cpus == os.cpu_count()
    assert found.memory_bytes == psutil.virtual_memory().total
    assert found.kernel == os.uname().release
    assert found.architecture == os.uname().machine
    assert found.cgroup == "v2"
    assert found.cpu_model
    assert found.os


def test_a_host_that_is_itself_virtual_says_so_first() -> None:
    found = fingerprint(cgroup="v2")
    flagged = " hypervisor" in Path("/proc/cpuinfo").read_text()
    assert bool(found.virtual) == flagged
    if flagged:
        assert found.caveats[0].startswith("This host is itself a virtual machine")


def test_a_host_without_lscpu_has_a_fingerprint_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    flagged = " hypervisor" in Path("/proc/cpuinfo").read_text()
    assert fingerprint(cgroup="v2").virtual == ("an unnamed hypervisor" if flagged else "")


def test_a_single_cpu_is_a_caveat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert host.fingerprint(cgroup="v2").caveats[-1] == "There is one CPU: harness and instance share it."
