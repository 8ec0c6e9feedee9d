"""A recipe and a scenario's files become an image: base layer, static shell, entry, files, in one tar."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from functools import partial
from importlib import resources
from pathlib import Path

from bench.errors import ImageError
from bench.images import cache, lock
from bench.images.boot.kit import Kit, kit
from bench.images.debian.base_layer import debian_base
from bench.images.devices import devices
from bench.images.forms import disk_needed_bytes
from bench.images.tar_append import append, link_on_the_way
from bench.model import Image, ImageFile, Recipe, Say, short_digest

ENTRY = "/.isobench/entry"
"""What every isolation runs: ``ENTRY NONCE COMMAND...``."""

_RESERVED = "/.isobench/"
_ROOM_BYTES = 512 * cache.MIB
"""What a machine's disk has beyond an imported image's content, where the recipe does not say how large it is."""
_DISK_STEP_BYTES = 64 * cache.MIB


def build(recipe: Recipe, files: Sequence[ImageFile] = (), *, say: Say) -> Image:
    """Return the image of ``recipe`` with a scenario's ``files`` on top, from the cache or made now.

    A file of the scenario replaces one of the recipe at the same path. The same base and files give the
    same digest, always. Raises ImageError.
    """
    ours = {file.path: file for file in (*recipe.files, *files)}
    for path in ours:
        _check_path(path, recipe.name)
    lower = _lower(recipe, say)
    boot = kit(recipe.suite, say=say)
    content = (*_own_files(boot), *_told(lower), *(ours[path] for path in sorted(ours)))
    below = lock.read(lower / "lock.json")
    folder = cache.once(
        cache.shelf("images") / short_digest(below.digest.encode(), *_origin(below), *map(_identity, content)),
        partial(_make, lower=lower, boot=boot, content=content, name=recipe.name),
        whole=lock.whole,
        say=say,
    )
    locked = lock.read(folder / "lock.json")
    return Image(
        name=recipe.name,
        digest=locked.digest,
        folder=folder,
        suite=recipe.suite,
        disk_bytes=recipe.disk_bytes or _roomy(locked.needed_bytes),
        entrypoint=locked.imported.entrypoint if locked.imported else (),
        default=locked.imported.cmd if locked.imported else (),
    )


def require_real_folder(image: Image, path: str) -> None:
    """Raise ImageError where a path inside leads through a link: seen from the host, it may point anywhere on it."""
    link = link_on_the_way(image.tar, path)
    if link:
        raise ImageError(
            f"image {image.name!r}: {path} leads through the symbolic link {link}, where nothing can be mounted safely",
            remedy="Choose another path in [storage], or the one that the link points to",
        )


def verify(image: Image) -> bool:
    """Whether a cached image is still there, every part of the size its lock gives; reads no content."""
    return lock.whole(image.folder) and lock.read(image.lock).digest == image.digest


def _lower(recipe: Recipe, say: Say) -> Path:
    if recipe.source is None:
        return debian_base(recipe, say=say)
    from bench.images import oci  # noqa: PLC0415 - brings pydantic, which most runs need no second time

    return oci.imported_base(recipe.source, wanted_by=f"image {recipe.name!r}", say=say)


def _roomy(needed_bytes: int) -> int:
    return -(-(needed_bytes + _ROOM_BYTES) // _DISK_STEP_BYTES) * _DISK_STEP_BYTES


def _own_files(boot: Kit) -> tuple[ImageFile, ...]:
    entry = resources.files("bench.images").joinpath("entry.sh").read_bytes()
    return (
        ImageFile(path="/.isobench/busybox", mode=0o755, content=boot.busybox.read_bytes()),
        ImageFile(path=ENTRY, mode=0o755, content=entry),
        ImageFile(path=f"{_RESERVED}devices.tar", mode=0o644, content=devices()),
    )


def _told(lower: Path) -> tuple[ImageFile, ...]:
    """Return what an imported image tells the entry; nothing for one that is made of packages."""
    told = sorted((lower / "own").glob("*"))
    return tuple(ImageFile(path=f"{_RESERVED}{one.name}", mode=0o644, content=one.read_bytes()) for one in told)


def _make(folder: Path, *, lower: Path, boot: Kit, content: Sequence[ImageFile], name: str) -> None:
    lower_tar, tar = lower / "base.tar", folder / "rootfs.tar"
    added = sum(len(file.content) for file in content)
    cache.require_free(folder.parent, lower_tar.stat().st_size + added + cache.MIB, f"image {name!r}")
    cache.new_folder(folder)
    shutil.copyfile(lower_tar, tar)
    append(tar, content)
    tar.chmod(0o644)
    below = lock.read(lower / "lock.json")
    lock.write(
        lock.Lock(
            suite=below.suite,
            architecture=below.architecture,
            digest=f"sha256:{cache.sha256(tar)}",
            packages=below.packages,
            files=tuple(map(_locked, content)),
            busybox=lock.read(boot.lock).package("busybox-static"),
            sizes=lock.sizes(folder, tar.name),
            needed_bytes=disk_needed_bytes(tar),
            imported=below.imported,
        ),
        folder / "lock.json",
    )


def _locked(file: ImageFile) -> lock.LockedFile:
    digest = hashlib.sha256(file.content).hexdigest()
    return lock.LockedFile(path=file.path, mode=f"{file.mode:04o}", sha256=digest)


def _origin(below: lock.Lock) -> tuple[bytes, ...]:
    """What tells an imported image from others of the same content: its lock says where it came from."""
    return (below.imported.reference.encode(), below.imported.digest.encode()) if below.imported else ()


def _identity(file: ImageFile) -> bytes:
    return f"{file.mode:o} {file.path} {hashlib.sha256(file.content).hexdigest()}".encode()


def _check_path(path: str, name: str) -> None:
    parts = path.split("/")
    if parts[0] or len(parts) < 2 or {"", ".", ".."} & set(parts[1:]):
        raise ImageError(
            f"image {name!r}: {path!r} is no path inside an image",
            remedy="Write it from the root, without . and .., like /opt/workload.sh",
        )
    if path.startswith(_RESERVED):
        raise ImageError(f"image {name!r}: {path!r} is reserved", remedy=f"Use a path outside {_RESERVED}")
