"""The accelerator: hardware virtualization only where a guest really starts under it, and sooner."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import IsolationError, StartTimeoutError
from bench.isolations.machines import accelerator
from bench.isolations.machines.accelerator import choose

VERSIONS = {"qemu": "7.2", "libvirt": "9.0"}


@pytest.fixture(autouse=True)
def _kvm_opens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    device.touch()
    monkeypatch.setattr(accelerator, "_KVM", device)


def quiet(_line: str) -> None:
    pass


def boots(kvm_s: float | None, emulated_s: float, booted: list[bool] | None = None) -> Callable[[bool, float], float]:
    """Return a machine that starts in so many seconds; None: it never does."""

    def boot_s(kvm: bool, timeout_s: float) -> float:
        if booted is not None:
            booted.append(kvm)
        taken_s = kvm_s if kvm else emulated_s
        if taken_s is None or taken_s > timeout_s:
            raise StartTimeoutError("no start mark in time")
        return taken_s

    return boot_s


def test_kvm_where_its_guest_starts_sooner(tmp_path: Path) -> None:
    choice = choose(boots(0.5, 2.5), tmp_path, VERSIONS, quiet)
    assert choice.kvm
    assert choice.why == "a guest starts in 0.5 s under KVM, 2.5 s emulated"


def test_emulation_where_kvm_is_slower(tmp_path: Path) -> None:
    choice = choose(boots(4.0, 2.5), tmp_path, VERSIONS, quiet)
    assert not choice.kvm
    assert choice.why == "a guest starts in 4.0 s under KVM, 2.5 s emulated"


def test_a_failure_of_another_kind_is_said_but_not_remembered(tmp_path: Path) -> None:
    def boot_s(kvm: bool, _timeout_s: float) -> float:
        if kvm:
            raise IsolationError("the disk is full")
        return 2.5

    choice = choose(boot_s, tmp_path, VERSIONS, quiet)
    assert choice.why == "a guest under KVM failed: the disk is full"
    assert choose(boots(0.5, 2.5), tmp_path, VERSIONS, quiet).kvm


def test_a_host_that_refuses_kvm_says_so_before_any_guest_is_emulated(tmp_path: Path) -> None:
    booted: list[bool] = []
    said: list[str] = []

    def boot_s(kvm: bool, _timeout_s: float) -> float:
        booted.append(kvm)
        raise IsolationError("failed to set MSR 0x10a")

    assert choose(boot_s, tmp_path, VERSIONS, said.append).why == "a guest under KVM failed: failed to set MSR 0x10a"
    assert (booted, said) == ([True], [])


def test_kvm_is_given_twice_the_time_that_emulation_took(tmp_path: Path) -> None:
    choice = choose(boots(5.1, 2.5), tmp_path, VERSIONS, quiet)
    assert choice.why == "/dev/kvm opens, but no guest reaches its start mark under it"


def test_emulation_where_no_guest_starts_under_kvm_although_the_device_opens(tmp_path: Path) -> None:
    choice = choose(boots(None, 2.5), tmp_path, VERSIONS, quiet)
    assert not choice.kvm
    assert choice.why == "/dev/kvm opens, but no guest reaches its start mark under it"


def test_where_emulation_does_not_boot_either_there_is_no_choice(tmp_path: Path) -> None:
    def never(_kvm: bool, _timeout_s: float) -> float:
        raise StartTimeoutError("no start mark in time")

    with pytest.raises(IsolationError):
        choose(never, tmp_path, VERSIONS, quiet)
    assert not list(tmp_path.glob("accelerator-*"))


def test_the_answer_is_kept(tmp_path: Path) -> None:
    booted: list[bool] = []
    first = choose(boots(0.5, 2.5, booted), tmp_path, VERSIONS, quiet)
    second = choose(boots(9.0, 2.5, booted), tmp_path, VERSIONS, quiet)
    assert first == second
    assert booted == [True, False, True]


def test_the_user_is_told_only_when_guests_are_booted(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        choose(boots(0.5, 2.5), tmp_path, VERSIONS, said.append)
    assert len(said) == 1
    assert "once per host and machine type" in said[0]


def test_another_version_is_asked_anew(tmp_path: Path) -> None:
    booted: list[bool] = []
    choose(boots(0.5, 2.5, booted), tmp_path, VERSIONS, quiet)
    choose(boots(0.5, 2.5, booted), tmp_path, {**VERSIONS, "qemu": "8.0"}, quiet)
    assert booted == [True, False, True] * 2
    assert len(list(tmp_path.glob("accelerator-*.json"))) == 2


@pytest.mark.parametrize("broken", ["", '{"kvm": tr', "[]", '{"kvm": true}'])
def test_a_broken_answer_is_asked_for_anew(tmp_path: Path, broken: str) -> None:
    choose(boots(0.5, 2.5), tmp_path, VERSIONS, quiet)
    (kept,) = tmp_path.glob("accelerator-*.json")
    kept.write_text(broken)
    assert choose(boots(0.5, 2.5), tmp_path, VERSIONS, quiet).kvm
    assert json.loads(kept.read_text())["kvm"] is True


def test_without_the_device_nothing_is_booted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "_KVM", tmp_path / "none")
    booted: list[bool] = []
    choice = choose(boots(0.5, 2.5, booted), tmp_path, VERSIONS, quiet)
    assert (choice.kvm, choice.why, booted) == (False, "no /dev/kvm on this host", [])


def test_a_guest_that_this_kvm_cannot_run_is_not_tried(tmp_path: Path) -> None:
    booted: list[bool] = []
    choice = choose(boots(0.5, 2.5, booted), tmp_path, VERSIONS, quiet, unfit="made for another")
    assert (choice.kvm, choice.why, booted) == (False, "made for another", [])


def test_a_device_that_does_not_open_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert choose(boots(0.5, 2.5), tmp_path, VERSIONS, quiet).why == "/dev/kvm does not open for this user"
