"""Where an image comes from, told by looking at what its name leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench.images.cache import Say
from bench.images.imported import engine
from bench.images.imported.files import Files, Folder, tar_files
from bench.images.imported.layout import held
from bench.model import ImageSource

_DOCKERFILES = ("Dockerfile", "Containerfile")
_FROM = re.compile(r"^\s*FROM\s+\S", re.MULTILINE | re.IGNORECASE)
_LARGEST_DOCKERFILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An image that is there: what tells its content from any other's, and its files, given scratch space."""

    identity: str
    opened: Callable[[Path], AbstractContextManager[Files]]


def find(source: ImageSource, wanted_by: str, say: Say) -> Found:
    """Find an image: read, pulled or built.

    Raises ImageError when it is not there, or is of none of the known forms.
    """
    if source.path is None:
        return _in_engine(engine.local_image(source.reference, wanted_by, say), wanted_by)
    path = source.path
    dockerfile = _dockerfile(path)
    if dockerfile is not None:
        return _in_engine(engine.built_image(dockerfile, wanted_by, say), wanted_by)

    def opened(_scratch: Path) -> AbstractContextManager[Files]:
        says = f"{wanted_by} ({path})"
        return nullcontext(Folder(says, path)) if path.is_dir() else tar_files(says, path)

    with opened(path) as files:
        return Found(identity=held(files).digest, opened=opened)


def _in_engine(image_id: str, wanted_by: str) -> Found:
    @contextmanager
    def opened(scratch: Path) -> Iterator[Files]:
        tar = scratch / "saved.tar"
        engine.save(image_id, tar, wanted_by)
        with tar_files(wanted_by, tar) as files:
            yield files

    return Found(identity=image_id, opened=opened)


def _dockerfile(path: Path) -> Path | None:
    """Return the Dockerfile that a path is or holds; None: it is something else."""
    if path.is_dir():
        layout = (path / "index.json").exists()
        return None if layout else next((path / name for name in _DOCKERFILES if (path / name).is_file()), None)
    try:
        text = path.read_text() if path.stat().st_size <= _LARGEST_DOCKERFILE_BYTES else ""
    except ValueError:  # no text
        return None
    return path if "\0" not in text and _FROM.search(text) else None
