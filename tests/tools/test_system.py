"""A system is built anew when what it is made of changes, and only then."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ImageError
from bench.images import cache
from tools.hosts import system
from tools.hosts.table import host

PROJECT = """\
[build-system]
requires = ["hatchling"]
[project]
version = "1"
requires-python = ">=3.11"
description = "{description}"
dependencies = ["{dependency}"]
[project.optional-dependencies]
dev = ["pytest>=8", "ruff"]
vm = ["libvirt-python"]
"""


def test_packages_and_our_dependencies_give_the_name_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "ROOT", tmp_path)

    def place(*, description: str = "a", dependency: str = "docker>=7", more: tuple[str, ...] = ()) -> Path:
        (tmp_path / "pyproject.toml").write_text(PROJECT.format(description=description, dependency=dependency))
        one = host("debian13").system
        return system.place(replace(one, packages=one.packages + more))

    assert place() == place(description="b")
    assert len({place(), place(dependency="docker>=8"), place(more=("hello",))}) == 3


def test_no_room_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "free_bytes", lambda _place: 1 << 30)
    with pytest.raises(ImageError, match="needs 8192 MiB, 1024 are free"):
        system.build(host("debian13").system, say=lambda _line: None)
    assert [path for path in (tmp_path / "lab").iterdir() if path.is_dir()] == []


@pytest.mark.root
def test_what_a_killed_build_leaves_mounted_is_unmounted(tmp_path: Path) -> None:
    place = tmp_path / "root" / "proc"
    (place / "deeper").mkdir(parents=True)
    beside = tmp_path / "rooted"
    beside.mkdir()
    for folder in (place, place / "deeper", beside):
        folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", str(folder)], check=True)
        (place / "deeper").mkdir(exist_ok=True)
    try:
        system.unmount_below(tmp_path / "root")
        assert not place.is_mount()
        assert beside.is_mount()
    finally:
        system.unmount_below(tmp_path)
