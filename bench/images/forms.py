"""The forms isolations need: a directory tree, a disk. Each is made once, beside the image's tar."""

from __future__ import annotations

import os
import re
import stat
import tarfile
import tempfile
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from bench.errors import ImageError
from bench.host import programs
from bench.host.subprocesses import ran
from bench.host.user import ids
from bench.images import cache
from bench.model import Image, Say

PRIVATE = "private"
"""The folder, beside an image's tar, that only its owner can enter."""

_BLOCK_BYTES = 4096


def tree(image: Image, say: Say) -> Path:
    """Return the image's root file system as a directory; shared by all, so never write into it.

    It lies in a folder that nobody else can enter: seen from outside of an instance, a set-uid file of an image would
    be a program of this host's for every local user to run. Where this user may not make device nodes they are left
    out; where not root, all belongs to the user. Raises ImageError where the folder is another user's.
    """
    folder = image.folder / PRIVATE
    cache.private_folder(folder)
    return cache.once(folder / "tree", partial(_extract, image=image, say=say), say=say)


def disk(image: Image, say: Say) -> Path:
    """Return the image as a raw ext4 disk of ``image.disk_bytes``, readable by all; boot from an overlay.

    Raises ImageError when it is too small for what is in it.
    """
    path = image.folder / f"disk-{image.disk_bytes // cache.MIB}.ext4"
    return cache.once(
        path,
        partial(_format, image=image, say=say),
        whole=lambda found: found.is_file() and found.stat().st_size == image.disk_bytes,
        say=say,
    )


def ext4_volume(path: Path, size_bytes: int) -> Path:
    """Make an empty ext4 volume, sparse; with a journal, as the host's own file systems have."""
    words = ["mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E", "root_owner=0:0,lazy_itable_init=0"]
    _run([*words, os.fspath(path), f"{size_bytes // 1024}k"], "a volume could not be made")
    path.chmod(0o666)  # QEMU may run as another user; the folder above is known to this run only
    return path


def disk_needed_bytes(tar: Path) -> int:
    """Return about what a root file system takes on a disk.

    Whole blocks, 1/64 for inodes (mke2fs.conf(5): 256 bytes of table per 16 KiB), some room.
    """
    with tarfile.open(tar) as archive:
        blocks = sum(-(-member.size // _BLOCK_BYTES) + (not member.issym()) for member in archive)
    return blocks * _BLOCK_BYTES * 65 // 64 + 16 * cache.MIB


def _extract(folder: Path, *, image: Image, say: Say) -> None:
    say(f"image {image.name!r}: unpacking")
    _close(image.folder.parent.glob("*/tree"))
    cache.require_free(folder.parent, 2 * image.tar.stat().st_size, f"image {image.name!r}, unpacked,")
    cache.new_folder(folder)
    words = ["tar", "--extract", "--numeric-owner", "--preserve-permissions", f"--file={image.tar}"]
    words += ["--xattrs", "--xattrs-include=*"] if os.geteuid() == 0 else ["--no-same-owner"]
    words += [] if _may_make_devices(folder.parent) else _device_exclusions(image.tar)
    _run([*words, f"--directory={folder}"], f"image {image.name!r} could not be unpacked")
    folder.chmod(0o755)


def _close(trees: Iterable[Path]) -> None:
    """Let nobody else enter trees that an earlier Isobench has left open to all."""
    for tree in trees:
        with suppress(OSError):
            tree.chmod(0o700)


def _format(path: Path, *, image: Image, say: Say) -> None:
    source = tree(image, say)
    needed = disk_needed_bytes(image.tar)
    if needed > image.disk_bytes:
        raise _too_small(image, needed)
    say(f"image {image.name!r}: making a disk of {image.disk_bytes // cache.MIB} MiB")
    cache.require_free(path.parent, needed, f"image {image.name!r} as a disk")
    identity = str(uuid.uuid5(uuid.NAMESPACE_OID, image.digest))
    # Without a journal and with all tables written, no kernel thread works on the disk during a measurement.
    words = ["mke2fs", "-q", "-F", "-t", "ext4", "-b", str(_BLOCK_BYTES), "-O", "^has_journal", "-m", "0"]
    words += ["-U", identity, "-E", f"hash_seed={identity},root_owner=0:0,lazy_itable_init=0"]
    words += ["-d", os.fspath(source), os.fspath(path), f"{image.disk_bytes // 1024}k"]
    if os.geteuid() != 0:  # the tree is the user's: show it to mke2fs as root's
        words = ["unshare", *ids.namespace(), *words]
    _run(words, f"image {image.name!r} could not be made a disk", too_small=_too_small(image, needed))
    path.chmod(0o644)


def _too_small(image: Image, needed_bytes: int) -> ImageError:
    mib = -(-needed_bytes // cache.MIB)
    return ImageError(
        f"image {image.name!r} does not fit on a disk of {image.disk_bytes // cache.MIB} MiB",
        remedy=f"Raise disk_mib in its recipe to {mib} or more",
    )


def _may_make_devices(folder: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".devices-") as scratch:
        probe = Path(scratch) / "null"
        try:
            os.mknod(probe, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            probe.open("wb").close()  # a file system mounted nodev makes nodes that cannot be opened
        except OSError:
            return False
    return True


def _device_exclusions(tar: Path) -> list[str]:
    with tarfile.open(tar) as archive:
        devices = [member.name for member in archive if member.isdev() and not member.isfifo()]
    return ["--anchored", "--no-wildcards", *(f"--exclude={name}" for name in devices)]


def _run(words: Sequence[str], failure: str, *, too_small: ImageError | None = None) -> None:
    if programs.found(words[0]) is None:
        raise ImageError(
            f"{failure}: {words[0]} is not installed", remedy=programs.as_root("apt-get install e2fsprogs tar")
        )
    done = ran(*words)
    if done.returncode == 0:
        return
    if too_small and re.search(r"Could not allocate|No space left|too small", done.stderr):
        raise too_small
    told = next((line for line in done.stderr.splitlines() if line.strip()), f"status {done.returncode}").strip()
    disk = re.search(r"No space left|Input/output error|Read-only file system|quota", done.stderr)
    remedy = (
        "Make sure that the disk of cache and state is sound and has room"
        if disk
        else "What it names is the image's own: mend it"
    )
    error = ImageError(f"{failure}: {told}", remedy=remedy)
    error.add_note(f"{words[0]} said:\n{done.stderr[-2000:]}")
    raise error
