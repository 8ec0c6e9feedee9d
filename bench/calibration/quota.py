"""A CPU quota, imposed by the host on a running instance's control group and lifted again.

Source of the mechanism: the kernel's ``Documentation/scheduler/sched-bwc.rst``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from bench.isolations.base import Instance
from bench.isolations.cgroup import mounts
from bench.model import Kind, Trial
from bench.observation import Ended

PARAMETER = "quota_percent"
"""The parameter of a trial that names its quota, in percent of one CPU; 100: none is imposed."""

_PERIOD_US = 20_000
"""Shorter than the usual 100 ms: the stretch that is measured cuts a period at either end, and that is its error."""


@contextmanager
def imposed(instance: Instance, trial: Trial) -> Iterator[None]:
    """Hold the instance to the quota that its trial asks for, where it asks for one, until this is left.

    Raises Ended (unsupported) where the instance has no control group to itself, or the kernel takes no quota.
    """
    percent = float(trial.cell.parameters.get(PARAMETER, 100))
    if percent >= 100:
        yield
        return
    group = own_group(instance)
    try:
        _impose(group, round(_PERIOD_US * percent / 100))
    except OSError as error:
        raise Ended(Kind.UNSUPPORTED, f"the kernel takes no CPU quota at {group}: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(OSError):  # the group may have gone with its instance
            _impose(group, None)


def own_group(instance: Instance) -> Path:
    """Return the folder of the group that holds the instance's processes, and nobody else, for the CPU controller."""
    found = mounts()
    controller = "cpu" if "cpu" in found else ""
    if controller not in found:
        raise Ended(Kind.UNSUPPORTED, "this host mounts no control group hierarchy with a CPU controller")
    pids = _pids(instance)
    group = _common([_path(pid, controller) for pid in pids])
    folder = found[controller] / group.relative_to("/")
    if group == PurePosixPath("/") or _path(os.getpid(), controller).is_relative_to(group):
        raise Ended(Kind.UNSUPPORTED, "it has no control group of its own, so the host can impose no quota on it alone")
    strangers = set(_members(folder)) - set(_pids(instance))
    if strangers:
        raise Ended(Kind.UNSUPPORTED, f"it shares its control group {group} with processes {sorted(strangers)}")
    return folder


def _pids(instance: Instance) -> list[int]:
    """Return the processes in the instance's account, or else all that are its own."""
    if instance.account is not None:
        return instance.account.pids()
    roles = instance.processes().items()
    return [process.pid for role, found in roles if not role.startswith("shared:") for process in found]


def _path(pid: int, controller: str) -> PurePosixPath:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _number, names, path = line.split(":", 2)
        if controller in names.split(","):
            return PurePosixPath(path)
    return PurePosixPath("/")


def _common(paths: Sequence[PurePosixPath]) -> PurePosixPath:
    return PurePosixPath(os.path.commonpath(paths) if paths else "/")


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
