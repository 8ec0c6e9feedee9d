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


ARM = "processor\t: 0\nBogoMIPS\t: 125.00\nCPU implementer\t: {implementer}\nCPU architecture: 8\nCPU part\t: {part}\n"


def on_arm(folder: Path, monkeypatch: pytest.MonkeyPatch, implementer: str, part: str, said: dict[str, str]) -> None:
    """Have the kernel and programs say what they do there, where it names no processor."""
    (folder / "cpuinfo").write_text(ARM.format(implementer=implementer, part=part))
    monkeypatch.setattr("bench.host.fingerprint._CPUINFO", folder / "cpuinfo")
    monkeypatch.setattr("bench.host.fingerprint._asked", lambda program, *_words: said.get(program, ""))


def test_a_processor_of_arm_has_the_name_that_lscpu_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"lscpu": "Vendor ID:   ARM\n  Model name:   Neoverse-N1\n", "systemd-detect-virt": "amazon\n"}
    on_arm(tmp_path, monkeypatch, "0x41", "0xd0c", said)
    found = fingerprint(cgroup="v2")
    assert found.cpu_model == "Neoverse-N1"
    assert not is_emulated()


def test_a_virtual_host_is_told_where_its_processor_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_arm(tmp_path, monkeypatch, "0x41", "0xd0c", {"systemd-detect-virt": "amazon\n"})
    assert fingerprint(cgroup="v2").caveats[0].startswith("This host is itself a virtual machine (amazon)")
    on_arm(tmp_path, monkeypatch, "0x41", "0xd0c", {"systemd-detect-virt": "none\n"})
    assert fingerprint(cgroup="v2").virtual == ""


def test_a_processor_of_arm_that_is_emulated_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_arm(tmp_path, monkeypatch, "0x00", "0x051", {"lscpu": "Model name:   -\n"})
    assert fingerprint(cgroup="v2").caveats[0].startswith("This host's processor is emulated")
