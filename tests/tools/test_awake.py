"""A host is kept under the digest of all that it runs on: another machine, or another QEMU, would not bring it back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.hosts import awake
from tools.hosts.table import host


def test_another_machine_is_another_host() -> None:
    debian = host("debian13")
    assert awake.place(debian) == awake.place(replace(debian, user="ada"))
    others = [replace(debian, cpus=4), replace(debian, memory_mib=4096), replace(debian, kvm=True)]
    assert len({awake.place(one) for one in (debian, *others)}) == 4


def test_a_host_has_its_place_where_its_qemu_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.host.programs.found", lambda _program: None)
    monkeypatch.setattr(awake, "version_of", lambda program: pytest.fail(f"{program} was asked"))
    assert awake.place(host("debian13")).name.startswith("awake-debian13-")


def test_another_qemu_is_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    before = awake.place(host("debian13"))
    monkeypatch.setattr(awake, "version_of", lambda _program: "99.0")
    assert awake.place(host("debian13")) != before
