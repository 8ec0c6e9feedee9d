"""Tars from outside, read so that none can be read for ever, or into more memory than a header is worth.

``tarfile`` believes what headers say: a size below zero leads back to what was read before, one beyond the file into
its memory. Here a tar moves on with every member, and nothing in it is longer than the tar itself.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import struct
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

_MOST_AT_ONCE_BYTES = 32 << 20
"""More than a document of an image; longer names and extended headers are none (Go's archive/tar takes 1 MiB)."""

UNREADABLE = (
    tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, struct.error,
    ValueError, LookupError, ArithmeticError, RecursionError, MemoryError, AssertionError,
)  # fmt: skip
"""What tarfile and what unpacks raise over a damaged file, beside errors of their own: they believe its numbers."""


class TarBytes(io.BufferedReader):
    """A tar's bytes, of which nobody takes more at once than an honest reader would."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.size_bytes = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """Read ``size`` bytes; raises ReadError for a size that only a header that lies can have asked for."""
        if size is None or not 0 <= size <= _MOST_AT_ONCE_BYTES:
            raise tarfile.ReadError(f"a header asks for {size} bytes")
        return super().read(size)


@contextmanager
def opened_tar(path: Path) -> Iterator[tuple[tarfile.TarFile, TarBytes]]:
    """Open a plain tar; raises ReadError where it begins with nothing that a tar begins with."""
    with TarBytes(path) as raw, tarfile.open(fileobj=raw, mode="r:") as archive:
        yield archive, raw


def advancing(archive: tarfile.TarFile, raw: TarBytes) -> Iterator[tarfile.TarInfo]:
    """Yield every member; raises ReadError for one that does not lead on, or says more than the tar has."""
    while (member := _next(archive)) is not None:
        stored = archive.offset - member.offset_data
        if archive.offset <= member.offset or archive.offset > raw.size_bytes + tarfile.BLOCKSIZE:
            raise tarfile.ReadError(
                f"{member.name[:100]!r} begins at byte {member.offset} and ends at {archive.offset}, in a tar of "
                f"{raw.size_bytes} bytes"
            )
        if not (_sparse_as_stored(member, stored) if member.issparse() else _as_stored(member, stored)):
            raise tarfile.ReadError(
                f"{member.name[:100]!r} is said to have {member.size} bytes, and {stored} in the tar do not make them"
            )
        yield member


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except UNREADABLE as error:
        raise tarfile.ReadError(f"in its header at byte {archive.offset}: {error or type(error).__name__}") from error


def _as_stored(member: tarfile.TarInfo, stored_bytes: int) -> bool:
    return member.size >= 0 and (member.size <= stored_bytes or not member.isreg())


def _sparse_as_stored(member: tarfile.TarInfo, stored_bytes: int) -> bool:
    """Whether the parts of a file with holes come one after the other, inside of it, and are there."""
    parts = cast("Sequence[tuple[int, int]]", member.sparse)  # typeshed takes it for bytes
    at = 0
    for offset, size in parts:
        if size and (offset < at or size < 0):  # a part of no size fills up the header
            return False
        at = max(at, offset + size)
    return at <= member.size and sum(size for _, size in parts) <= stored_bytes
