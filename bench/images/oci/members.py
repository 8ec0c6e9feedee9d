"""What one layer's tar brings, each thing with a name that cannot lead out of the root."""

from __future__ import annotations

import math
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.errors import ImageError
from bench.images.oci.files import MEND, broken_as, quoted
from bench.images.oci.tars import TarBytes, advancing, opened_tar

Parts = tuple[str, ...]
"""A path from the root, part by part; none: the root itself."""

LONGEST_PART_BYTES = 255
_LONGEST_PATH_BYTES = 4000
"""What Linux takes (NAME_MAX, PATH_MAX 4096) where the root itself lies some folders deep."""

_LONGEST_LINK = 4095

_KINDS = {
    tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.LNKTYPE, tarfile.SYMTYPE,
    tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
}  # fmt: skip


_LARGEST_ID = (1 << 32) - 2
"""The last of 32 bits is how chown(2) says: none."""

_LARGEST_DEVICE = ((1 << 12) - 1, (1 << 20) - 1)
"""Linux's own limits of major and minor numbers (include/linux/kdev_t.h)."""

_LARGEST_FILE_BYTES = (1 << 63) - 1

_LAST_S = ((1 << 63) - 1) // 10**9
"""What fits into nanoseconds in 64 bits. A time before 1970 or beyond this becomes 1970, as engines have it (moby,
pkg/system/chtimes.go); builders leave the year 1 where they mean none."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's open tar."""

    number: int
    where: str
    """How messages call it."""
    archive: tarfile.TarFile | None
    """None: a layer of no bytes, which brings nothing."""
    raw: TarBytes | None = None

    def members(self) -> Iterator[tuple[Parts, tarfile.TarInfo]]:
        """Yield everything in it, in its order. Raises ImageError for what no honest layer holds."""
        if self.archive is None or self.raw is None:
            return
        with broken_as(self.where):
            for member in advancing(self.archive, self.raw):
                if member.type not in _KINDS:
                    raise self.refused(member.name, f"is of the unknown kind {member.type!r}")
                self._require_known(member)
                yield self.parts(member.name, member.name), member
            self._require_end(self.raw, self.archive.offset)

    def content(self, member: tarfile.TarInfo) -> IO[bytes]:
        """Open a regular file's content."""
        assert self.archive is not None
        stream = self.archive.extractfile(member)
        assert stream is not None
        return stream

    def parts(self, path: str, of: str) -> Parts:
        """Return a path from the root, without '.' and '..', absolute or not; raises ImageError where it leads out.

        Engines take absolute names too: some builders write no others.
        """
        found: list[str] = []
        for part in path.split("/"):
            if part == ".." and not found:
                raise self.refused(of, "leads out of the root with '..'" + ("" if path == of else f", in {path!r}"))
            if part == "..":
                found.pop()
            elif part not in ("", "."):
                found.append(part)
        if "\0" in path:
            raise self.refused(of, "has a NUL character in its name" if path == of else f"links to {path!r}")
        sizes = [size(part) for part in found]
        if max(sizes, default=0) > LONGEST_PART_BYTES or sum(sizes) + len(sizes) > _LONGEST_PATH_BYTES:
            raise self.refused(of, "has a name that is too long for Linux")
        return tuple(found)

    def refused(self, name: str, why: str) -> ImageError:
        """Return the error for a member that cannot be taken."""
        shown = name if len(name) <= 100 else f"{name[:97]}..."
        return ImageError(
            f"{self.where}: {shown!r} {why}", remedy="Build the image with a tool that makes no such layer"
        )

    def _require_known(self, member: tarfile.TarInfo) -> None:
        """Refuse what no file can have; where engines read another time instead, so does this."""
        numbers = [("size", member.size, _LARGEST_FILE_BYTES)]  # of a file with holes, anything can be said to be it
        numbers += [("user's number", member.uid, _LARGEST_ID), ("group's number", member.gid, _LARGEST_ID)]
        if member.type in (tarfile.CHRTYPE, tarfile.BLKTYPE):
            given = zip(("major", "minor"), (member.devmajor, member.devminor), _LARGEST_DEVICE, strict=True)
            numbers += [(f"device's {which} number", number, largest) for which, number, largest in given]
        for what, number, largest in numbers:
            if not 0 <= number <= largest:
                raise self.refused(
                    member.name, f"has {quoted(str(number), 40)} for its {what}, which should be from 0 to {largest}"
                )
        if not math.isfinite(member.mtime):
            raise self.refused(member.name, f"has the time {member.mtime}")
        member.mtime = member.mtime if 0 <= member.mtime <= _LAST_S else 0
        if member.issym() and (not member.linkname or "\0" in member.linkname or size(member.linkname) > _LONGEST_LINK):
            raise self.refused(member.name, f"links to {member.linkname[:100]!r}, which is no path")
        if odd := [key for key in member.pax_headers if "\0" in key]:
            raise self.refused(member.name, f"has the attribute {odd[0][:100]!r}, whose name holds a NUL character")

    def _require_end(self, raw: TarBytes, end: int) -> None:
        """After the last member only zeros may come: a header that cannot be read ends a tar silently."""
        raw.seek(end)
        if raw.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise ImageError(f"{self.where} is no tar from byte {end} on", remedy=MEND)


def size(text: str) -> int:
    """Return how many bytes a name has on the disk."""
    return len(text.encode(errors="surrogateescape"))


@contextmanager
def opened(tar: Path, number: int, where: str) -> Iterator[Layer]:
    """Open a layer's plain tar; raises ImageError when it is none."""
    if tar.stat().st_size == 0:
        yield Layer(number, where, None)
        return
    with ExitStack() as stack:
        with broken_as(where):
            archive, raw = stack.enter_context(opened_tar(tar))
        yield Layer(number, where, archive, raw)
