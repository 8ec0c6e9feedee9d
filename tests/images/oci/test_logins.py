"""Logins at registries, where a helper that keeps them is missing."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from docker.auth import load_config

from bench.images.oci.logins import Readable

OWN = base64.b64encode(b"me:secret").decode()


@pytest.fixture
def told() -> list[str]:
    return []


def readable(folder: Path, config: Mapping[str, object], told: list[str]) -> Readable:
    (folder / "config.json").write_text(json.dumps(config))
    return Readable(load_config(str(folder / "config.json")), told.append)


def test_a_missing_helper_leaves_what_is_written_down(tmp_path: Path, told: list[str]) -> None:
    config = {"auths": {"own.example": {"auth": OWN}}, "credHelpers": {"other.example": "isobench-none"}}
    logins = readable(tmp_path, config, told)
    assert [login["username"] for login in logins.get_all_credentials().values()] == ["me"]
    assert logins.resolve_authconfig("other.example") is None
    assert "docker-credential-isobench-none" in told[0]


def test_a_missing_store_leaves_none(tmp_path: Path, told: list[str]) -> None:
    logins = readable(tmp_path, {"credsStore": "isobench-none"}, told)
    assert not logins.get_all_credentials()
    assert logins.resolve_authconfig(None) is None
    assert len(told) == 2
    assert not logins.is_empty, "the client would read the configuration again, and fail"


def test_a_helper_that_answers_is_asked(tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-isobench-here"
    helper.write_text('#!/bin/sh\necho \'{"Username": "me", "Secret": "secret"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    config = {"credHelpers": {"own.example": "isobench-here", "other.example": "isobench-none"}}
    logins = readable(tmp_path, config, told)
    assert [*logins.get_all_credentials()] == ["own.example"]
    assert len(told) == 1
