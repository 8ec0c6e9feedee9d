"""A virtual machine: the same root file system on a copy-on-write disk, booted directly by libvirt and QEMU."""

from __future__ import annotations

import os
import platform
import pwd
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench import images
from bench.errors import IsolationError, LeftoverError
from bench.images import cache
from bench.isolations import processes
from bench.isolations.accelerator import Choice, choose
from bench.isolations.backlog import widen
from bench.isolations.base import (
    LOOPBACK,
    Account,
    Availability,
    Exit,
    Fault,
    HostProcess,
    Instance,
    Isolation,
    Launch,
    Route,
    Say,
    Unreadable,
    console_of,
)
from bench.isolations.console import Console
from bench.isolations.domain import Machine
from bench.isolations.hypervisor import Domain, Hypervisor, connect, qemu_binary
from bench.isolations.probe import probe
from bench.isolations.remedy import missing_package
from bench.isolations.serial import SerialLine
from bench.isolations.timeline import Timeline
from bench.model import Image, Network, Phase
from bench.state import scratch
from bench.writing import written

_GONE_TIMEOUT_S = 10.0
_GONE_POLL_S = 0.01


class VirtualMachine(Isolation):
    """A transient libvirt domain with a kernel of its own."""

    name = "vm"
    stopwatch = (
        "from before the copy-on-write disk is made and the domain is asked for, through QEMU, kernel and "
        "initramfs, to the arrival of the workload's first line on the serial console"
    )
    phases = (
        Phase(mark="disk", label="disk made"),
        Phase(mark="process_up", label="process up"),
        Phase(mark="defined", label="defined"),
        Phase(mark="kernel_up", label="kernel handed over"),
        Phase(mark="start", label="init reached"),
        Phase(mark="ready", label="ready"),
        Phase(mark="end", label="workload ended"),
        Phase(mark="closed", label="off"),
        Phase(mark="exited", label="process ended"),
        Phase(mark="gone", label="gone"),
    )

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._choice = Choice(kvm=False, why="not yet tried")
        self._guest: dict[str, str] = {}

    def missing(self) -> Fault | None:
        """Look for QEMU, its disk tool, and the user libvirt runs it as."""
        if qemu_binary() is None:
            return missing_package(f"QEMU for {platform.machine()} is not installed", "qemu-system-x86")
        if shutil.which("qemu-img") is None:
            return missing_package("the command qemu-img is missing", "qemu-utils")
        if os.geteuid() != 0:
            return Fault(reason="libvirt's drivers need root to start a machine here", remedy="Run as root")
        if not _user_exists("libvirt-qemu"):  # libvirt's driver refuses to start without
            return missing_package("libvirt's user libvirt-qemu is missing", "libvirt-daemon-system")
        return None

    def prepare(self, image: Image, say: Say) -> None:
        """Make the disk and the boot kit, and find out by booting whether hardware virtualization works."""
        images.disk(image, say)
        self._guest = {"guest kernel": images.kit(image.suite, say=say).release}

        def boot_s(kvm: bool, timeout_s: float) -> float:
            self._choice = Choice(kvm=kvm, why="trying")
            return probe(self, image, timeout_s=timeout_s).start_s

        self._choice = choose(boot_s, cache.root(), self._hypervisor.versions, say)

    def describe(self) -> Availability:
        """Name libvirt, QEMU and the accelerator."""
        versions = self._hypervisor.versions
        kvm = self._choice.kvm
        how = "hardware virtualization (KVM)" if kvm else f"EMULATED: {self._choice.why}"
        return Availability(
            isolation=self.name,
            fault=None,
            detail=f"libvirt {versions['libvirt']} ({versions['driver']}), QEMU {versions['qemu']}, {how}",
            emulated=not kvm,
            versions={**versions, "accelerator": "kvm" if kvm else "tcg", **self._guest},
        )

    def route(self, network: Network) -> Route | None:
        """Return the way into a guest: its own stack, so it can never be on the host's."""
        match network:
            case "none":
                return LOOPBACK
            case "host":
                return None
            case "published":
                how = "QEMU's user-mode network (NAT in the QEMU process), one port forwarded"
                return Route(bind="0.0.0.0", address="127.0.0.1", how=how)

    @contextmanager
    def launch(self, launch: Launch) -> Iterator[Instance]:
        """Make the disk, define and boot the domain."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        hypervisor = self._hypervisor
        with ExitStack() as stack:
            folder = stack.enter_context(scratch(self.run, launch.trial.number))
            base = images.disk(launch.image, say=lambda _line: None)
            machine = self._machine(launch, folder)
            line = stack.enter_context(
                SerialLine(machine.console, console, lambda at_ns: timeline.mark("process_up", at_ns))
            )
            timeline.mark("requested", self.clock.now_ns())
            _make_overlay(base, machine.disk)
            timeline.mark("disk", self.clock.now_ns())
            domain = hypervisor.create(machine.xml())
            timeline.mark("defined", self.clock.now_ns())
            instance = VirtualMachineInstance(timeline, console, hypervisor, domain, line)
            stack.callback(instance.stop)
            instance.find_process()
            if launch.envelope.network == "published":
                instance.widen(launch.port)
            yield instance

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """End the QEMU processes of dead runs; libvirt forgets their domains by itself."""
        removed = []
        for process in processes.named(f"qemu-system-{platform.machine()}"):
            run = run_of(process.pid)
            if run is not None and dead(run):
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
                removed.append(f"virtual machine of run {run} (process {process.pid})")
        return removed

    @property
    def _hypervisor(self) -> Hypervisor:
        return connect()

    def _machine(self, launch: Launch, folder: Path) -> Machine:
        """Lay out the machine, its initrd with the trial's own command included."""
        kit = images.kit(launch.image.suite, say=lambda _line: None)
        trial = launch.trial
        initrd = folder / "initrd"
        storage = launch.storage
        appended = images.trial_cpio(
            nonce=trial.nonce,
            pids=launch.envelope.pids,
            entry=launch.entry,
            network=launch.envelope.network,
            storage=storage,
        )
        with written(initrd):
            initrd.write_bytes(kit.initrd.read_bytes() + appended)
        return Machine(
            name=f"isobench-{self.run}-{trial.number:04d}",
            emulator=qemu_binary() or "",
            kernel=kit.kernel,
            initrd=initrd,
            arguments=" ".join(images.KERNEL_ARGUMENTS),
            disk=folder / "disk.qcow2",
            volume=images.volume(folder / "volume.ext4", storage.size_bytes)
            if storage and storage.kind == "volume"
            else None,
            console=folder / "console",
            port=launch.port,
            envelope=launch.envelope,
            kvm=self._choice.kvm,
        )


