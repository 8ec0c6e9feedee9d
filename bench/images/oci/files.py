"""The files of a saved image or of an OCI layout, wherever they lie."""

from __future__ import annotations

import tarfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from bench.errors import ImageError
from bench.images.oci.tars import UNREADABLE, TarBytes, advancing, opened_tar
from bench.images.packing import is_packed, unpack

_MOST_DOCUMENT_BYTES = 16 << 20
"""Manifests are limited to 4 MiB by registries; larger than this is no document."""

MEND = "Save the image again, and compare the file with its original"


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
        with broken_as(f"{self.says}: {quoted(path)}"), self.opened(path) as stream:
            content = stream.read(_MOST_DOCUMENT_BYTES + 1)
        if len(content) > _MOST_DOCUMENT_BYTES:
            raise ImageError(f"{self.says}: {quoted(path)} is larger than any document of an image", remedy=MEND)
        return content

    def missing(self, path: str) -> ImageError:
        """Return the error for a file that is not there."""
        return ImageError(f"{self.says} holds no {quoted(path)}: it is not whole", remedy=MEND)


class Folder(Files):
    """A layout in a folder."""

    def __init__(self, says: str, folder: Path) -> None:
        super().__init__(says)
        self._folder = folder

    def __contains__(self, path: str) -> bool:
        """Whether it is a file below the folder; its documents cannot name others, though links may lead to them."""
        inside = PurePosixPath(path)
        named = not inside.is_absolute() and ".." not in inside.parts and "\0" not in path
        return named and (self._folder / path).is_file()

    def opened(self, path: str) -> IO[bytes]:
        """Open a file below the folder."""
        if path not in self:
            raise self.missing(path)
        with broken_as(f"{self.says}: {quoted(path)}"):
            return (self._folder / path).open("rb")


class Tar(Files):
    """A layout or a saved image in a plain tar; nothing of it is unpacked by name."""

    def __init__(self, says: str, archive: tarfile.TarFile, raw: TarBytes) -> None:
        super().__init__(says)
        self._archive = archive
        self._members = {member.name.removeprefix("./"): member for member in advancing(archive, raw)}

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
            raise ImageError(f"{self.says}: {quoted(path)} is no file", remedy=MEND)
        return stream


@contextmanager
def tar_files(says: str, path: Path, scratch: Path) -> Iterator[Tar]:
    """Open a tar as files, unpacked into ``scratch`` where it is packed.

    Raises ImageError when it is none, or damaged, or when there is no room for it.
    """
    with ExitStack() as stack:
        with broken_as(says):
            plain = _plain(says, path, scratch)
            try:
                archive, raw = stack.enter_context(opened_tar(plain))
            except tarfile.ReadError as error:
                raise ImageError(f"{says} is neither a tar nor a Dockerfile, or is damaged", remedy=MEND) from error
            files = Tar(says, archive, raw)
        yield files


def _plain(says: str, path: Path, scratch: Path) -> Path:
    if not is_packed(path):
        return path
    plain = scratch / "plain.tar"
    unpack(lambda: path.open("rb"), plain, says)
    return plain


@contextmanager
def broken_as(what: str) -> Iterator[None]:
    """Turn what a library raises over a damaged file into an error that names it: the one place of this door."""
    try:
        yield
    except UNREADABLE as error:
        raise ImageError(
            f"{what} is damaged or not whole: {quoted(str(error)) or type(error).__name__}", remedy=MEND
        ) from error
    except OSError as error:
        raise ImageError(f"{what} cannot be read: {error.strerror or error}", remedy="See what it says") from error


def quoted(text: str, longest: int = 200) -> str:
    """Return text from outside, fit for a message: quoted and escaped where it is not printable, and short."""
    printable = text if text.isprintable() else repr(text)
    return printable if len(printable) <= longest else f"{printable[: longest - 3]}..."
