"""A virtual machine: the same root file system on a copy-on-write disk, booted directly with a kernel of its own.

Which machine, and who starts it, is for the variant to say; libvirt starts a ``pc`` where it says nothing.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from bench import images
from bench.errors import IsolationError, LeftoverError, UnavailableError
from bench.images import cache
from bench.isolations import processes, virtiofs
from bench.isolations.accelerator import Choice, choose
from bench.isolations.base import (
    LOOPBACK,
    Availability,
    Fault,
    Instance,
    Isolation,
    Launch,
    Route,
    Say,
    console_of,
)
from bench.isolations.launcher import Launcher, Running
from bench.isolations.machine import Machine
from bench.isolations.probe import probe
from bench.isolations.qemu import QemuLauncher, qemu_binary
from bench.isolations.remedy import missing_package
from bench.isolations.serial import SerialLine
from bench.isolations.timeline import Timeline
from bench.isolations.tsc import tsc_khz
from bench.isolations.variants import MachineOptions, chosen
from bench.isolations.virtiofs import Share, virtiofsd_binary
from bench.isolations.vm_instance import VirtualMachineInstance
from bench.model import Envelope, Image, Network, Phase
from bench.state import scratch
from bench.writing import written

_BOOT_PATIENCE = 5.0
"""How much longer than the probe's a trial's boot may take: it may have more memory, and neighbours."""
_LEAST_BOOT_TIMEOUT_S = 10.0


class VirtualMachine(Isolation):
    """A machine that lives as long as its trial, with a kernel of its own."""

    name = "vm"

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._options = chosen("vm", words, MachineOptions())
        self._launcher = _launcher(self._options)
        self._choice = Choice(kvm=False, why="not yet tried")
        self._guest: dict[str, str] = {}
        self.stopwatch = _stopwatch(self._options, self._launcher)
        self.phases = _phases(self._options, self._launcher)
        self.boots = 3 if self._options.machine == "microvm" else 1

    def missing(self) -> Fault | None:
        """Look for QEMU, what makes the root, and whatever starts the machine."""
        options = self._options
        if options.machine != "pc" and platform.machine() != "x86_64":
            return Fault(reason=f"machine type {options.machine} exists on x86_64 only", remedy="Use vm")
        if qemu_binary() is None:
            return missing_package(f"QEMU for {platform.machine()} is not installed", "qemu-system-x86")
        if options.root == "disk" and shutil.which("qemu-img") is None:
            return missing_package("the command qemu-img is missing", "qemu-utils")
        return (virtiofs.missing() if options.root == "virtiofs" else None) or self._launcher.missing()

    def prepare(self, image: Image, say: Say) -> None:
        """Make the root and the boot kit, and find out by booting whether hardware virtualization works."""
        if self._options.root == "disk":
            images.disk(image, say)
        else:
            images.tree(image, say)
        self._guest = {"guest kernel": images.kit(image.suite, say=say).release}

        def boot_s(kvm: bool, timeout_s: float) -> float:
            self._choice = Choice(kvm=kvm, why="trying")
            return probe(self, image, timeout_s=timeout_s).start_s

        asked = {**self._launcher.versions, "machine": self._options.machine}
        self._choice = choose(boot_s, cache.root(), asked, say)
        if self._choice.kvm and self._options.tb_mib:
            raise UnavailableError(
                "a translation buffer exists under emulation only, and this host has hardware virtualization",
                remedy="Compare its sizes on a host without",
            )

    def started(self, start_s: float) -> None:
        """Bound every boot by a multiple of the probe's."""
        self.boot_timeout_s = float(round(max(_LEAST_BOOT_TIMEOUT_S, _BOOT_PATIENCE * start_s)))

    def describe(self) -> Availability:
        """Name what starts the machine, QEMU and the accelerator."""
        kvm = self._choice.kvm
        how = "hardware virtualization (KVM)" if kvm else f"EMULATED: {self._choice.why}"
        versions = {**self._launcher.versions, "accelerator": "kvm" if kvm else "tcg", **self._guest}
        if self._options.root == "virtiofs":
            versions["virtiofsd"] = virtiofs.version(virtiofsd_binary() or "")
        return Availability(
            isolation=self.name,
            fault=None,
            detail=f"{self._launcher.detail}, {how}",
            emulated=not kvm,
            versions=versions,
        )

    def altered(self, envelope: Envelope) -> Envelope:
        """Return the envelope with the variant's number of virtual CPUs; the host's CPUs stay the same."""
        return replace(envelope, cpus=self._options.vcpus) if self._options.vcpus else envelope

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
        """Make the root, start and boot the machine."""
        timeline = Timeline()
        console = console_of(launch, timeline)
        with ExitStack() as stack:
            folder = stack.enter_context(scratch(self.run, launch.label))
            machine = self._machine(launch, folder)
            line = stack.enter_context(
                SerialLine(machine.console, console, lambda at_ns: timeline.mark("process_up", at_ns))
            )
            stack.push(_marks_gone(timeline))
            timeline.mark("requested", self.clock.now_ns())
            share = self._make_root(stack, launch, machine, folder)
            timeline.mark("shared" if share else "disk", self.clock.now_ns())
            running = self._start(machine, share)
            timeline.mark(self._launcher.started.mark, self.clock.now_ns())
            instance = VirtualMachineInstance(timeline, console, running, line, share)
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

    def _make_root(self, stack: ExitStack, launch: Launch, machine: Machine, folder: Path) -> Share | None:
        """Make what the guest's root is on: a disk, or a folder that is shared from now on."""
        if machine.disk is not None:
            _make_overlay(images.disk(launch.image, say=lambda _line: None), machine.disk)
            return None
        assert machine.shared is not None
        tree = images.tree(launch.image, say=lambda _line: None)
        group = f"isobench/{self.run}/{folder.name}"
        return stack.enter_context(virtiofs.shared(tree, folder, machine.shared, group, launch.envelope))

    def _start(self, machine: Machine, share: Share | None) -> Running:
        try:
            return self._launcher.start(machine)
        except IsolationError as error:
            if share and (words := share.last_words()):
                error.what += f"; virtiofsd said: {words}"
            raise

    def _machine(self, launch: Launch, folder: Path) -> Machine:
        """Lay out the machine, its initrd with the trial's own command included."""
        kit = images.kit(launch.image.suite, say=lambda _line: None)
        options, storage = self._options, launch.storage
        initrd = folder / "initrd"
        appended = images.trial_cpio(
            nonce=launch.trial.nonce,
            pids=launch.envelope.pids,
            entry=launch.entry,
            network=launch.envelope.network,
            storage=storage,
            bus="mmio" if options.machine == "microvm" else "pci",
            root=options.root,
        )
        with written(initrd):
            initrd.write_bytes(kit.initrd.read_bytes() + appended)
        return Machine(
            name=f"isobench-{self.run}-{launch.label}",
            kind=options.machine,
            emulator=qemu_binary() or "",
            kernel=kit.kernel,
            initrd=initrd,
            arguments=" ".join((*images.KERNEL_ARGUMENTS, *self._clock_words())),
            disk=folder / "disk.qcow2" if options.root == "disk" else None,
            shared=folder / "virtiofs" if options.root == "virtiofs" else None,
            volume=images.volume(folder / "volume.ext4", storage.size_bytes)
            if storage and storage.kind == "volume"
            else None,
            console=folder / "console",
            port=launch.port,
            envelope=launch.envelope,
            kvm=self._choice.kvm,
            tb_mib=None if self._choice.kvm else options.tb_mib,
        )

    def _clock_words(self) -> tuple[str, ...]:
        """Tell a guest that is easily left without a clock how fast the one runs that it has."""
        khz = tsc_khz() if self._options.machine == "microvm" and not self._choice.kvm else None
        return (f"tsc_early_khz={khz}",) if khz else ()


