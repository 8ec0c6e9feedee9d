"""What /dev/kvm is: by the loaded modules, then by the processor's flags."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from bench.host.processors.virtualization import Kvm, closed, kvm

NESTED = "nested: this host is itself a virtual machine"


def root(folder: Path, *modules: str, flags: str = "fpu") -> Path:
    for module in ("kvm", *modules):
        (folder / "sys/module" / module).mkdir(parents=True)
    (folder / "proc").mkdir()
    (folder / "proc/cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: none\n")
    return folder


@pytest.mark.parametrize("module", ["kvm_intel", "kvm_amd"])
def test_hardware_by_its_module(tmp_path: Path, module: str) -> None:
    found = kvm(root(tmp_path, module))
    assert found == Kvm(kind="hardware", module=module)
    assert not found.only_own_guests


def test_page_table_machines_are_software_and_want_their_own_guests(tmp_path: Path) -> None:
    found = kvm(root(tmp_path, "kvm_pvm", flags="fpu svm"))
    assert found == Kvm(kind="software", module="kvm_pvm")
    assert found.only_own_guests


def test_hardware_beside_them_is_hardware(tmp_path: Path) -> None:
    assert kvm(root(tmp_path, "kvm_pvm", "kvm_amd")).kind == "hardware"


@pytest.mark.parametrize(("flags", "kind"), [("fpu vmx", "hardware"), ("fpu svm", "hardware"), ("fpu", "software")])
def test_a_module_that_is_built_in_is_known_by_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, kind: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert kvm(root(tmp_path, flags=flags)) == Kvm(kind=kind, module="")  # type: ignore[arg-type]


def test_other_architectures_have_it_by_hardware(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert kvm(tmp_path) == Kvm(kind="hardware", module="")


@pytest.mark.skipif(not Path("/sys/module/kvm_pvm").exists(), reason="this host's KVM is not kvm-pvm")
def test_this_host_s_kvm_is_known() -> None:
    assert kvm().module in ("kvm_pvm", "kvm_amd", "kvm_intel")


@pytest.mark.parametrize(
    ("found", "asked", "says"),
    [
        (Kvm(kind="hardware", module="kvm_amd"), "", "hardware virtualization (KVM)"),
        (Kvm(kind="software", module="kvm_pvm"), "", "software virtualization (kvm-pvm)"),
        (
            Kvm(kind="hardware", module=""),
            "Xen",
            "hardware virtualization (KVM), nested: this host is itself a virtual machine",
        ),
    ],
)
def test_by_what_a_processor_comes_about_is_said(
    found: Kvm, asked: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.host.processors.virtualization.hypervisor", lambda: asked)
    assert found.says == says


def test_a_device_that_is_missing_or_shut_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert closed(tmp_path / "kvm") == "no /dev/kvm on this host"
    device = tmp_path / "kvm"
    device.touch()
    assert closed(device) == ""
    monkeypatch.setattr("os.access", lambda *_asked: False)
    assert closed(device) == "/dev/kvm does not open for this user"
