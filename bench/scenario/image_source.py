"""An image that is taken from somebody instead of being made of packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bench.errors import ScenarioError
from bench.model import ImageSource, Recipe

BOOT_SUITE = "bookworm"
"""The release of the stock images, whose kernel boots an imported one as a virtual machine."""

_PATH = re.compile(r"(\.{0,2}|~[^/]*)/.*|.*\.(tar|tar\.\w+|tgz)|(.*[./])?(Dockerfile|Containerfile)(\..*)?")
"""What nobody would call an image in an engine: so it is a file that is not there."""

_FORMS = ("oci:", "oci-archive:", "docker-archive:", "dir:")
"""How skopeo and podman write a path, which may be followed by the name of one of several images."""

_NAMED = ("docker://", "docker-daemon:")
"""How they write a name."""

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]*")


def image_source(written: str, folder: Path, *, where: object, key: str) -> ImageSource:
    """Return what ``from`` means: a file or folder where there is one, seen from ``folder``; else a reference.

    Raises ScenarioError, which names ``where`` and ``key``, for a path to nothing and for what can be neither.
    """
    for named, chosen in _readings(written):
        try:
            path = (folder / Path(named).expanduser()).absolute()
            there = path.exists()
        except (OSError, RuntimeError, ValueError) as error:
            raise ScenarioError(where, key, written, f"is no path: {error}") from error
        if there:
            return ImageSource(reference=written, path=path, chosen=chosen)
    missing = next((named for named, _ in _readings(written) if _PATH.fullmatch(named)), None)
    if missing is not None:
        raise ScenarioError(where, key, written, f"there is no {(folder / Path(missing).expanduser()).absolute()}")
    name = next((written.removeprefix(form) for form in _NAMED if written.startswith(form)), written)
    if not _REFERENCE.fullmatch(name):
        raise ScenarioError(where, key, written, "should be a path, or an image's name, like 'redis:7'")
    return ImageSource(reference=name)


def _readings(written: str) -> Iterator[tuple[str, str | None]]:
    """Yield every path that was written, perhaps, with the name of an image behind it; the longest path first."""
    yield written, None
    given = next((written.removeprefix(form) for form in _FORMS if written.startswith(form)), "")
    ends = [len(given), *(place.start() for place in reversed([*re.finditer(":", given)]))]
    yield from ((given[:end], given[end + 1 :] or None) for end in ends if end)


def imported(source: ImageSource) -> Recipe:
    """Return the recipe of an image that a scenario names itself; no recipe file can have this name."""
    return Recipe(name=f"from {source.reference}", suite=BOOT_SUITE, packages=(), disk_bytes=None, source=source)
