"""Control groups of versions 1 and 2 behind one class.

A hybrid host keeps its controllers in version 1 and mounts an empty version 2 beside them; what counts is
where the memory controller is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import IsolationError, LeftoverError
from bench.host.accounting import AccountReading
from bench.host.block import Disk
from bench.host.files import contents
from bench.host.groups import books, freezer
from bench.host.user import delegation
from bench.model import DiskRate, Envelope

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
_THROTTLES_V1: Mapping[DiskRate, str] = {
    "write_bytes": "write_bps",
    "read_bytes": "read_bps",
    "write_operations": "write_iops",
    "read_operations": "read_iops",
}
_THROTTLES_V2: Mapping[DiskRate, str] = {
    "write_bytes": "wbps",
    "read_bytes": "rbps",
    "write_operations": "wiops",
    "read_operations": "riops",
}
_UNLIMITED_DIGITS = 19
"""Version 1 writes no limit as the largest number of pages."""


def mounts() -> dict[str, Path]:
    """Return where each controller's hierarchy is mounted; ``""`` is the version 2 hierarchy.

    Source: ``/proc/self/mounts``; a version 1 mount names its controllers in its options.
    """
    found: dict[str, Path] = {}
    for line in contents("/proc/self/mounts").splitlines():
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
    lines = [line.split() for line in contents("/proc/self/mounts").splitlines()]
    return [Path(where) for _device, where, kind, *_ in lines if kind in ("cgroup", "cgroup2")]


def limits_swap() -> bool:
    """Whether a group's swap can be limited here: version 1 may keep no books of it."""
    found = mounts()
    return "memory" not in found or (found["memory"] / "memory.memsw.limit_in_bytes").exists()


def throttles(version: str, disk: Disk, envelope: Envelope) -> list[tuple[str, str]]:
    """Return the files of a group's, of version ``v1`` or ``v2``, that limit a disk, and what is written to each."""
    v1, v2 = ([names[name] for name in envelope.disk_rates] for names in (_THROTTLES_V1, _THROTTLES_V2))
    rates = envelope.disk_rates.values()
    if version == "v1":
        named = zip(v1, rates, strict=True)
        return [(f"blkio.throttle.{name}_device", f"{disk.number} {rate}") for name, rate in named]
    words = [f"{name}={rate}" for name, rate in zip(v2, rates, strict=True)]
    return [("io.max", " ".join((disk.number, *words)))] if words else []


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


def ground() -> Mapping[str, Path]:
    """Return the folder below which groups of ours are made, by controller, ``""`` for version 2.

    For root it is where a hierarchy is mounted; a user without root has a part of version 2. Raises IsolationError
    where there is none, with the reason and a remedy.
    """
    found = _counting(mounts())
    if os.geteuid() == 0:
        return found
    if "" not in found:
        raise IsolationError(
            f"of control groups as this host has them ({version()}) no user can be given a part",
            remedy="Run as root; or boot with systemd.unified_cgroup_hierarchy=1",
        )
    return {"": delegation.scope(found[""])}


def offers(controller: str) -> bool:
    """Whether groups of ours have this controller."""
    found = ground()
    return controller in found or ("" in found and controller in _controllers(found[""]))


