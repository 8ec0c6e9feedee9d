"""The forms in which a ready server is shared: packed once, kept beside the image, and weighed.

Everything is compressed alike, with gzip at its usual level 6, which is also what an engine pushes to a registry.

=========== ============================================ ==========================================================
form        container image (``load``)                   machine's disk (``copy``)
=========== ============================================ ==========================================================
raw         the archive that ``docker save`` writes      the disk's size, its free space included
allocated                                                blocks that the disk takes on the host: it has holes
compressed  the archive, compressed                      the disk, compressed, and the kernel with its initrd
kernel                                                   of that, the kernel with its initrd
increment   one more layer, of a file of a hundred bytes the blocks of 64 KiB that the same file changes
=========== ============================================ ==========================================================
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import images
from bench.errors import ImageError
from bench.images import cache
from bench.images.debian import mmdebstrap
from bench.images.tar_append import append
from bench.measuring.provision import container
from bench.measuring.provision.inventory import Inventory
from bench.measuring.provision.order import Order
from bench.measuring.provision.reference import read_files, write_files
from bench.model import ImageFile, short_digest

_CHANGE = ImageFile(path="/etc/isobench.changed", mode=0o644, content=b"# one more line of configuration\n" * 3)
_MARK = ImageFile(path="/.isobench/shared", mode=0o644, content=b"this layer is loaded, never imported\n")
"""Makes the packed layer another one than the image's own, which the engine may have already."""

_BLOCK_BYTES = 64 << 10
"""As large as a cluster of a copy-on-write disk (qcow2) is unless told otherwise."""

_ARCHIVE, _SIZES, _FILES = "shared.gz", "sizes.json", "files.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedServer:
    """A server packed to be shared."""

    archive: Path
    digest: str
    """Of the image once it is loaded (its name in the engine follows from it), or of the unpacked disk."""
    shared_bytes: Mapping[str, int]


def shared_image(order: Order) -> PackedServer:
    """Return the image as a compressed archive, packed now if it is not yet."""
    folder = cache.once(order.image.folder / "shared-image", partial(_pack_image, order=order), say=order.say)
    return PackedServer(archive=folder / _ARCHIVE, digest=_shared_digest(order), shared_bytes=_weighed(folder))


def files_of(shared: PackedServer) -> Inventory:
    """Return the files that were in an image when it was packed."""
    return read_files(shared.archive.with_name(_FILES))


def shared_disk(order: Order) -> PackedServer:
    """Return the machine's disk, compressed now if it is not yet."""
    disk = images.disk(order.image, order.say)
    folder = cache.once(
        order.image.folder / f"shared-{disk.stem}", partial(_pack_disk, disk=disk, order=order), say=order.say
    )
    digest = (folder / "digest").read_text()
    return PackedServer(archive=folder / _ARCHIVE, digest=digest, shared_bytes=_weighed(folder))


def shell(line: str, *words: str | Path, failure: str) -> None:
    """Run a line of shell, each ``{}`` in it a word; raises ImageError with what it complained about."""
    quoted = line.format(*(shlex.quote(os.fspath(word)) for word in words))
    status, tail = mmdebstrap._run(["/bin/sh", "-euc", quoted], dict(os.environ))
    if status != 0:
        raise ImageError(f"{failure}: {' / '.join(tail) or f'status {status}'}", remedy="See `df -h`")


def _shared_digest(order: Order) -> str:
    return f"sha256:{short_digest(order.image.digest.encode(), b'shared')}"


