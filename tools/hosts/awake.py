"""A host as it is when it has booted: kept in the cache once, from where each job brings a copy of it back.

Its memory is a file that copies map for themselves, page by page; what it had written is a disk below theirs.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bench.host import programs
from bench.host.subprocesses import version_of
from bench.images import cache
from bench.model import Say, short_digest
from tools.hosts import machine, system, travel
from tools.hosts.running import running
from tools.hosts.system import Built
from tools.hosts.table import Host

_ROOM_BYTES = 4 << 30
_JOBS = (("images", travel.IMAGES_BYTES), ("checkout", travel.CHECKOUT_BYTES), ("results", travel.RESULTS_BYTES))
"""The disks of a job, which have the same size when there is none."""


class Awake:
    """The files of a host in the cache: what it had written, its memory, and the rest of its state."""

    def __init__(self, folder: Path) -> None:
        self.disk = folder / "system.qcow2"
        self.memory = folder / "memory"
        self.state = folder / "state"


def awake(host: Host, built: Built, *, say: Say) -> Awake:
    """Return a host from the cache, or boot it now (a minute or two); raises LabError where it is lost."""
    return Awake(cache.once(place(host), partial(_make, host=host, built=built, say=say), say=say))


def place(host: Host) -> Path:
    """Return where a host lies in the cache, whether it is there or not: another machine, or QEMU, is another host."""
    disks = {name: Path(name) for name in ("system.qcow2", *dict(_JOBS))}
    job = machine.Job({"events": 0, "output": 0, "monitor": 0}, Path("memory"), saved=False)
    words = machine.words(host, Built(folder=system.place(host.system)), disks, job=job)
    release = version_of(words[0]) if programs.found(words[0]) else ""  # who only cleans up needs no emulator
    return cache.shelf("lab") / f"awake-{host.name}-{short_digest(release.encode(), *map(str.encode, words))}"


def _make(folder: Path, *, host: Host, built: Built, say: Say) -> None:
    say(f"{host.name} boots; it is kept as it is then, for every job")
    cache.require_free(folder.parent, _ROOM_BYTES, f"the lab's host {host.name!r}")
    cache.new_folder(folder)
    there = Awake(folder)
    disks = {"system": travel.overlay(there.disk, built.disk)}
    for name, size in _JOBS:
        disks[name] = folder / name
        travel.empty(disks[name], size)
    with running(host, built, disks, there.memory, saved=False, out=lambda _said: None) as host_up:
        host_up.logged_in("awake")
        host_up.save(there.state)
    for name, _size in _JOBS:
        disks[name].unlink()
