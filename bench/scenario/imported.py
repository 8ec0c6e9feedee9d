"""An image that is taken from somebody instead of being made of packages."""

from __future__ import annotations

import re
from pathlib import Path

from bench.errors import ScenarioError
from bench.model import ImageSource, Recipe

BOOT_SUITE = "bookworm"
"""The release of the stock images, whose kernel boots an imported one as a virtual machine."""

_PATH = re.compile(r"(\.{0,2}|~[^/]*)/.*|.*\.(tar|tar\.\w+|tgz)|(.*[./])?(Dockerfile|Containerfile)(\..*)?")
"""What nobody would call an image in an engine: so it is a file that is not there."""

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]*")


def image_source(written: str, folder: Path, *, where: object, key: str) -> ImageSource:
    """Return what ``from`` means: a file or folder where there is one, seen from ``folder``; else a reference.

    Raises ScenarioError, which names ``where`` and ``key``, for a path to nothing and for what can be neither.
    """
    try:
        path = (folder / Path(written).expanduser()).absolute()
        there = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise ScenarioError(where, key, written, f"is no path: {error}") from error
    if there:
        return ImageSource(reference=written, path=path)
    if _PATH.fullmatch(written):
        raise ScenarioError(where, key, written, f"there is no {path}")
    if not _REFERENCE.fullmatch(written):
        raise ScenarioError(where, key, written, "should be a path, or an image's name, like 'redis:7'")
    return ImageSource(reference=written)


def imported(source: ImageSource) -> Recipe:
    """Return the recipe of an image that a scenario names itself; no recipe file can have this name."""
    return Recipe(name=f"from {source.reference}", suite=BOOT_SUITE, packages=(), disk_bytes=None, source=source)
