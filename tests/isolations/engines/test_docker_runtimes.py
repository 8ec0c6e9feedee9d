"""What keeps a container from a runtime, told by what the engine says of itself; the command as its client."""

from __future__ import annotations

import shutil

import pytest

from bench.host import cgroup
from bench.isolations.engines import docker_command, docker_runtimes
from bench.isolations.engines.docker_command import missing_command
from bench.isolations.engines.docker_runtimes import KNOWN, missing, without_network
from bench.isolations.registry import real_names
from bench.isolations.variants import VARIANTS

URL = "unix:///nowhere"


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    registered = {
        "runc": {"path": "runc"},
        "kata": {"runtimeType": "io.containerd.kata.v2"},
        "sealed": {"path": "/usr/bin/runsc", "runtimeArgs": ["--network=none"]},
        "bare-bones": None,
    }
    monkeypatch.setattr(docker_runtimes, "engine_info", lambda _url: {"Runtimes": registered})


def test_whatever_is_registered_can_be_used() -> None:
    assert all(missing(URL, [name]) is None for name in ("runc", "kata", "sealed"))
    assert missing(URL, []) is None


def test_only_the_engines_own_entry_says_that_a_runtime_reaches_nothing() -> None:
    assert without_network(URL, "sealed")
    assert not any(without_network(URL, name) for name in ("", "runc", "kata", "bare-bones", "unheard-of"))


def test_a_runtime_that_is_not_installed_is_a_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _program, **_where: None)
    fault = missing(URL, ["runsc"])
    assert fault is not None
    assert fault.reason == "the command runsc is missing"
    assert fault.remedy.endswith(" runsc")


def test_a_runtime_that_refuses_this_host_is_not_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "version", lambda: "hybrid")
    fault = missing(URL, ["crun"])
    assert fault is not None
    assert "refuses this host's layout of control groups (hybrid)" in fault.reason
    assert fault.fix is None


def test_no_variant_bears_a_runtimes_name_and_all_names_the_runtimes_that_can_be_registered() -> None:
    assert not set(KNOWN) & set(VARIANTS["docker"])
    assert {"docker:runsc", "docker:runsc-net"} <= set(real_names())


def test_a_missing_command_is_a_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _program, **_where: None)
    fault = missing_command(URL)
    assert fault is not None
    assert fault.remedy.endswith((" docker.io", " docker-cli"))


@pytest.mark.docker
def test_a_command_that_reaches_no_engine_says_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = missing_command(URL)
    assert fault is not None
    assert f"cannot talk to the engine at {URL}: " in fault.reason
    monkeypatch.setattr(docker_command, "_ANSWER_S", 0.0)
    late = missing_command(URL)
    assert late is not None
    assert "no answer within 0 s" in late.reason
