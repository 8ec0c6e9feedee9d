"""What is asked for where QEMU is missing."""

from __future__ import annotations

import platform

import pytest

from bench.isolations.machines.qemu import qemu_package


@pytest.mark.parametrize(("machine", "package"), [("x86_64", "qemu-system-x86"), ("aarch64", "qemu-system-arm")])
def test_the_package_of_this_architecture_is_named(machine: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert qemu_package() == package
