"""What one layer's tar brings, each thing with a name that cannot lead out of the root."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.errors import ImageError
from bench.images.imported.files import MEND, broken_as

Parts = tuple[str, ...]
"""A path from the root, part by part; none: the root itself."""

_LONGEST_PART_BYTES = 255
_LONGEST_PATH_BYTES = 4000
"""What Linux takes (NAME_MAX, PATH_MAX 4096) where the root itself lies some folders deep."""

_KINDS = {
    tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.LNKTYPE, tarfile.SYMTYPE,
    tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's open tar."""

    number: int
    where: str
    """How messages call it."""
    archive: tarfile.TarFile

    def members(self) -> Iterator[tuple[Parts, tarfile.TarInfo]]:
        """Yield everything in it, in its order. Raises ImageError for what no honest layer holds."""
        with broken_as(self.where):
            for member in self.archive:
                if member.type not in _KINDS:
                    raise self.refused(member.name, f"is of the unknown kind {member.type!r}")
                yield self.parts(member.name, member.name), member
        self._require_end()

    def content(self, member: tarfile.TarInfo) -> IO[bytes]:
        """Open a regular file's content."""
        stream = self.archive.extractfile(member)
        assert stream is not None
        return stream

    def parts(self, path: str, of: str) -> Parts:
        """Return a path without empty parts and '.'; raises ImageError for one that is absolute or leads up."""
        found = tuple(part for part in path.split("/") if part not in ("", "."))
        if path.startswith("/"):
            raise self.refused(of, "has an absolute name" if path == of else f"links to the absolute name {path!r}")
        if ".." in found:
            raise self.refused(of, "leads out of its folder with '..'" + ("" if path == of else f", in {path!r}"))
        if "\0" in path:
            raise self.refused(of, "has a NUL character in its name")
        sizes = [len(part.encode(errors="surrogateescape")) for part in found]
        if max(sizes, default=0) > _LONGEST_PART_BYTES or sum(sizes) + len(sizes) > _LONGEST_PATH_BYTES:
            raise self.refused(of, "has a name that is too long for Linux")
        return found

    def refused(self, name: str, why: str) -> ImageError:
        """Return the error for a member that cannot be taken."""
        shown = name if len(name) <= 100 else f"{name[:97]}..."
        return ImageError(
            f"{self.where}: {shown!r} {why}", remedy="Build the image with a tool that makes no such layer"
        )

    def _require_end(self) -> None:
        """After the last member only zeros may come: a header that cannot be read ends a tar silently."""
        self.archive.fileobj.seek(self.archive.offset)
        if self.archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise ImageError(f"{self.where} is no tar from byte {self.archive.offset} on", remedy=MEND)


@contextmanager
def opened(tar: Path, number: int, where: str) -> Iterator[Layer]:
    """Open a layer's plain tar; raises ImageError when it is none."""
    with broken_as(where):
        archive = tarfile.open(tar, "r:")  # noqa: SIM115 - closed below
    with archive:
        yield Layer(number, where, archive)