def path_of(path: str) -> str:
    """Return the path of a group of ours from where its hierarchy is mounted, as runtimes want to be told it."""
    root = ground().get("")
    return path if root is None else (root / path).relative_to(mounts()[""]).as_posix()


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
        roots = ground()
        needed = {"memory", "cpuset", "pids"} | ({"blkio"} if disk else set())
        lacking = set() if "" in roots else needed - set(roots)
        if lacking:
            raise IsolationError(
                f"this host mounts no control group hierarchy for {', '.join(sorted(lacking))}",
                remedy="Mount version 2 on /sys/fs/cgroup, or the missing controllers of version 1",
            )
        folders = {name: root / path for name, root in roots.items()}
        others = hierarchies() if os.geteuid() == 0 else ()
        group = cls(folders, [root / path for root in others if root / path not in folders.values()])
        try:
            for name, root in roots.items():
                _make_below(name, root, path, also=("io",) if disk or "io" in _controllers(root) else ())
            if envelope is None:
                for twin in group._twins:
                    twin.mkdir(parents=True, exist_ok=True)
            else:
                group._limit(envelope)
            if envelope is not None and disk is not None:
                group._limit_disk(disk, envelope)
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
        for line in contents(f"/proc/{pid}/cgroup").splitlines():
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

    @property
    def cpu_books(self) -> Path | None:
        """The folder in which its CPU time is kept."""
        return self._folders.get("" if self._v2 else "cpuacct")

    @property
    def unified(self) -> Path | None:
        """Its folder in version 2, where that is the version that counts."""
        return self._folders.get("")

    def pids(self) -> list[int]:
        """Return every process in the group or below it."""
        folders = [self._folders[name] for name in sorted(self._folders, key=lambda name: name != "memory")]
        folder = next((folder for folder in folders if folder.is_dir()), folders[0])
        found: set[int] = set()
        for procs in [folder / "cgroup.procs", *folder.glob("**/cgroup.procs")]:
            with contextlib.suppress(OSError):
                found.update(int(word) for word in contents(procs).split())
        return sorted(found)

    def read(self) -> AccountReading:
        """Read the group's books; a figure this kernel does not keep is None."""
        return books.read_v2(self._folders[""]) if self._v2 else books.read_v1(self._folders)

    def limits(self) -> dict[str, str]:
        """Return the limits that hold here, as the kernel writes them; none stands as ``max``."""
        files = _LIMITS_V2 if self._v2 else _LIMITS_V1
        found = {}
        for limit, (controller, name) in files.items():
            with contextlib.suppress(OSError, KeyError):
                value = contents(self._folders[controller] / name).strip()
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
            self._thaw()
            time.sleep(0.005)

    def _thaw(self) -> None:
        """Let what a runtime has frozen go on, so that it can die: version 2 needs no such help."""
        for state in (file for twin in self._twins for file in twin.glob("**/freezer.state")):
            freezer.thaw(state.parent)

    def _limit(self, envelope: Envelope) -> None:
        cpus = ",".join(str(cpu) for cpu in envelope.cpu_set)
        memory = str(envelope.memory_bytes)
        if self._v2:
            folder = self._folders[""]
            (folder / "memory.max").write_text(memory)
            _write_if_there(folder / "memory.swap.max", "0")
            (folder / "pids.max").write_text(str(envelope.pids))
            if "cpuset" in (_controllers(folder) or _V2_CONTROLLERS):  # else processes are bound to their CPUs alone
                (folder / "cpuset.cpus").write_text(cpus)
            return
        (self._folders["memory"] / "memory.limit_in_bytes").write_text(memory)
        _write_if_there(self._folders["memory"] / "memory.memsw.limit_in_bytes", memory)
        (self._folders["pids"] / "pids.max").write_text(str(envelope.pids))
        (self._folders["cpuset"] / "cpuset.cpus").write_text(cpus)

    def _limit_disk(self, disk: Disk, envelope: Envelope) -> None:
        for file, limit in throttles("v2" if self._v2 else "v1", disk, envelope):
            (self._folders["" if self._v2 else "blkio"] / file).write_text(limit)


def below(parent: str) -> dict[str, Cgroup]:
    """Return the groups directly below ``parent``, by name, for a later clean-up."""
    roots = mounts()
    if os.geteuid() != 0:
        scopes = delegation.scopes(roots[""]) if "" in roots else ()
        return {folder.name: Cgroup({"": folder}) for scope in scopes for folder in (scope / parent).glob("*/")}
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
            given = _controllers(root) or (*_V2_CONTROLLERS, *also)
            wanted = " ".join(f"+{name}" for name in (*_V2_CONTROLLERS, *also) if name in given)
            (folder / "cgroup.subtree_control").write_text(wanted)
        parent, folder = folder, folder / part
        folder.mkdir(exist_ok=True)
        if controller == "cpuset":  # a new version 1 cpuset is empty, and admits nobody until it is filled
            for name in ("cpuset.cpus", "cpuset.mems"):
                (folder / name).write_text((parent / name).read_text())


def _controllers(folder: Path) -> Sequence[str]:
    """Return what a group of version 2 may pass on; nothing of version 1."""
    try:
        return contents(folder / "cgroup.controllers").split()
    except OSError:
        return ()


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
