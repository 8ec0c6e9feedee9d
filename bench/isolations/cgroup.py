"""Control groups of versions 1 and 2 behind one class.

A hybrid host keeps its controllers in version 1 and mounts an empty version 2 beside them; what counts is
where the memory controller is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from bench.errors import IsolationError, LeftoverError
from bench.isolations.base import AccountReading
from bench.isolations.block import Disk, written_v1, written_v2
from bench.model import Envelope

_V1_CONTROLLERS = ("memory", "cpuset", "cpu", "cpuacct", "pids", "blkio")
_V2_CONTROLLERS = ("memory", "cpuset", "cpu", "pids")
_KILL_TIMEOUT_S = 5.0

_LIMITS_V1 = {
    "memory_limit": ("memory", "memory.limit_in_bytes"),
    "pids_limit": ("pids", "pids.max"),
    "cpu_set": ("cpuset", "cpuset.cpus"),
}
_LIMITS_V2 = {
    "memory_limit": ("", "memory.max"),
    "pids_limit": ("", "pids.max"),
    "cpu_set": ("", "cpuset.cpus.effective"),
}
_UNLIMITED_DIGITS = 19
"""Version 1 writes no limit as the largest number of pages."""


def mounts() -> dict[str, Path]:
    """Return where each controller's hierarchy is mounted; ``""`` is the version 2 hierarchy.

    Source: ``/proc/self/mounts``; a version 1 mount names its controllers in its options.
    """
    found: dict[str, Path] = {}
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _device, where, kind, options, *_ = line.split()
        if kind == "cgroup2":
            found.setdefault("", Path(where))
        elif kind == "cgroup":
            for option in options.split(","):
                if option in _V1_CONTROLLERS:
                    found.setdefault(option, Path(where))
    return found


def hierarchies() -> list[Path]:
    """Return where every hierarchy is mounted, those without a controller that we use included: runtimes use them."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [Path(where) for _device, where, kind, *_ in lines if kind in ("cgroup", "cgroup2")]


def limits_swap() -> bool:
    """Whether a group's swap can be limited here: version 1 may keep no books of it."""
    found = mounts()
    return "memory" not in found or (found["memory"] / "memory.memsw.limit_in_bytes").exists()


def version() -> str:
    """Return ``v1``, ``hybrid``, ``v2`` or ``none``, as this host mounts its controllers."""
    found = mounts()
    if "memory" in found:
        return "hybrid" if "" in found else "v1"
    return "v2" if "" in found else "none"


def _counting(folders: dict[str, Path]) -> dict[str, Path]:
    """Return the hierarchies that count: those of the version that carries the memory controller."""
    if "memory" in folders or "" not in folders:
        return {name: folder for name, folder in folders.items() if name}
    return {"": folders[""]}


