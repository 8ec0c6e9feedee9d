"""What an instance's processes had to fetch: page faults, and bytes from a disk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.isolations.base import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Totals since the processes began; shared daemons are not among them, nor what has ended.

    Source: proc(5): ``minflt`` and ``majflt`` of stat, ``read_bytes`` of io.
    """

    minor: int = 0
    major: int = 0
    read_bytes: int = 0

    def since(self, before: Paging) -> Paging:
        """Return what was added; processes that ended meanwhile took theirs along: never less than nothing."""
        return Paging(
            minor=max(0, self.minor - before.minor),
            major=max(0, self.major - before.major),
            read_bytes=max(0, self.read_bytes - before.read_bytes),
        )


def paging(instance: Instance) -> Paging:
    """Read the totals of an instance's own processes now."""
    minor = major = read_bytes = 0
    for role, processes in instance.processes().items():
        for process in () if role.startswith("shared:") else processes:
            with suppress(OSError, ValueError):  # it has ended, or belongs to somebody else
                folder = Path(f"/proc/{process.pid}")
                words = (folder / "stat").read_text().rpartition(")")[2].split()
                minor, major = minor + int(words[7]), major + int(words[9])
                found = dict(line.split(": ") for line in (folder / "io").read_text().splitlines())
                read_bytes += int(found["read_bytes"])
    return Paging(minor=minor, major=major, read_bytes=read_bytes)
