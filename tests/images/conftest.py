from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.images import Kit, build, kit
from bench.model import Image, Recipe
from bench.testing.launching import unavailable

TINY = Recipe(name="tiny", suite="bookworm", packages=(), disk_bytes=512 << 20)


def quiet(_line: str) -> None:
    pass


@pytest.fixture(scope="session")
def image() -> Image:
    """A real image without further packages; from this machine's usual cache after its first build."""
    if shutil.which("mmdebstrap") is None:
        unavailable("mmdebstrap is not installed: apt-get install mmdebstrap")
    return build(TINY, say=quiet)


@pytest.fixture(scope="session")
def boot_kit(image: Image) -> Kit:
    return kit(image.suite, say=quiet)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
