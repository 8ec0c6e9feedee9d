"""The engine that was asked for is used, or refused with the reason; never another one in its place."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from bench.errors import UnavailableError
from bench.host.engine import docker_ping
from bench.host.engine.docker_asked import SYSTEM_URL, asked
from bench.host.engine.docker_ping import engine_answers, silence
from bench.host.engine.private_docker import start_engine
from bench.isolations.engines.docker import Docker


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user's docker folder of the test's own; nothing is asked for, and whatever is pinged answers."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(docker_ping, "refusal", lambda _url: "")
    return tmp_path


def context(folder: Path, name: str, host: str) -> None:
    place = folder / "contexts/meta" / sha256(name.encode()).hexdigest()
    place.mkdir(parents=True)
    told = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    (place / "meta.json").write_text(json.dumps(told))


def test_without_a_word_the_systems_engine_is_used() -> None:
    assert asked() is None
    assert engine_answers() == SYSTEM_URL


def test_a_variable_comes_before_a_context(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context(folder, "other", "unix:///other.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "other")
    monkeypatch.setenv("DOCKER_HOST", "unix:///mine.sock")
    assert engine_answers() == "unix:///mine.sock"


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_context_is_obeyed(folder: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool) -> None:
    context(folder, "other", "unix:///other.sock")
    if by_variable:
        monkeypatch.setenv("DOCKER_CONTEXT", "other")
    else:
        (folder / "config.json").write_text('{"currentContext": "other", "credsStore": "none"}')
    wanted = asked()
    assert wanted is not None
    assert (wanted.url, wanted.by) == ("unix:///other.sock", "the docker context 'other'")
    assert engine_answers() == "unix:///other.sock"


def test_the_default_context_asks_for_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "config.json").write_text('{"currentContext": "other"}')
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert asked() is None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('{"currentContext": "gone"}', "the docker context 'gone' asks for does not answer (there is no such context)"),
        ('{"currentContext": "other"', "config.json cannot be read"),
        ("[]", "holds no JSON object"),
    ],
)
def test_what_leads_nowhere_is_refused_and_no_other_engine_is_used(folder: Path, config: str, said: str) -> None:
    (folder / "config.json").write_text(config)
    assert engine_answers() is None
    assert said in silence().reason
    assert not silence().startable


def test_a_context_that_names_no_engine_is_refused(folder: Path) -> None:
    context(folder, "other", "unix:///other.sock")
    [meta] = folder.rglob("meta.json")
    meta.write_text("{}")
    (folder / "config.json").write_text('{"currentContext": "other"}')
    assert engine_answers() is None
    assert "meta.json cannot be read" in silence().reason


def test_an_engine_that_was_asked_for_and_is_silent_is_neither_replaced_nor_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///mine.sock")
    monkeypatch.setattr(docker_ping, "refusal", lambda url: "Connection refused" if "mine" in url else "")
    assert engine_answers() is None
    fault = Docker("fir").missing()
    assert fault is not None
    assert fault.reason == (
        "the engine that DOCKER_HOST asks for does not answer (unix:///mine.sock: Connection refused)"
    )
    assert fault.remedy == "Start it, or unset DOCKER_HOST: no other engine is used in its place"
    assert fault.fix is None
    with pytest.raises(UnavailableError, match="DOCKER_HOST asks for"):
        start_engine(print)


def test_a_refusal_over_the_network_is_told_by_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert docker_ping.refusal("tcp://127.0.0.1:1") == "Connection refused"


def test_an_engine_that_does_not_admit_this_user_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_ping, "refusal", lambda _url: "Permission denied")
    assert silence().reason == f"the engine at {SYSTEM_URL} does not admit this user"
    assert "Join the group" in silence().remedy
    assert not silence().startable


@pytest.mark.parametrize(("user", "startable"), [(0, True), (1000, False)])
def test_only_root_is_offered_an_engine_of_our_own(monkeypatch: pytest.MonkeyPatch, user: int, startable: bool) -> None:
    monkeypatch.setattr(docker_ping, "refusal", lambda _url: "No such file or directory")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert silence().startable is startable
    assert ("As root" in silence().remedy) is not startable
    fault = Docker("fir").missing()
    assert fault is not None
    assert (fault.fix is not None) is startable


def test_podmans_service_is_called_so_and_not_measured_as_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/podman/podman.sock")
    info = {"ServerVersion": "4.3.1", "BuildahVersion": "1.28.2", "DefaultRuntime": "crun", "Runtimes": {"runc": {}}}
    monkeypatch.setattr(docker_ping, "engine_info", lambda _url: info)
    fault = Docker("fir").missing()
    assert fault is not None
    assert fault.reason == "what answers at unix:///run/podman/podman.sock is podman 4.3.1, not a Docker engine"
    assert "unset DOCKER_HOST" in fault.remedy
    assert docker_ping.engine_runtimes() == ()


def test_an_engine_that_was_found_is_not_exchanged_for_another_later(monkeypatch: pytest.MonkeyPatch) -> None:
    isolation = Docker("fir")
    assert isolation.url() == SYSTEM_URL
    monkeypatch.setattr(docker_ping, "refusal", lambda url: "timed out" if url == SYSTEM_URL else "")
    assert isolation.url() == SYSTEM_URL
