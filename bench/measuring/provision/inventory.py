"""Every file of a root file system with what makes it the same or another: from a folder or from a tar."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Inventory = Mapping[str, "InventoryItem"]
"""By absolute path inside; the root itself is left out."""


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """One file, directory, link or device.

    Extended attributes are not looked at; a hard link is the file that it names.
    """

    kind: str
    mode: int
    owner: int
    group: int
    modified_s: int
    """Whole seconds since 1970: not every form keeps the fraction."""
    content: str
    """SHA-256 of a file, target of a symbolic link, numbers of a device; empty for a directory."""


def of_tree(root: Path) -> dict[str, InventoryItem]:
    """Take the inventory of a folder, without following links or entering other file systems."""
    found = {}
    device, above = root.lstat().st_dev, len(os.fspath(root))
    for path in _below(root):
        status = path.lstat()
        if status.st_dev == device:
            found[os.fspath(path)[above:]] = InventoryItem(
                _kind(status.st_mode),
                stat.S_IMODE(status.st_mode),
                status.st_uid,
                status.st_gid,
                int(status.st_mtime),
                _content(path, status),
            )
    return found


def of_tar(stream: IO[bytes]) -> dict[str, InventoryItem]:
    """Take the inventory of a tar, read from front to back; a later member replaces an earlier one."""
    found: dict[str, InventoryItem] = {}
    with tarfile.open(fileobj=stream, mode="r|*") as archive:
        for member in archive:
            path = _plain(member.name)
            if member.islnk():
                found[path] = found[_plain(member.linkname)]
            elif path != "/":
                found[path] = InventoryItem(
                    _kind_of_member(member),
                    member.mode & 0o7777,
                    member.uid,
                    member.gid,
                    int(member.mtime),
                    _content_of_member(archive, member),
                )
    return found


def _below(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as listed:
        inner = sorted(listed, key=lambda one: one.name)
    for one in inner:
        yield Path(one.path)
        if one.is_dir(follow_symlinks=False) and not os.path.ismount(one.path):
            yield from _below(Path(one.path))


def _kind(mode: int) -> str:
    for kind, holds in (("file", stat.S_ISREG), ("directory", stat.S_ISDIR), ("link", stat.S_ISLNK)):
        if holds(mode):
            return kind
    return "device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "other"


def _content(path: Path, status: os.stat_result) -> str:
    match _kind(status.st_mode):
        case "file":
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        case "link":
            return os.fsdecode(path.readlink())
        case "device":
            return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    return ""


def _plain(name: str) -> str:
    return "/" + name.removeprefix("./").strip("/").removeprefix(".")


def _kind_of_member(member: tarfile.TarInfo) -> str:
    for kind, holds in (("file", member.isreg), ("directory", member.isdir), ("link", member.issym)):
        if holds():
            return kind
    return "device" if member.ischr() or member.isblk() else "other"


def _content_of_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.isreg():
        stream = archive.extractfile(member)
        assert stream is not None
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # it has readinto
    if member.issym():
        return member.linkname
    if member.ischr() or member.isblk():
        return f"{member.devmajor}:{member.devminor}"
    return ""