class Cgroup:
    """One group, in every hierarchy that carries a controller we use."""

    def __init__(self, folders: dict[str, Path], twins: Sequence[Path] = ()) -> None:
        self._folders = folders
        self._v2 = "" in folders
        self._twins = twins
        """The same group in hierarchies that we do not use; a runtime may make it there."""

    @classmethod
    def make(cls, path: str, envelope: Envelope | None, disk: Disk | None = None) -> Cgroup:
        """Create the group and set the envelope's limits on it; writing is limited on ``disk``.

        Without an envelope it has no limits, and is made in every hierarchy: a runtime makes groups below it and sets
        them there.

        Raises IsolationError where this host does not let us, with the kernel's reason.
        """
        roots = _counting(mounts())
        needed = {"memory", "cpuset", "pids"} | ({"blkio"} if disk else set())
        lacking = set() if "" in roots else needed - set(roots)
        if lacking:
            raise IsolationError(
                f"this host mounts no control group hierarchy for {', '.join(sorted(lacking))}",
                remedy="Mount version 2 on /sys/fs/cgroup, or the missing controllers of version 1",
            )
        folders = {name: root / path for name, root in roots.items()}
        group = cls(folders, [root / path for root in hierarchies() if root / path not in folders.values()])
        try:
            for name, root in roots.items():
                _make_below(name, root, path, also=("io",) if disk or _offers_io(root) else ())
            if envelope is None:
                for twin in group._twins:
                    twin.mkdir(parents=True, exist_ok=True)
            else:
                group._limit(envelope)
            if envelope is not None and disk is not None and envelope.write_bytes_per_s is not None:
                group._limit_writes(disk, envelope.write_bytes_per_s)
        except OSError as error:
            group.remove()
            raise IsolationError(
                f"cannot make a control group at {error.filename}: {error.strerror}",
                remedy="Run as root",
            ) from error
        return group

    @classmethod
    def of(cls, pid: int) -> Cgroup:
        """Return the group a process is in, to read it."""
        found = mounts()
        folders: dict[str, Path] = {}
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            _number, controllers, path = line.split(":", 2)
            for name in controllers.split(","):
                if name in found:
                    folders[name] = found[name] / path.lstrip("/")
        return cls(_counting(folders))

    def below(self, name: str) -> Cgroup:
        """Return the group of this name in it, whether it exists yet or not; itself where the name is empty."""
        return Cgroup({controller: folder / name for controller, folder in self._folders.items()})

    @property
    def entrances(self) -> list[Path]:
        """The files into which a process writes ``0`` to join."""
        return sorted(
            {folder / "cgroup.procs" for folder in (*self._folders.values(), *self._twins) if folder.exists()}
        )

    def pids(self) -> list[int]:
        """Return every process in the group or below it."""
        folders = [self._folders[name] for name in sorted(self._folders, key=lambda name: name != "memory")]
        folder = next((folder for folder in folders if folder.is_dir()), folders[0])
        found: set[int] = set()
        for procs in [folder / "cgroup.procs", *folder.glob("**/cgroup.procs")]:
            with contextlib.suppress(OSError):
                found.update(int(word) for word in procs.read_text().split())
        return sorted(found)

    def read(self) -> AccountReading:
        """Read the group's books; a figure this kernel does not keep is None."""
        return self._read_v2() if self._v2 else self._read_v1()

    def limits(self) -> dict[str, str]:
        """Return the limits that hold here, as the kernel writes them; none stands as ``max``."""
        files = _LIMITS_V2 if self._v2 else _LIMITS_V1
        found = {}
        for limit, (controller, name) in files.items():
            with contextlib.suppress(OSError, KeyError):
                value = (self._folders[controller] / name).read_text().strip()
                found[limit] = "max" if value.isdigit() and len(value) >= _UNLIMITED_DIGITS else value
        return found

    def kill(self) -> None:
        """Send SIGKILL to every process inside."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        """Kill what is left inside, remove the group and its empty parents of ours; verified."""
        deadline = time.monotonic() + _KILL_TIMEOUT_S
        while True:
            self.kill()
            left = [folder for folder in (*self._folders.values(), *self._twins) if not _removed(folder)]
            if not left:
                return
            if time.monotonic() > deadline:
                raise LeftoverError(f"control group {left[0]} cannot be removed: processes {self.pids()}")
            time.sleep(0.005)

    def _limit(self, envelope: Envelope) -> None:
        cpus = ",".join(str(cpu) for cpu in envelope.cpu_set)
        memory = str(envelope.memory_bytes)
        if self._v2:
            folder = self._folders[""]
            (folder / "memory.max").write_text(memory)
            _write_if_there(folder / "memory.swap.max", "0")
            (folder / "pids.max").write_text(str(envelope.pids))
            (folder / "cpuset.cpus").write_text(cpus)
            return
        (self._folders["memory"] / "memory.limit_in_bytes").write_text(memory)
        _write_if_there(self._folders["memory"] / "memory.memsw.limit_in_bytes", memory)
        (self._folders["pids"] / "pids.max").write_text(str(envelope.pids))
        (self._folders["cpuset"] / "cpuset.cpus").write_text(cpus)

    def _limit_writes(self, disk: Disk, bytes_per_s: int) -> None:
        if self._v2:
            (self._folders[""] / "io.max").write_text(f"{disk.number} wbps={bytes_per_s}")
        else:
            (self._folders["blkio"] / "blkio.throttle.write_bps_device").write_text(f"{disk.number} {bytes_per_s}")

    def _read_v1(self) -> AccountReading:
        memory, cpu = self._folders["memory"], self._folders.get("cpuacct")
        stat = _table(memory / "memory.stat")
        usage_ns = _number(cpu / "cpuacct.usage") if cpu else None
        return AccountReading(
            memory_bytes=_number(memory / "memory.usage_in_bytes"),
            memory_peak_bytes=_number(memory / "memory.max_usage_in_bytes"),
            anon_bytes=stat.get("total_rss"),
            file_bytes=stat.get("total_cache"),
            shmem_bytes=stat.get("total_shmem"),
            cpu_s=None if usage_ns is None else usage_ns / 1e9,
            throttled=_table(self._folders["cpu"] / "cpu.stat").get("nr_throttled") if "cpu" in self._folders else None,
            oom_kills=_table(memory / "memory.oom_control").get("oom_kill"),
            written_bytes=written_v1(self._folders["blkio"]) if "blkio" in self._folders else None,
        )

    def _read_v2(self) -> AccountReading:
        folder = self._folders[""]
        stat, cpu = _table(folder / "memory.stat"), _table(folder / "cpu.stat")
        return AccountReading(
            memory_bytes=_number(folder / "memory.current"),
            memory_peak_bytes=_number(folder / "memory.peak"),
            anon_bytes=stat.get("anon"),
            file_bytes=stat.get("file"),
            shmem_bytes=stat.get("shmem"),
            cpu_s=cpu["usage_usec"] / 1e6 if "usage_usec" in cpu else None,
            throttled=cpu.get("nr_throttled"),
            oom_kills=_table(folder / "memory.events").get("oom_kill"),
            written_bytes=written_v2(folder),
        )


def below(parent: str) -> dict[str, Cgroup]:
    """Return the groups directly below ``parent``, by name, for a later clean-up."""
    roots = mounts()
    twins = [root for root in hierarchies() if root not in roots.values()]
    found = sorted({folder.name for root in (*roots.values(), *twins) for folder in (root / parent).glob("*/")})
    return {
        name: Cgroup(
            {controller: root / parent / name for controller, root in roots.items()},
            [root / parent / name for root in twins],
        )
        for name in found
    }


def _make_below(controller: str, root: Path, path: str, *, also: Sequence[str] = ()) -> None:
    folder = root
    for part in Path(path).parts:
        if not controller:
            wanted = " ".join(f"+{name}" for name in (*_V2_CONTROLLERS, *also))
            (folder / "cgroup.subtree_control").write_text(wanted)
        parent, folder = folder, folder / part
        folder.mkdir(exist_ok=True)
        if controller == "cpuset":  # a new version 1 cpuset is empty, and admits nobody until it is filled
            for name in ("cpuset.cpus", "cpuset.mems"):
                (folder / name).write_text((parent / name).read_text())


def _offers_io(root: Path) -> bool:
    """Whether a version 2 hierarchy can keep books of what is written to disks."""
    try:
        return "io" in (root / "cgroup.controllers").read_text().split()
    except OSError:
        return False


def _removed(folder: Path) -> bool:
    """Remove a group and those of its parents that are ours and empty."""
    try:
        for inner in sorted(folder.glob("**/"), key=lambda path: -len(path.parts)):
            inner.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    for parent in folder.parents:
        if not parent.is_relative_to("/sys/fs/cgroup") or "isobench" not in str(parent):
            break
        with contextlib.suppress(OSError):
            parent.rmdir()
    return not folder.exists()


def _write_if_there(file: Path, text: str) -> None:
    """Write a limit that only exists where swap is accounted."""
    if file.exists():
        file.write_text(text)


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _table(file: Path) -> dict[str, int]:
    try:
        rows = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return {}
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].lstrip("-").isdigit()}
