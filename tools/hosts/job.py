"""Bring a host back, run one command in it, stream what it says, and know how it ended."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.host import patience, programs
from bench.images import cache
from bench.images.debian import architecture
from bench.model import Say
from tools.hosts import machine, system, travel
from tools.hosts.awake import Awake, awake
from tools.hosts.errors import LabError
from tools.hosts.running import CONSOLE, running
from tools.hosts.table import Host

_HAND_BACK_S = 300.0
"""Within which a host ends a command whose time is up, and writes what there is of results."""
_ROOM_BYTES = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a job ended."""

    status: int
    """Of the command."""
    login_s: float
    """From QEMU's start until the command's."""
    took_s: float
    """The same until results were written."""


def run(
    host: Host,
    command: Sequence[str],
    *,
    images: Sequence[str],
    beside: Sequence[Path] = (),
    reach: int | None = None,
    results: Path | None,
    keep: bool,
    timeout_s: float,
    out: Callable[[bytes], object],
    say: Say,
) -> Ended:
    """Run ``command`` in the current checkout, in ``host`` as it is when fresh; what it says goes to ``out``.

    After ``timeout_s`` it is ended, with status 124. ``beside`` go along; ``reach`` is the port of our loopback that it
    reaches. ``results`` gets what lies in /srv/results in the end. Raises LabError where the host is lost, with the
    last lines of its console, ImageError where it cannot be built.
    """
    built = _built(host, say)
    there = awake(host, built, say=say)
    with _disks(
        host, there.disk, command, images=images, limit_s=timeout_s, beside=beside, keep=keep, say=say
    ) as disks:
        try:
            return _watched(host, built, there, disks, reach=reach, timeout_s=timeout_s, out=out, say=say)
        finally:
            if results is not None:
                _hand_back(disks, results, say)


def _watched(
    host: Host,
    built: system.Built,
    there: Awake,
    disks: Mapping[str, Path],
    *,
    reach: int | None,
    timeout_s: float,
    out: Callable[[bytes], object],
    say: Say,
) -> Ended:
    """Bring the host back with the disks of a job, and go along to the end of its command."""
    began = time.monotonic()
    late = LabError(
        f"the host did not end a command that took longer than {timeout_s:.0f} s",
        remedy="Allow it more: --timeout SECONDS",
    )
    with running(host, built, disks, there.memory, saved=True, reach=reach, out=out) as it:
        it.bring_back(there.state)
        it.tell(f"{time.time():.0f} {secrets.token_hex(32)}")
        it.logged_in("ready")
        login_s = time.monotonic() - began
        say(f"logged in after {login_s:.0f} s")
        _ended, status = it.heard(timeout_s + patience.limit_s(_HAND_BACK_S), late).split()
        return Ended(status=int(status), login_s=login_s, took_s=time.monotonic() - began)


def console(host: Host, *, images: Sequence[str], say: Say) -> int:
    """Boot ``host`` for a person, on this terminal; return QEMU's status."""
    built = _built(host, say)
    with _disks(host, built.disk, ("true",), images=images, keep=False, say=say) as disks:
        say("root is logged in when it is up; Ctrl-A X ends it, Ctrl-A H helps")
        words = ["setpriv", "--pdeathsig", "KILL", *machine.words(host, built, disks, job=None)]
        return subprocess.run(words, check=False).returncode


def _hand_back(disks: Mapping[str, Path], results: Path, say: Say) -> None:
    """Put into ``results`` what came back, where anything did, and the console, where there is one."""
    if travel.came_back(disks["results"]):
        count = travel.unpack(disks["results"], results)
        say(f"{count} files came back, into {results}")
    console = disks["system"].with_name(CONSOLE)
    if console.exists():
        results.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(console, results / CONSOLE)


def _built(host: Host, say: Say) -> system.Built:
    """Return what a host boots; raises LabError where that could not be booted here."""
    emulator = machine.EMULATORS[host.system.architecture]
    for program, package in ((emulator.program, emulator.package), ("qemu-img", "qemu-utils")):
        if programs.found(program) is None:
            remedy = programs.as_root(f"apt-get install {package}")
            raise LabError(f"{program} is not installed", remedy=remedy)
    return system.build(host.system, say=say)


@contextmanager
def _disks(
    host: Host,
    below: Path,
    command: Sequence[str],
    *,
    images: Sequence[str],
    limit_s: float = 0.0,
    beside: Sequence[Path] = (),
    keep: bool,
    say: Say,
) -> Iterator[dict[str, Path]]:
    """Lay out the disks of a job, the first one over ``below``, as long as the block lasts, or longer: ``keep``."""
    with architecture.building_for(host.system.architecture):
        image_disk = travel.image_disk(images, say=say)
    cache.require_free(cache.root(), _ROOM_BYTES, f"a job in {host.name}")
    with cache.scratch("lab") as folder:
        disks = {"system": travel.overlay(folder / "system.qcow2", below)}
        disks["images"] = travel.overlay(folder / "images.qcow2", image_disk)
        for name in ("checkout", "results"):
            disks[name] = folder / name
        travel.checkout(disks["checkout"], system.ROOT, host, command, limit_s=limit_s, beside=beside)
        travel.empty(disks["results"], travel.RESULTS_BYTES)
        try:
            yield disks
        finally:
            if keep:
                kept = cache.shelf("lab") / f"kept-{host.name}-{time.strftime('%Y%m%dT%H%M%S')}"
                folder.rename(kept)
                say(f"its disks and console are kept in {kept}")
