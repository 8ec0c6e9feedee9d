"""The way to libvirt: one connection, its event loop, and errors in our own words.

``qemu:///system`` where a libvirtd answers, else the embedded driver ``qemu:///embed``, which needs no daemon:
the QEMU driver then lives in this process, below a root folder of the run's own.
"""

from __future__ import annotations

import atexit
import os
import pwd
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Read when libvirt is imported: its driver would write to standard error what reaches us as exceptions.
os.environ.setdefault("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null")
import libvirt

from bench.errors import IsolationError, PortTakenError
from bench.host.run_names import of_process
from bench.host.run_state import alive, kept
from bench.images.cache import shelf
from bench.isolations.base import Fault
from bench.isolations.machines.adoption import adopted
from bench.isolations.machines.libvirt_domain import xml
from bench.isolations.machines.machine import Machine
from bench.isolations.remedy import missing_package, sockets_below
from bench.model import Phase

_SYSTEM_SOCKETS = ("/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock")
_SOCKET_BYTES = len("/runs/libvirt-1234567-abcdef/lib/qemu/domain-12345-its-name-cut-to-20-x/monitor.sock")
"""The longest path of the driver's sockets below the state folder."""

_QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
cgroup_controllers = []
stdio_handler = "file"
"""
"""Embedded driver: no change of user, so no file changes its owner; no daemon for logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypervisor:
    """An open connection and where its driver writes the pids of its QEMU processes."""

    connection: libvirt.virConnect
    uri: str
    pid_folder: Path

    @property
    def embedded(self) -> bool:
        """Whether the driver lives in this process."""
        return self.uri.startswith("qemu:///embed")

    def pid_file(self, name: str) -> Path:
        """Where the driver writes the pid of a domain's QEMU."""
        return self.pid_folder / f"{name}.pid"


class LibvirtLauncher:
    """Lets libvirt start machines; implements ``launcher.Launcher``."""

    started = Phase(mark="defined", label="defined")
    asks = "the domain is asked for"

    def missing(self) -> Fault | None:
        """Look for the user libvirt runs QEMU as, and whether we may ask it at all."""
        if os.geteuid() != 0:
            return Fault(reason="libvirt's drivers need root to start a machine here", remedy="Run as root")
        try:
            pwd.getpwnam("libvirt-qemu")
        except KeyError:  # libvirt's driver refuses to start without
            return missing_package("libvirt's user libvirt-qemu is missing", "libvirt-daemon-system")
        return sockets_below(_SOCKET_BYTES, "or use vm:direct")

    def start(self, machine: Machine) -> LibvirtDomain:
        """Start a transient domain; it dies with the connection where the driver can see to that."""
        hypervisor = connect()
        flags = 0 if hypervisor.embedded else libvirt.VIR_DOMAIN_START_AUTODESTROY
        with translated("start a virtual machine"), adopted(hypervisor.pid_file(machine.name)):
            return LibvirtDomain(hypervisor, hypervisor.connection.createXML(xml(machine), flags))

    @property
    def versions(self) -> dict[str, str]:
        """Versions of libvirt and of the QEMU it starts, and which driver does."""
        hypervisor = connect()
        with translated("ask libvirt for its version"):
            return {
                "libvirt": _dotted(hypervisor.connection.getLibVersion()),
                "qemu": _dotted(hypervisor.connection.getVersion()),
                "driver": "embedded" if hypervisor.embedded else "system",
            }

    @property
    def detail(self) -> str:
        """libvirt, its driver, and QEMU."""
        versions = self.versions
        return f"libvirt {versions['libvirt']} ({versions['driver']}), QEMU {versions['qemu']}"


class LibvirtDomain:
    """A domain; implements ``launcher.RunningMachine``."""

    def __init__(self, hypervisor: Hypervisor, domain: libvirt.virDomain) -> None:
        self._hypervisor = hypervisor
        self._domain = domain

    @property
    def pid(self) -> int | None:
        """The pid that the driver has written down."""
        try:
            return int(self._hypervisor.pid_file(self._domain.name()).read_text())
        except (OSError, ValueError) as error:
            if self.known():
                raise IsolationError(f"cannot find the QEMU process of {self._domain.name()}: {error}") from error
            return None

    def known(self) -> bool:
        """Whether libvirt still lists the domain."""
        try:
            self._hypervisor.connection.lookupByUUID(self._domain.UUID())
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                return False
            raise IsolationError(f"cannot ask libvirt for a domain: {error.get_error_message()}") from error
        return True

    def destroy(self) -> None:
        """End the domain at once."""
        with suppress(libvirt.libvirtError):
            self._domain.destroy()

    def pause(self) -> None:
        """Let libvirt suspend the domain."""
        with translated("suspend a virtual machine"):
            self._domain.suspend()

    def thaw(self) -> None:
        """Let libvirt resume it."""
        with translated("resume a virtual machine"):
            self._domain.resume()

    def save(self, file: Path) -> None:
        """Raise IsolationError: libvirt brings back a domain of the same name alone, from the same files."""
        raise IsolationError("a domain of libvirt is not written down here", remedy="Use vm:direct")


_event_loop: threading.Thread | None = None


@cache
def connect() -> Hypervisor:
    """Open the system's libvirt if it answers, else the embedded driver; once per process.

    A process can have one embedded driver only, so its root belongs to the process and goes with it.
    """
    _start_event_loop()
    with translated("connect to libvirt"):
        if any(Path(socket).exists() for socket in _SYSTEM_SOCKETS):
            try:
                connection = libvirt.open("qemu:///system")
            except libvirt.libvirtError:
                pass  # a socket that nobody serves: the embedded driver needs none
            else:
                return Hypervisor(connection=connection, uri="qemu:///system", pid_folder=Path("/run/libvirt/qemu"))
        with ExitStack() as opening:
            root = opening.enter_context(alive(of_process("libvirt")))
            uri = f"qemu:///embed?root={_embed_root(root)}"
            connection = libvirt.open(uri)
            atexit.register(opening.pop_all().close)
        return Hypervisor(connection=connection, uri=uri, pid_folder=root / "run/qemu")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Let no libvirt error through raw."""
    try:
        yield
    except libvirt.libvirtError as error:
        said = re.sub(r"\S+Z qemu-system-\S+: ", "", str(error.get_error_message()))
        if "host forwarding rule" in said:
            taken = f"cannot {doing}: the port to be forwarded is in use"
            raise PortTakenError(taken, remedy="Run again: another port is chosen") from error
        raise IsolationError(f"cannot {doing}: {said}", remedy="python -m bench doctor") from error


def _embed_root(folder: Path) -> Path:
    """Make the embedded driver's root: our configuration, and QEMU's capabilities from the shared cache.

    Probing QEMU's capabilities takes seconds on a new root; libvirt itself discards a cache that is stale.
    """
    with kept(folder):
        (folder / "etc").mkdir()
        (folder / "etc/qemu.conf").write_text(_QEMU_CONF)
        (folder / "cache").symlink_to(shelf("libvirt"))
    return folder


def _start_event_loop() -> None:
    """Run libvirt's event loop in a thread; the embedded driver does nothing without one."""
    global _event_loop  # noqa: PLW0603 - libvirt allows one loop per process, for the process's life
    if _event_loop is not None:
        return
    libvirt.registerErrorHandler(lambda _context, _error: None, None)  # it would print to standard error
    libvirt.virEventRegisterDefaultImpl()
    _event_loop = threading.Thread(target=_run_event_loop, name="libvirt", daemon=True)
    _event_loop.start()


def _run_event_loop() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def _dotted(version: int) -> str:
    return f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"
