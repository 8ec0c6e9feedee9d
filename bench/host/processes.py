"""Host processes as the meters see them, read through psutil."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import psutil

from bench.host.accounting import ProcessMemory, Unreadable
from bench.host.files import contents

_CREDENTIALS = struct.Struct("3i")
"""``struct ucred``: pid, user, group."""


class PsutilProcess:
    """One host process; the pid is tied to its start time, so that a reused pid is never read."""

    def __init__(self, pid: int) -> None:
        with _readable(pid):
            self._process = psutil.Process(pid)

    @property
    def name(self) -> str:
        """The program's name."""
        with _readable(self.pid):
            return self._process.name()

    @property
    def program(self) -> str:
        """What its command line calls it, without folders; its name where it has no command line."""
        with _readable(self.pid):
            first = next(iter(self._process.cmdline()), "").split(" ")[0]
            return PurePath(first).name or self._process.name()

    @property
    def pid(self) -> int:
        """Host process id."""
        return int(self._process.pid)

    def memory(self) -> ProcessMemory:
        """Read PSS, USS and RSS from smaps, and the peak from status."""
        with _readable(self.pid):
            full = self._process.memory_full_info()
            return ProcessMemory(
                pss_bytes=full.pss,
                uss_bytes=full.uss,
                rss_bytes=full.rss,
                peak_rss_bytes=self.peak_rss_bytes(),
            )

    def peak_rss_bytes(self) -> int:
        """Read VmHWM, which the kernel keeps; sampling could miss the peak."""
        with _readable(self.pid):
            for line in contents(f"/proc/{self.pid}/status").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise Unreadable(f"process {self.pid} has no address space left")

    def cpu_s(self) -> float:
        """User plus system time of all threads, living and ended; resolution one clock tick (10 ms)."""
        with _readable(self.pid):
            times = self._process.cpu_times()
            return float(times.user + times.system)

    def written_bytes(self) -> int:
        """Read ``write_bytes`` of ``/proc/PID/io``: counted as a page becomes dirty, or as a direct write is sent.

        It holds all threads, and the children that were waited for. Source: proc(5); kernel, ``fs/proc/base.c``.
        """
        with _readable(self.pid):
            for line in contents(f"/proc/{self.pid}/io").splitlines():
                if line.startswith("write_bytes:"):
                    return int(line.split()[1])
        raise Unreadable(f"the kernel keeps no books of what process {self.pid} writes")


def readable(pids: list[int]) -> list[PsutilProcess]:
    """Return those of the pids that still are processes."""
    found = []
    for pid in pids:
        try:
            found.append(PsutilProcess(pid))
        except Unreadable:
            continue
    return found


def named(*names: str) -> list[PsutilProcess]:
    """Return all host processes that bear one of these names."""
    found = psutil.process_iter(["name"])
    return readable([process.pid for process in found if process.info["name"] in names])


def parent(pid: int) -> PsutilProcess | None:
    """Return a process's parent, unless it has none or the process has ended."""
    try:
        return PsutilProcess(psutil.Process(pid).ppid()) if pid else None
    except (psutil.Error, Unreadable):
        return None


def descendants(pid: int) -> list[PsutilProcess]:
    """Return all living descendants of a process, without itself.

    By the lists of children that the kernel keeps, where it keeps them: looking at every process of the host to find
    a few takes some milliseconds, in every reading. A child that ends while its list is read may hide a sibling
    (proc(5)); who must not miss one asks its control group as well.
    """
    try:
        return readable([child for one in _children(pid) for child in _family(one)])
    except OSError:  # the process has ended, or this kernel keeps no such lists
        return _looked_for(pid)


def _family(pid: int) -> list[int]:
    """Return a process and its descendants, parents first."""
    try:
        children = _children(pid)
    except OSError:
        children = []  # it has ended meanwhile: what it has left behind is no child of it any more
    return [pid, *(found for child in children for found in _family(child))]


def _children(pid: int) -> list[int]:
    lists = [contents(task / "children") for task in Path(f"/proc/{pid}/task").iterdir()]
    return [int(word) for text in lists for word in text.split()]


def _looked_for(pid: int) -> list[PsutilProcess]:
    try:
        return readable([child.pid for child in psutil.Process(pid).children(recursive=True)])
    except psutil.Error:
        return []


@contextmanager
def _readable(pid: int) -> Iterator[None]:
    try:
        yield
    except (psutil.Error, OSError) as error:
        raise Unreadable(f"process {pid}: {error}") from error


def serving(path: str) -> PsutilProcess | None:
    """Return the process that listens on a Unix socket, by the credentials the kernel keeps of it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        try:
            asker.connect(path)
            credentials = asker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            return PsutilProcess(_CREDENTIALS.unpack(credentials)[0])
        except (OSError, Unreadable):
            return None
