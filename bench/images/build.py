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
from bench.images.base import base
from bench.images.cache import Say
from bench.images.kernel import Kit, kit
from bench.images.layer import append
from bench.model import Image, ImageFile, Recipe, short_digest

ENTRY = "/.isobench/entry"
"""What every isolation runs: ``ENTRY NONCE COMMAND...``."""

_RESERVED = "/.isobench/"


def build(recipe: Recipe, files: Sequence[ImageFile] = (), *, say: Say) -> Image:
    """Return the image of ``recipe`` with a scenario's ``files`` on top, from the cache or made now.

    A file of the scenario replaces one of the recipe at the same path. The same base and files give the
    same digest, always. Raises ImageError.
    """
    ours = {file.path: file for file in (*recipe.files, *files)}
    for path in ours:
        _check_path(path, recipe.name)
    lower = base(recipe, say=say)
    boot = kit(recipe.suite, say=say)
    content = (*_own_files(boot), *(ours[path] for path in sorted(ours)))
    base_digest = lock.read(lower / "lock.json").digest
    folder = cache.once(
        cache.shelf("images") / short_digest(base_digest.encode(), *map(_identity, content)),
        partial(_make, lower=lower, boot=boot, content=content, name=recipe.name),
        whole=lock.whole,
        say=say,
    )
    return Image(
        name=recipe.name,
        digest=lock.read(folder / "lock.json").digest,
        folder=folder,
        suite=recipe.suite,
        disk_bytes=recipe.disk_bytes,
    )


def verify(image: Image) -> bool:
    """Whether a cached image is still there, every part of the size its lock gives; reads no content."""
    return lock.whole(image.folder) and lock.read(image.lock).digest == image.digest


def _own_files(boot: Kit) -> tuple[ImageFile, ImageFile]:
    entry = resources.files("bench.images").joinpath("entry.sh").read_bytes()
    return (
        ImageFile(path="/.isobench/busybox", mode=0o755, content=boot.busybox.read_bytes()),
        ImageFile(path=ENTRY, mode=0o755, content=entry),
    )


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
        ),
        folder / "lock.json",
    )


def _locked(file: ImageFile) -> lock.LockedFile:
    digest = hashlib.sha256(file.content).hexdigest()
    return lock.LockedFile(path=file.path, mode=f"{file.mode:04o}", sha256=digest)


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
