"""Where an image comes from, told by looking at what its name leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ImageError
from bench.images import cache
from bench.images.oci import engine
from bench.images.oci.files import Files, Folder, broken_as, tar_files
from bench.images.oci.layout import Held, held
from bench.model import ImageSource, Say

_DOCKERFILES = ("Dockerfile", "Containerfile")
_FROM = re.compile(r"^\s*FROM\s+\S", re.MULTILINE | re.IGNORECASE)
_LARGEST_DOCKERFILE_BYTES = 1 << 20

Opened = Callable[[Path], AbstractContextManager[tuple[Files, Held]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundImage:
    """An image that is there: what tells its content from any other's, and the rest, given scratch space."""

    identity: str
    opened: Opened


@contextmanager
def found(source: ImageSource, wanted_by: str, say: Say) -> Iterator[FoundImage]:
    """Find an image: read, pulled or built. What is packed is unpacked for as long as the block lasts.

    Raises ImageError when it is not there, or is of none of the known forms.
    """
    path = source.path
    if path is None:
        yield _in_engine(engine.local_image(source.reference, wanted_by, say), wanted_by)
        return
    says = f"{wanted_by} ({path})"
    dockerfile = _dockerfile(path, says)
    if dockerfile is not None:
        yield _in_engine(engine.built_image(dockerfile, wanted_by, say), wanted_by)
        return
    with cache.scratch("bases") as scratch, _files(says, path, scratch) as files:
        image = held(files, source.chosen)
        yield FoundImage(identity=image.digest, opened=lambda _scratch: nullcontext((files, image)))


def _files(says: str, path: Path, scratch: Path) -> AbstractContextManager[Files]:
    if path.is_dir():
        return nullcontext(Folder(says, path))
    if not path.is_file():  # a pipe would be waited for
        raise ImageError(f"{says} is neither a file nor a folder", remedy="Save the image into a file")
    return tar_files(says, path, scratch)


def _in_engine(image_id: str, wanted_by: str) -> FoundImage:
    @contextmanager
    def opened(scratch: Path) -> Iterator[tuple[Files, Held]]:
        tar = scratch / "saved.tar"
        engine.save(image_id, tar, wanted_by)
        with tar_files(wanted_by, tar, scratch) as files:
            yield files, held(files)

    return FoundImage(identity=image_id, opened=opened)


def _dockerfile(path: Path, says: str) -> Path | None:
    """Return the Dockerfile that a path is or holds; None: it is something else."""
    if path.is_dir():
        layout = (path / "oci-layout").exists()  # index.json alone is anybody's
        return None if layout else next((path / name for name in _DOCKERFILES if (path / name).is_file()), None)
    with broken_as(says):
        small = path.is_file() and path.stat().st_size <= _LARGEST_DOCKERFILE_BYTES
        text = path.read_bytes().decode("utf-8-sig", errors="replace") if small else ""
    return path if "\0" not in text and _FROM.search(text) else None
