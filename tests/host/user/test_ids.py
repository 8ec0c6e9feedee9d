"""A user's own namespace has as many users as the user was given ids, and what they leave can be removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.host import programs
from bench.host.user import ids


@pytest.fixture(autouse=True)
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """The files by which somebody without root is given ids."""
    files = (tmp_path / "subuid", tmp_path / "subgid")
    for file in files:
        file.write_text("somebody:100000:65536\nnobody:165536:65536\n")
    monkeypatch.setattr(ids, "_SUBORDINATE", files)
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    monkeypatch.setattr(programs, "found", lambda program: f"/usr/bin/{program}")
    cached = ids.namespace
    cached.cache_clear()
    yield files
    cached.cache_clear()


def test_who_was_given_ids_has_several_users_inside() -> None:
    assert ids.ungiven() is None
    assert ids.namespace() == ("--user", "--map-root-user", "--map-auto")


def test_who_was_given_none_has_one_and_is_told_by_which_file(given: tuple[Path, Path]) -> None:
    given[1].write_text("somebody:100000:65536\n")
    assert ids.ungiven() == given[1]
    assert ids.namespace() == ("--user", "--map-root-user")
    given[0].unlink()
    assert ids.ungiven() == given[0]


def test_without_the_program_that_maps_them_ids_are_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "found", lambda _program: None)
    assert ids.namespace() == ("--user", "--map-root-user")


def test_an_older_unshare_maps_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "told_by", lambda *_words: "-c, --map-current-user")  # of 2.37
    assert ids.namespace() == ("--user", "--map-root-user")


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_711_471)
    assert ids.user() == "4711471"
    assert ids.ungiven() is not None


def test_root_needs_no_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert ids.namespace() == ()


def test_what_only_a_namespaces_users_may_remove_is_removed_by_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "left"
    (folder / "by" / "another").mkdir(parents=True)
    monkeypatch.setattr(shutil, "rmtree", lambda *_words, **_options: None)
    monkeypatch.setattr(ids, "namespace", lambda: ("--user", "--map-root-user"))
    ids.remove(folder)
    assert not folder.exists()


def test_a_folder_of_ones_own_is_removed(tmp_path: Path) -> None:
    (tmp_path / "mine" / "below").mkdir(parents=True)
    ids.remove(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
