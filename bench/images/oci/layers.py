"""Each layer of an image as a plain tar, held against its digests."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from pathlib import Path

from bench.images import cache
from bench.images.oci.files import Files, broken_as
from bench.images.oci.layout import LayerBlob
from bench.images.packing import require_digest, unpack


def unpacked(files: Files, layer: LayerBlob, to: Path, where: str) -> Path:
    """Write a layer's plain tar to ``to``.

    Raises ImageError, which begins with ``where``, when the blob is missing or damaged, when it or its content is not
    what its digests say, or when there is no room; nothing is written then.
    """
    with broken_as(where):
        with files.opened(layer.path) as raw:
            cache.require_free(to.parent, raw.seek(0, io.SEEK_END), where)  # a file with holes is stored small
            raw.seek(0)
            if layer.digest is not None:
                require_digest(where, "it", hashlib.file_digest(raw, "sha256").hexdigest(), layer.digest)  # type: ignore[arg-type]
        unpack(partial(files.opened, layer.path), to, where, wanted=layer.diff_id)
    return to
