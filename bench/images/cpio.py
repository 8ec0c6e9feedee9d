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
class Entry:
    """A file; a directory where ``content`` is None; a symbolic link to ``content`` where ``link`` is set."""

    path: str
    mode: int
    content: bytes | None = None
    link: bool = False


def archive(entries: Iterable[Entry]) -> bytes:
    """Return the archive; the same entries give the same bytes."""
    parts = [_record(number, entry) for number, entry in enumerate(entries, start=1)]
    parts.append(_record(0, Entry("TRAILER!!!", 0, b"")))
    data = b"".join(parts)
    return data + b"\0" * (-len(data) % _ALIGN_BYTES)


def _record(inode: int, entry: Entry) -> bytes:
    kind = stat.S_IFDIR if entry.content is None else stat.S_IFLNK if entry.link else stat.S_IFREG
    mode = (kind | entry.mode) if inode else 0
    links = 2 if entry.content is None else 1
    name = entry.path.encode() + b"\0"
    content = entry.content or b""
    fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return _padded(header + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