class VirtualMachineInstance(Instance):
    """One booted domain and its QEMU process."""

    def __init__(
        self,
        timeline: Timeline,
        console: Console,
        hypervisor: Hypervisor,
        domain: Domain,
        line: SerialLine,
    ) -> None:
        super().__init__(timeline, console)
        self._hypervisor = hypervisor
        self._domain = domain
        self._line = line
        self._qemu: processes.PsutilProcess | None = None
        self._pidfd: int | None = None

    def find_process(self) -> None:
        """Find the QEMU process; a machine that is off already has none.

        Raises IsolationError when the machine runs and its process cannot be found: its end could not be verified.
        """
        try:
            pid = int((self._hypervisor.pid_folder / f"{self._domain.name()}.pid").read_text())
            self._qemu = processes.PsutilProcess(pid)
            self._pidfd = os.pidfd_open(pid)
        except (OSError, ValueError, Unreadable) as error:
            if self._hypervisor.knows(self._domain):
                raise IsolationError(f"cannot find the QEMU process of {self._domain.name()}: {error}") from error

    def widen(self, port: int) -> None:
        """Let connections wait in line at the forwarded port."""
        if self._qemu is not None:
            widen(self._qemu.pid, port)

    def processes(self) -> Mapping[str, Sequence[HostProcess]]:
        """Return the QEMU process: guest memory and emulator are one process on the host."""
        return {"vmm": [self._qemu] if self._qemu else []}

    @property
    def account(self) -> Account | None:
        """None: what a guest uses is QEMU's memory, and not every libvirt puts QEMU into a group of its own."""
        return None

    def send(self, line: str) -> None:
        """Write a line to the guest's console."""
        self._line.send(f"{line}\n".encode())

    def wait_exit(self, timeout_s: float) -> Exit | None:
        """Wait for the QEMU process to end, as it does when the guest powers off."""
        if not self._process_ended(timeout_s):
            return None
        kills = self.console.seen.get("oom_kills", "0")
        return Exit(status=self.console.status, out_of_memory=kills.isdigit() and int(kills) > 0)

    def stop(self) -> None:
        """Destroy the domain if it still runs; verify that libvirt and the process table know it no more."""
        self._hypervisor.destroy(self._domain)
        deadline = time.monotonic() + _GONE_TIMEOUT_S
        while self._hypervisor.knows(self._domain):
            if time.monotonic() > deadline:
                raise LeftoverError(f"libvirt still knows the domain {self._domain.name()}")
            time.sleep(_GONE_POLL_S)
        if not self._process_ended(_GONE_TIMEOUT_S):
            raise LeftoverError(f"the QEMU process of {self._domain.name()} is still there")
        self.timeline.mark("gone", time.monotonic_ns())
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _process_ended(self, timeout_s: float) -> bool:
        if self._pidfd is not None and not select.select([self._pidfd], [], [], timeout_s)[0]:
            return False
        self.timeline.mark("exited", time.monotonic_ns())
        return True


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _make_overlay(base: Path, disk: Path) -> None:
    """Make a copy-on-write disk on top of the image's disk, which is never written."""
    made = subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(base), str(disk)],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # Ctrl-C is for the harness to handle, not for its tools
    )
    if made.returncode:
        raise IsolationError(f"cannot make a disk: {made.stderr.strip()}", remedy="See `df -h`; python -m bench clean")


def run_of(pid: int) -> str | None:
    """Return which run a QEMU process belongs to, from the guest's name on its command line."""
    with suppress(OSError):
        found = re.search(rb"guest=isobench-(.+)-\d{4,}[,\0]", Path(f"/proc/{pid}/cmdline").read_bytes())
        return found[1].decode() if found else None
    return None
