"""Append files to a root file system's tar, so that the same input gives the same bytes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from bench.errors import ImageError
from bench.images.debian.mmdebstrap import EPOCH_S
from bench.model import ImageFile

_MOST_LINKS = 40
"""As many symbolic links as Linux follows in one path (path_resolution(7))."""


def append(tar: Path, files: Sequence[ImageFile]) -> None:
    """Add ``files`` and their missing parent directories, owned by root; later ones replace earlier ones.

    A path that leads through a symbolic link of the system (``/bin`` to ``/usr/bin``) lands where the link
    points. Raises ImageError where a directory stands in a file's place or a file in a directory's.
    """
    with tarfile.open(tar, "a", format=tarfile.PAX_FORMAT) as archive:
        there = {_plain(member.name): member for member in archive}
        for file in files:
            path = _resolved(file.path, there)
            for parent in _parents(path):
                _require(parent, there, directory=True)
                if parent not in there:
                    there[parent] = _member(parent, 0o755, tarfile.DIRTYPE)
                    archive.addfile(there[parent])
            _require(path, there, directory=False)
            there[path] = _member(path, file.mode, tarfile.REGTYPE, len(file.content))
            archive.addfile(there[path], io.BytesIO(file.content))


def link_on_the_way(tar: Path, path: str) -> str | None:
    """Return the first folder of a path inside that is a symbolic link, the path itself included; None: none is."""
    with tarfile.open(tar) as archive:
        links = {_plain(member.name) for member in archive if member.issym()}
    wanted = _plain(path)
    return next((f"/{part}" for part in (*_parents(wanted), wanted) if part in links), None)


def _plain(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _parents(path: str) -> Iterator[str]:
    yield from (str(parent) for parent in reversed(PurePosixPath(path).parents) if parent.name)


def _resolved(path: str, there: Mapping[str, tarfile.TarInfo]) -> str:
    """Follow the symbolic links among a path's directories."""
    for _ in range(_MOST_LINKS):
        for parent in _parents(_plain(path)):
            member = there.get(parent)
            if member and member.issym():
                rest = PurePosixPath(_plain(path)).relative_to(parent)
                path = _plain(_joined(str(PurePosixPath(parent).parent), member.linkname, str(rest)))
                break
        else:
            return _plain(path)
    raise ImageError(f"the image's symbolic links to {path!r} form a loop", remedy="Choose another path")


def _joined(folder: str, target: str, rest: str) -> str:
    parts: list[str] = []
    for part in PurePosixPath("/", folder, target, rest).parts[1:]:
        if part == "..":
            del parts[-1:]
        else:
            parts.append(part)
    return "/".join(parts)


def _require(path: str, there: Mapping[str, tarfile.TarInfo], *, directory: bool) -> None:
    member = there.get(path)
    if member and member.isdir() != directory:
        found, wanted = ("a file", "a directory") if directory else ("a directory", "a file")
        raise ImageError(f"/{path} is {found} in the image, not {wanted}", remedy="Choose another path")


def _member(path: str, mode: int, kind: bytes, size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(f"./{path}")
    member.mode, member.type, member.size, member.mtime = mode, kind, size, EPOCH_S
    member.uname = member.gname = "root"
    return member
