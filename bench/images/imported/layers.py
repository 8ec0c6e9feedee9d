"""Each layer as a plain tar on the disk, its content held against its digests."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.errors import ImageError
from bench.images import cache
from bench.images.imported.files import MEND, Files, broken_as
from bench.images.imported.layout import LayerBlob

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES = 1 << 20
_GLANCE_BYTES = 64 * cache.MIB
"""How much is written before somebody looks again whether there is room: a small file can unpack to a large one."""


def unpacked(files: Files, layer: LayerBlob, to: Path, where: str) -> Path:
    """Write a layer's plain tar to ``to``; what is packed is told by its first bytes, as engines do.

    Raises ImageError, which begins with ``where``, when the blob is missing or damaged, when it or its content is not
    what its digests say, or when there is no room.
    """
    with broken_as(where):
        if layer.digest is not None:
            with files.opened(layer.path) as raw:
                _require(where, "it", hashlib.file_digest(raw, "sha256").hexdigest(), layer.digest)  # type: ignore[arg-type]
        with files.opened(layer.path) as raw, _plain(raw, to, where) as stream:
            plain = _kept(stream, to, where)
    _require(where, "its content", plain, layer.diff_id)
    return to


def _kept(stream: IO[bytes], to: Path, where: str) -> str:
    """Write a stream to a file while there is room; return its SHA-256."""
    digest, unseen_bytes = hashlib.sha256(), _GLANCE_BYTES
    with to.open("wb") as out:
        while chunk := stream.read(_CHUNK_BYTES):
            unseen_bytes += out.write(chunk)
            digest.update(chunk)
            if unseen_bytes >= _GLANCE_BYTES:
                cache.require_free(to.parent, _GLANCE_BYTES, where)
                unseen_bytes = 0
    return digest.hexdigest()


def _require(where: str, what: str, found: str, wanted: str) -> None:
    if f"sha256:{found}" != wanted:
        raise ImageError(
            f"{where}: {what} has the digest sha256:{found}, not {wanted}: it is damaged or not whole", remedy=MEND
        )


@contextmanager
def _plain(raw: IO[bytes], beside: Path, where: str) -> Iterator[IO[bytes]]:
    start = raw.read(len(_ZSTD))
    raw.seek(0)
    if start.startswith(_GZIP):
        with io.BufferedReader(gzip.GzipFile(fileobj=raw)) as stream:
            yield stream
    elif start == _ZSTD:
        packed = beside.with_suffix(".zst")
        with packed.open("wb") as out:
            shutil.copyfileobj(raw, out)
        with _unzstd(packed, where) as piped:
            yield piped
        packed.unlink()
    else:
        yield raw


@contextmanager
def _unzstd(packed: Path, where: str) -> Iterator[IO[bytes]]:
    if shutil.which("zstd") is None:
        raise ImageError(f"{where} is packed with zstd, which is not installed", remedy="apt-get install zstd")
    with subprocess.Popen(
        ["zstd", "-dcq", packed], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            raise ImageError(f"{where} is damaged or not whole: zstd could not unpack it", remedy=MEND)
