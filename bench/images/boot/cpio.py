"""Write cpio archives of the ``newc`` kind, which Linux unpacks as its first root file system.

Format: Linux kernel, Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

_ALIGN_BYTES = 512
"""An archive may follow another in one initrd if it starts at a multiple of 4; 512 is cpio's own block."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file; a directory where ``content`` is None; a symbolic link to ``content`` where ``link`` is set; a pipe."""

    path: str
    mode: int
    content: bytes | None = None
    link: bool = False
    pipe: bool = False


def archive(members: Iterable[Member]) -> bytes:
    """Return the archive; the same members give the same bytes."""
    parts = [_record(number, member) for number, member in enumerate(members, start=1)]
    parts.append(_record(0, Member("TRAILER!!!", 0, b"")))
    data = b"".join(parts)
    return data + b"\0" * (-len(data) % _ALIGN_BYTES)


def _record(inode: int, member: Member) -> bytes:
    mode = (_kind(member) | member.mode) if inode else 0
    links = 2 if stat.S_ISDIR(mode) else 1
    name = member.path.encode() + b"\0"
    content = member.content or b""
    fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return _padded(header + name) + _padded(content)


def _kind(member: Member) -> int:
    if member.pipe:
        return stat.S_IFIFO
    if member.content is None:
        return stat.S_IFDIR
    return stat.S_IFLNK if member.link else stat.S_IFREG


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
