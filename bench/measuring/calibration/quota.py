"""A CPU quota, imposed by the host on a running instance's control group and lifted again.

An instance that has no group to itself, as a machine that the harness itself has started, gets one for as long.

Source of the mechanism: the kernel's ``Documentation/scheduler/sched-bwc.rst``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath

from bench.errors import BenchError
from bench.host.cgroup import Cgroup, mounts
from bench.isolations.base import Instance
from bench.measuring.calibration.volume import own_pids, require_disk
from bench.measuring.observation import Ended
from bench.model import Kind, Trial

PARAMETER = "quota_percent"
"""The parameter of a trial that names its quota, in percent of one CPU; 100: none is imposed."""

_PERIOD_US = 20_000
"""Shorter than the usual 100 ms: the stretch that is measured cuts a period at either end, and that is its error."""


@contextmanager
def imposed(instance: Instance, trial: Trial, run: str) -> Iterator[None]:
    """Hold the instance to the quota that its trial asks for, where it asks for one, until this is left.

    Raises Ended (unsupported) where a group that holds the instance and nobody else cannot be had, where the kernel
    takes no quota, and where what is to be written to a disk would reach none.
    """
    require_disk(instance, trial)
    percent = float(trial.cell.parameters.get(PARAMETER, 100))
    if percent >= 100:
        yield
        return
    with _group(instance, trial, run) as group:
        try:
            _impose(group, round(_PERIOD_US * percent / 100))
        except OSError as error:
            raise Ended(Kind.UNSUPPORTED, f"the kernel takes no CPU quota at {group}: {error.strerror}") from error
        try:
            yield
        finally:
            with suppress(OSError):  # the group may have gone with its instance
                _impose(group, None)


@contextmanager
def _group(instance: Instance, trial: Trial, run: str) -> Iterator[Path]:
    """Yield the folder of a group, for the CPU controller, that holds the instance and nobody else."""
    controller = "cpu" if "cpu" in mounts() else ""
    if controller not in mounts():
        raise Ended(Kind.UNSUPPORTED, "this host mounts no control group hierarchy with a CPU controller")
    own = own_group(instance, controller)
    if own is not None:
        yield own
        return
    path = f"isobench/{run}/quota-{trial.number:04d}"
    with ExitStack() as stack:
        try:
            stack.callback(Cgroup.make(path, None).remove)
            stack.enter_context(_moved(own_pids(instance), mounts()[controller] / path, controller))
        except (BenchError, OSError) as error:
            raise Ended(Kind.UNSUPPORTED, f"it has no control group of its own, and gets none: {error}") from error
        yield mounts()[controller] / path


def _moved(pids: Sequence[int], folder: Path, controller: str) -> ExitStack:
    """Move processes to a group; each goes back to where it came from when the returned stack is left.

    Raises OSError where one cannot be moved.
    """
    with ExitStack() as stack:
        for pid in pids:
            home = mounts()[controller] / _path(pid, controller).relative_to("/")
            stack.callback(_return, home, pid)
            _enter(folder, pid)
        return stack.pop_all()


def _enter(folder: Path, pid: int) -> None:
    (folder / "cgroup.procs").write_text(str(pid))


def _return(home: Path, pid: int) -> None:
    with suppress(OSError):  # it may have ended
        _enter(home, pid)


def own_group(instance: Instance, controller: str) -> Path | None:
    """Return the folder of the group that holds the instance's processes, and nobody else; None: there is none.

    Raises Ended (unsupported) where no process of the instance can be seen.
    """
    pids = own_pids(instance)
    if not pids:
        raise Ended(Kind.UNSUPPORTED, "no process of it can be seen, so the host can impose no quota on it")
    group = PurePosixPath(os.path.commonpath([_path(pid, controller) for pid in pids]))
    folder = mounts()[controller] / group.relative_to("/")
    if group == PurePosixPath("/") or _path(os.getpid(), controller).is_relative_to(group):
        return None
    return None if set(_members(folder)) - set(own_pids(instance)) else folder


def _path(pid: int, controller: str) -> PurePosixPath:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _number, names, path = line.split(":", 2)
        if controller in names.split(","):
            return PurePosixPath(path)
    return PurePosixPath("/")


def _members(folder: Path) -> list[int]:
    procs = [folder / "cgroup.procs", *folder.glob("**/cgroup.procs")]
    return [int(word) for file in procs for word in file.read_text().split()]


def _impose(folder: Path, quota_us: int | None) -> None:
    """Set the quota per period; None lifts it."""
    v1 = folder / "cpu.cfs_quota_us"
    if not v1.exists():
        (folder / "cpu.max").write_text(f"{'max' if quota_us is None else quota_us} {_PERIOD_US}")
        return
    if quota_us is not None:
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
    v1.write_text(str(-1 if quota_us is None else quota_us))