def _pack_image(folder: Path, *, order: Order) -> None:
    name = order.image.name
    order.say(f"image {name!r}: packing it as it is shared, once, about a minute")
    cache.require_free(folder.parent, 4 * order.image.tar.stat().st_size, f"image {name!r}, packed,")
    cache.new_folder(folder)
    api = container.engine()
    tag = container.tag_of(_shared_digest(order))
    changed = f"{tag}-changed"
    layer, saved, again = (folder / part for part in ("layer.tar", "saved.tar", "changed.tar"))
    with container.passing(api, changed, tag):
        shutil.copyfile(order.image.tar, layer)
        append(layer, [_MARK])
        container.bring(api, layer, tag, container.SHARED)
        container.save(api, tag, saved)
        container.change(api, tag, changed, _CHANGE)
        container.save(api, changed, again)
    write_files(container.inventory(saved), folder / _FILES)
    sizes = {"raw": saved.stat().st_size, "increment": _increment_bytes(again)}
    sizes["compressed"] = _compress([saved], folder / _ARCHIVE)
    _keep(sizes, folder, layer, saved, again)


def _increment_bytes(changed: Path) -> int:
    """Return the compressed size of an archive of two layers without the lower one, which the receiver has."""
    more = changed.with_name("increment.tar")
    with tarfile.open(changed) as whole, tarfile.open(more, "w") as increment:
        lower, _upper = container.layers(whole)
        for member in whole:
            if member.name != lower:
                increment.addfile(member, whole.extractfile(member) if member.isreg() else None)
    compressed = more.with_name("increment.gz")
    compressed_bytes = _compress([more], compressed)
    more.unlink()
    compressed.unlink()
    return compressed_bytes


def _pack_disk(folder: Path, *, disk: Path, order: Order) -> None:
    name = order.image.name
    order.say(f"image {name!r}: packing its disk as it is shared, once, about half a minute")
    cache.require_free(folder.parent, 2 * order.image.tar.stat().st_size, f"image {name!r} as a packed disk")
    cache.new_folder(folder)
    boot = images.kit(order.image.suite, say=order.say)
    changed, increment, packed = (folder / part for part in ("changed.ext4", "increment", "packed.gz"))
    (folder / "digest").write_text(cache.sha256(disk))
    sizes = {"raw": disk.stat().st_size, "allocated": disk.stat().st_blocks * 512}
    sizes["kernel"] = _compress([boot.kernel, boot.initrd], packed)
    sizes["compressed"] = _compress([disk], folder / _ARCHIVE) + sizes["kernel"]
    _change_disk(disk, changed)
    _keep_changed(disk, changed, increment)
    sizes["increment"] = _compress([increment], packed)
    _keep(sizes, folder, changed, increment, packed)


def _change_disk(disk: Path, changed: Path) -> None:
    """Put the file of the change into a copy of the disk."""
    source = changed.with_name("change")
    source.write_bytes(_CHANGE.content)
    folder, name = _CHANGE.path.rsplit("/", 1)
    failure = "a changed disk could not be made"
    shell("cp --sparse=always {} {}", disk, changed, failure=failure)
    shell(
        "printf 'cd %s\\nwrite %s %s\\n' {} {} {} | debugfs -w -f - {}", folder, source, name, changed, failure=failure
    )
    source.unlink()


def _keep_changed(disk: Path, changed: Path, increment: Path) -> None:
    """Write the blocks of ``changed`` that are not those of ``disk``, each after its number."""
    with disk.open("rb") as one, changed.open("rb") as other, increment.open("wb") as blocks:
        number = 0
        while block := other.read(_BLOCK_BYTES):
            if block != one.read(_BLOCK_BYTES):
                blocks.write(number.to_bytes(8, "big") + block)
            number += 1


def _compress(sources: Sequence[Path], target: Path) -> int:
    """Compress files one after another into one; return its size in bytes."""
    places = " ".join("{}" for _ in sources)
    shell(f"cat {places} | gzip -6 -n > {{}}", *sources, target, failure=f"{sources[0].name} could not be compressed")
    target.chmod(0o644)
    return target.stat().st_size


def _keep(sizes: Mapping[str, int], folder: Path, *scratch: Path) -> None:
    """Keep the sizes, and nothing that only served to find them."""
    (folder / _SIZES).write_text(json.dumps(sizes) + "\n")
    for path in scratch:
        path.unlink()


def _weighed(folder: Path) -> dict[str, int]:
    sizes: dict[str, int] = json.loads((folder / _SIZES).read_text())
    return sizes
