"""Boot a host, run one command in it, stream what it says, and know how it ended; every wait is bounded."""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.host import patience, programs
from bench.host.subprocesses import Child, ran
from bench.images import cache
from bench.model import Say
from tools.hosts import machine, system, travel
from tools.hosts.errors import LabError
from tools.hosts.table import Host

CONSOLE = "console.log"
"""The file of what a host's serial line said."""
LOGIN_S = 120.0
"""Within which a host is logged in to; 35 s on a quiet machine."""
_HAND_BACK_S = 300.0
"""Within which a host ends a command whose time is up, and writes what there is of results."""
_LEFT_BYTES = 256 << 20
"""How much must stay free on the disk of the overlay, which a host that is full would wait for without end."""
_ROOM_BYTES = 4 << 30
_CONSOLE_LINES = 60
"""A kernel's panic with its calls."""
_STOP_S = 10.0
_LOOK_S = 1.0


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
    with _prepared(host, command, images=images, limit_s=timeout_s, beside=beside, keep=keep, say=say) as (
        built,
        disks,
    ):
        try:
            return boot(host, built, disks, reach=reach, timeout_s=timeout_s, out=out, say=say)
        finally:
            if results is not None:
                _hand_back(disks, results, say)


def boot(
    host: Host,
    built: system.Built,
    disks: Mapping[str, Path],
    *,
    reach: int | None = None,
    timeout_s: float,
    out: Callable[[bytes], object],
    say: Say,
) -> Ended:
    """Boot ``host`` with the disks of a job, and watch it to its end; its console goes to a file beside its first disk.

    Raises LabError as ``run`` does.
    """
    folder = disks["system"].parent
    with ExitStack() as held:
        ports = {name: held.enter_context(_Port()) for name in ("events", "output")}
        sockets = {name: port.theirs.fileno() for name, port in ports.items()}
        qemu = held.enter_context(
            Child(
                f"lab host {host.name}",
                machine.words(host, built, disks, job=sockets, reach=reach),
                terminate_s=_STOP_S,
                kill_s=_STOP_S,
                bound_to=_all_cpus(),
                log=folder / CONSOLE,
                pass_fds=list(sockets.values()),
            )
        )
        for port in ports.values():
            port.theirs.close()
        try:
            return _watch(qemu, ports, folder, timeout_s=timeout_s, out=out, say=say)
        except LabError as error:
            error.add_note("Its console ended with:\n" + "\n".join(qemu.tail(_CONSOLE_LINES)))
            raise


def console(host: Host, *, images: Sequence[str], say: Say) -> int:
    """Boot ``host`` for a person, on this terminal; return QEMU's status."""
    with _prepared(host, ("true",), images=images, keep=False, say=say) as (built, disks):
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


class _Port:
    """Our end of a port of the guest, and that which QEMU gets."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)

    def __enter__(self) -> _Port:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.ours.close()
        self.theirs.close()

    def read(self) -> bytes | None:
        """Return what has come; empty: QEMU has gone; None: nothing."""
        try:
            return self.ours.recv(1 << 16)
        except BlockingIOError:
            return None
        except ConnectionError:
            return b""


@contextmanager
def _prepared(
    host: Host,
    command: Sequence[str],
    *,
    images: Sequence[str],
    limit_s: float = 0.0,
    beside: Sequence[Path] = (),
    keep: bool,
    say: Say,
) -> Iterator[tuple[system.Built, dict[str, Path]]]:
    """Lay out the disks of a job, as long as the block lasts, or longer where they are to be kept."""
    for program in ("qemu-system-x86_64", "qemu-img"):
        if programs.found(program) is None:
            package = "qemu-system-x86" if "system" in program else "qemu-utils"
            remedy = programs.as_root(f"apt-get install {package}")
            raise LabError(f"{program} is not installed", remedy=remedy)
    built = system.build(host.system, say=say)
    image_disk = travel.image_disk(images, say=say)
    cache.require_free(cache.root(), _ROOM_BYTES, f"a job in {host.name}")
    with cache.scratch("lab") as folder:
        disks = {"system": _overlay(folder / "system.qcow2", built.disk)}
        disks["images"] = _overlay(folder / "images.qcow2", image_disk)
        for name in ("checkout", "results"):
            disks[name] = folder / name
        travel.checkout(disks["checkout"], system.ROOT, host, command, limit_s=limit_s, beside=beside)
        travel.empty(disks["results"])
        try:
            yield built, disks
        finally:
            if keep:
                kept = cache.shelf("lab") / f"kept-{host.name}-{time.strftime('%Y%m%dT%H%M%S')}"
                folder.rename(kept)
                say(f"its disks and console are kept in {kept}")


def _overlay(file: Path, below: Path) -> Path:
    done = ran("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", below, file)
    if done.returncode != 0:
        raise LabError(
            f"no overlay of {below} could be made: {done.stderr.strip()}", remedy="Is there room on the disk?"
        )
    return file


def _all_cpus() -> str:
    return ",".join(map(str, sorted(os.sched_getaffinity(0))))


def _watch(
    qemu: Child,
    ports: dict[str, _Port],
    folder: Path,
    *,
    timeout_s: float,
    out: Callable[[bytes], object],
    say: Say,
) -> Ended:
    """Pass on what the command says until the host says how it ended."""
    began = time.monotonic()
    login_limit_s = patience.limit_s(LOGIN_S)
    login_s: float | None = None
    told = b""
    with selectors.DefaultSelector() as selector:
        for name, port in ports.items():
            selector.register(port.ours, selectors.EVENT_READ, name)
        while True:
            ready = [key.data for key, _events in selector.select(_LOOK_S)]
            passed_s = time.monotonic() - began
            if "output" in ready and (said := ports["output"].read()):
                out(said)
            if "events" in ready:
                told += ports["events"].read() or b""
            *lines, told = told.split(b"\n")
            for line in lines:
                word, _blank, rest = line.decode().partition(" ")
                if word == "ready":
                    login_s = passed_s
                    say(f"logged in after {login_s:.0f} s")
                elif word == "ended":
                    while said := ports["output"].read():
                        out(said)
                    return Ended(status=int(rest), login_s=login_s or passed_s, took_s=passed_s)
            if qemu.status is not None:
                raise LabError(f"the host ended before the command did (QEMU's status {qemu.status})")
            if cache.free_bytes(folder) < _LEFT_BYTES:
                raise LabError(
                    f"the disk of {folder} is full",
                    remedy="Free some, or set ISOBENCH_CACHE to a directory that has more",
                )
            if login_s is None and passed_s > login_limit_s:
                raise LabError(f"nobody could log in within {login_limit_s:.0f} s", remedy=patience.longer())
            if login_s is not None and passed_s - login_s > timeout_s + patience.limit_s(_HAND_BACK_S):
                raise LabError(
                    f"the host did not end a command that took longer than {timeout_s:.0f} s",
                    remedy="Allow it more: --timeout SECONDS",
                )
