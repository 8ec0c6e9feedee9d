"""A host that runs: its QEMU, the ports through which it is spoken to, and how it is lost; every wait is bounded."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.errors import IsolationError
from bench.host import patience
from bench.host.subprocesses import Child
from bench.images import cache
from bench.isolations.machines.monitor import Monitor
from tools.hosts import machine
from tools.hosts.errors import LabError
from tools.hosts.system import Built
from tools.hosts.table import Host

CONSOLE = "console.log"
"""The file of what a host's serial line said, beside its first disk."""
LOGIN_S = 120.0
"""Within which a host boots, and within which one that has booted is logged in to; a minute and 4 s on a quiet one."""
_LEFT_BYTES = 256 << 20
"""How much must stay free on the disk of the overlay, which a host that is full would wait for without end."""
_CONSOLE_LINES = 60
"""A kernel's panic with its calls."""
_STOP_S = 10.0
_LOOK_S = 1.0


class Running:
    """Speaks with one host; raises LabError where that is lost."""

    def __init__(self, qemu: Child, ports: Mapping[str, _Port], folder: Path, out: Callable[[bytes], object]) -> None:
        self._qemu, self._ports, self._folder, self._out = qemu, ports, folder, out
        self._monitor = Monitor(ports["monitor"].ours)
        self._told = b""

    def save(self, state: Path) -> None:
        """Write what it is, but its memory, into a file; it runs no more then."""
        with _of_the_lab("QEMU cannot write the host down"):
            self._order_of_memory()
            self._monitor.save(state)

    def bring_back(self, state: Path) -> None:
        """Have it run on from where it was saved."""
        with _of_the_lab("QEMU cannot bring the host back"):
            self._order_of_memory()
            self._monitor.bring_back(state)

    def _order_of_memory(self) -> None:
        self._monitor.tell("qmp_capabilities")
        self._monitor.leave_out_memory()

    def tell(self, line: str) -> None:
        """Say something to what waits for it in the host."""
        self._ports["events"].ours.sendall(line.encode() + b"\n")

    def heard(self, within_s: float, otherwise: LabError) -> str:
        """Return its next line, as what its command says is passed on; raises ``otherwise`` if none comes in time."""
        events, output = self._ports["events"], self._ports["output"]
        deadline = time.monotonic() + within_s
        while b"\n" not in self._told:
            select.select([events.ours, output.ours], [], [], _LOOK_S)
            self._pass_on()
            self._told += events.read()
            if b"\n" in self._told:
                break
            if self._qemu.status is not None:
                raise LabError(f"the host ended before the command did (QEMU's status {self._qemu.status})")
            if cache.free_bytes(self._folder) < _LEFT_BYTES:
                raise LabError(
                    f"the disk of {self._folder} is full",
                    remedy="Free some, or set ISOBENCH_CACHE to a directory that has more",
                )
            if time.monotonic() > deadline:
                raise otherwise
        self._pass_on()
        line, _newline, self._told = self._told.partition(b"\n")
        return line.decode()

    def logged_in(self, word: str) -> None:
        """Wait until it says that it has come to ``word``."""
        limit_s = patience.limit_s(LOGIN_S)
        late = LabError(f"nobody could log in within {limit_s:.0f} s", remedy=patience.longer())
        if (said := self.heard(limit_s, late)) != word:
            raise LabError(f"the host was to say {word!r}, and says {said!r}")

    def _pass_on(self) -> None:
        while said := self._ports["output"].read():
            self._out(said)


@contextmanager
def running(
    host: Host,
    built: Built,
    disks: Mapping[str, Path],
    memory: Path,
    *,
    saved: bool,
    reach: int | None = None,
    out: Callable[[bytes], object],
) -> Iterator[Running]:
    """Start a host's QEMU for as long as the block lasts; its console goes to a file beside its first disk.

    Its memory is ``memory``, or what was ``saved`` there, which it does not write to. A LabError of the block gets the
    last lines of the console.
    """
    folder = disks["system"].parent
    with ExitStack() as held:
        ports = {name: held.enter_context(_Port()) for name in ("events", "output", "monitor")}
        sockets = {name: port.theirs.fileno() for name, port in ports.items()}
        qemu = held.enter_context(
            Child(
                f"lab host {host.name}",
                machine.words(host, built, disks, job=machine.Job(sockets, memory, saved=saved), reach=reach),
                terminate_s=_STOP_S,
                kill_s=_STOP_S,
                bound_to=",".join(map(str, sorted(os.sched_getaffinity(0)))),
                log=folder / CONSOLE,
                pass_fds=list(sockets.values()),
            )
        )
        for port in ports.values():
            port.theirs.close()
        try:
            yield Running(qemu, ports, folder, out)
        except LabError as error:
            error.add_note("Its console ended with:\n" + "\n".join(qemu.tail(_CONSOLE_LINES)))
            raise


@contextmanager
def _of_the_lab(what: str) -> Iterator[None]:
    try:
        yield
    except (IsolationError, OSError) as error:
        raise LabError(f"{what}: {error}", remedy=getattr(error, "remedy", "")) from error


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

    def read(self) -> bytes:
        """Return what has come; nothing, too, where QEMU has gone."""
        try:
            return self.ours.recv(1 << 16)
        except (BlockingIOError, ConnectionError):
            return b""
