"""What is packed, unpacked: told by its first bytes, as engines do, and measured before a byte is written."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, cast

from bench.errors import ImageError
from bench.images import cache

_CHUNK_BYTES = 1 << 20

_LONGEST_MAGIC = 6

Opener = Callable[[IO[bytes]], AbstractContextManager[IO[bytes]]]


def is_packed(path: Path) -> bool:
    """Whether a file's first bytes are those of something packed."""
    with path.open("rb") as raw:
        return _opener(raw.read(_LONGEST_MAGIC)) is not None


def unpack(opened: Callable[[], IO[bytes]], to: Path, where: str, *, wanted: str | None = None) -> None:
    """Write what a stream holds, unpacked, to ``to``.

    It is read twice: a small file can unpack to one that fills every disk, and nothing but unpacking can tell. Raises
    ImageError, which begins with ``where``, before anything is written: when there is no room, or when the content
    has not the digest that is ``wanted``.
    """
    with _plain(opened) as stream:
        size_bytes, digest = _measured(stream, cache.free_bytes(to.parent))
    cache.require_free(to.parent, size_bytes, where)
    require_digest(where, "its content", digest, wanted)
    with _plain(opened) as stream, to.open("wb") as out:
        while chunk := stream.read(_CHUNK_BYTES):
            out.write(chunk)


def require_digest(where: str, what: str, found: str, wanted: str | None) -> None:
    """Raise ImageError unless a SHA-256 is the one that is wanted."""
    if wanted is not None and f"sha256:{found}" != wanted:
        raise ImageError(
            f"{where}: {what} has the digest sha256:{found}, not {wanted}: it is damaged or not whole",
            remedy="Save the image again, and compare the file with its original",
        )


def _measured(stream: IO[bytes], limit_bytes: int) -> tuple[int, str]:
    """Return the size and the SHA-256 of a stream, of which no more is read than just beyond a limit."""
    digest, size_bytes = hashlib.sha256(), 0
    while size_bytes <= limit_bytes and (chunk := stream.read(_CHUNK_BYTES)):
        size_bytes += len(chunk)
        digest.update(chunk)
    return size_bytes, digest.hexdigest()


@contextmanager
def _plain(opened: Callable[[], IO[bytes]]) -> Iterator[IO[bytes]]:
    with opened() as raw:
        start = raw.read(_LONGEST_MAGIC)
        raw.seek(0)
        with (_opener(start) or nullcontext)(raw) as stream:
            yield stream


def _opener(start: bytes) -> Opener | None:
    openers = {b"\x1f\x8b": gzip.open, b"\x28\xb5\x2f\xfd": _unzstd, b"\xfd7zXZ\x00": lzma.open, b"BZh": bz2.open}
    found = next((opener for magic, opener in openers.items() if start.startswith(magic)), None)
    return cast("Opener | None", found)


@contextmanager
def _unzstd(raw: IO[bytes]) -> Iterator[IO[bytes]]:
    import zstandard  # noqa: PLC0415 - few images need it

    try:
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
            yield stream
    except zstandard.ZstdError as error:
        raise EOFError(str(error)) from error  # as the standard library's own say it
