"""The host's fingerprint."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from bench.host.fingerprint import fingerprint, is_emulated


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


def test_a_host_whose_processor_is_emulated_says_what_its_figures_are_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.host.fingerprint._cpu_model", lambda: "QEMU TCG CPU version 2.5+")
    assert is_emulated()
    assert fingerprint(cgroup="v2").caveats[0].startswith("This host's processor is emulated")
    monkeypatch.setattr("bench.host.fingerprint._cpu_model", lambda: "AMD EPYC")
    assert not is_emulated()


def test_a_host_without_lscpu_has_a_fingerprint_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    flagged = " hypervisor" in Path("/proc/cpuinfo").read_text()
    assert fingerprint(cgroup="v2").virtual == ("an unnamed hypervisor" if flagged else "")


def test_the_cpus_of_this_host_are_told_with_what_they_share() -> None:
    told = fingerprint(cgroup="v2").topology
    assert told.endswith(" CPU" if len(os.sched_getaffinity(0)) == 1 else f"{len(os.sched_getaffinity(0))} CPUs")
    assert "core" in told
