"""The files of a saved image or of an OCI layout, wherever they lie."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.errors import ImageError

_MOST_DOCUMENT_BYTES = 16 << 20
"""Manifests are limited to 4 MiB by registries; larger than this is no document."""

MEND = "Save the image again, and compare the file with its original"

BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
"""What reading a damaged or truncated tar raises."""


class Files(ABC):
    """Files by their path, read only."""

    def __init__(self, says: str) -> None:
        self.says = says
        """What these files are, for messages."""

    @abstractmethod
    def __contains__(self, path: str) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def opened(self, path: str) -> IO[bytes]:
        """Open a file; raises ImageError when it is missing or cannot be read."""

    def document(self, path: str) -> bytes:
        """Read a small file; raises ImageError also when it is none."""
        with broken_as(f"{self.says}: {path}"), self.opened(path) as stream:
            content = stream.read(_MOST_DOCUMENT_BYTES + 1)
        if len(content) > _MOST_DOCUMENT_BYTES:
            raise ImageError(f"{self.says}: {path} is larger than any document of an image", remedy=MEND)
        return content

    def missing(self, path: str) -> ImageError:
        """Return the error for a file that is not there."""
        return ImageError(f"{self.says} holds no {path}: it is not whole", remedy=MEND)


class Folder(Files):
    """A layout in a folder."""

    def __init__(self, says: str, folder: Path) -> None:
        super().__init__(says)
        self._folder = folder

    def __contains__(self, path: str) -> bool:
        return (self._folder / path).is_file()

    def opened(self, path: str) -> IO[bytes]:
        """Open a file below the folder."""
        if path not in self:
            raise self.missing(path)
        with broken_as(f"{self.says}: {path}"):
            return (self._folder / path).open("rb")


class Tar(Files):
    """A layout or a saved image in a tar, which may be compressed; nothing of it is unpacked by name."""

    def __init__(self, says: str, archive: tarfile.TarFile) -> None:
        super().__init__(says)
        self._archive = archive
        self._members = {member.name.removeprefix("./"): member for member in archive}

    def __contains__(self, path: str) -> bool:
        return path in self._members

    def opened(self, path: str) -> IO[bytes]:
        """Open a member; a link among the members (older engines save a layer twice so) is followed in the tar."""
        if path not in self._members:
            raise self.missing(path)
        try:
            stream = self._archive.extractfile(self._members[path])
        except (KeyError, RecursionError):
            stream = None
        if stream is None:
            raise ImageError(f"{self.says}: {path} is no file", remedy=MEND)
        return stream


@contextmanager
def tar_files(says: str, path: Path) -> Iterator[Tar]:
    """Open a tar as files; raises ImageError when it is none, or damaged."""
    with broken_as(says):
        try:
            archive = tarfile.open(path)  # noqa: SIM115 - closed below; what the caller does is no damage of the tar
        except tarfile.ReadError as error:
            raise ImageError(f"{says} is neither a tar nor a Dockerfile, or is damaged", remedy=MEND) from error
    with archive:
        with broken_as(says):
            files = Tar(says, archive)
        yield files


@contextmanager
def broken_as(what: str) -> Iterator[None]:
    """Turn what a damaged file raises into an error that names it."""
    try:
        yield
    except BROKEN as error:
        raise ImageError(f"{what} is damaged or not whole: {error or type(error).__name__}", remedy=MEND) from error
    except OSError as error:
        raise ImageError(f"{what} cannot be read: {error.strerror or error}", remedy="See what it says") from error