def _launcher(options: MachineOptions) -> Launcher:
    if options.through == "qemu":
        return QemuLauncher()
    from bench.isolations.hypervisor import LibvirtLauncher  # noqa: PLC0415 - QEMU by itself needs no libvirt

    return LibvirtLauncher()


def _phases(options: MachineOptions, launcher: Launcher) -> tuple[Phase, ...]:
    disk, folder = Phase(mark="disk", label="disk made"), Phase(mark="shared", label="folder shared")
    return (
        disk if options.root == "disk" else folder,
        Phase(mark="process_up", label="process up"),
        launcher.started,
        Phase(mark="kernel_up", label="kernel handed over"),
        Phase(mark="start", label="init reached"),
        Phase(mark="ready", label="ready"),
        Phase(mark="end", label="workload ended"),
        Phase(mark="closed", label="off"),
        Phase(mark="exited", label="process ended"),
        Phase(mark="gone", label="gone"),
    )


def _stopwatch(options: MachineOptions, launcher: Launcher) -> str:
    disk = "the copy-on-write disk is made"
    folder = "a copy-on-write layer on the image's tree is mounted on the host, shared by virtiofsd,"
    why = ": libvirt cannot express machine type microvm" if options.machine == "microvm" else ""
    return (
        f"from before {disk if options.root == 'disk' else folder} and {launcher.asks}{why}, through QEMU, kernel and "
        "initramfs, to the arrival of the workload's first line on the serial console"
    )


def _marks_gone(
    timeline: Timeline,
) -> Callable[[type[BaseException] | None, BaseException | None, TracebackType | None], None]:
    """Return what marks the end, when all that was entered after it has been taken down, unless something stayed."""

    def left(_kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        if not isinstance(error, LeftoverError):
            timeline.mark("gone", time.monotonic_ns())

    return left


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
        found = re.search(rb"guest=isobench-(.+)-\d{4,}(?:-[0-9a-f]+)?[,\0]", Path(f"/proc/{pid}/cmdline").read_bytes())
        return found[1].decode() if found else None
    return None
