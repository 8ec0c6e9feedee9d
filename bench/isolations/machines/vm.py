"""A virtual machine: the same root file system on a copy-on-write disk, booted directly with a kernel of its own.

Which machine, and who starts it, is for the variant to say; libvirt starts a ``pc`` where it says nothing.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from bench import images
from bench.errors import IsolationError, LeftoverError, UnavailableError
from bench.host import patience, processes, programs, run_names
from bench.host.processors.virtualization import ONLY_OWN_GUESTS, kvm
from bench.host.run_state import kept, scratch
from bench.host.subprocesses import ran, version_of
from bench.images import cache
from bench.isolations import leftovers
from bench.isolations.base import LOOPBACK, Availability, Fault, Instance, Isolation, Launch, Route, console_of
from bench.isolations.machines import virtiofs
from bench.isolations.machines.accelerator import EMULATED_S, Choice, choose
from bench.isolations.machines.launcher import Launcher, RunningMachine
from bench.isolations.machines.machine import Machine
from bench.isolations.machines.qemu import QemuLauncher, qemu_binary, qemu_package
from bench.isolations.machines.saving import SavedMachines, coming_back
from bench.isolations.machines.serial import SerialLine
from bench.isolations.machines.tsc import tsc_khz
from bench.isolations.machines.virtiofs import Share, virtiofsd_binary
from bench.isolations.machines.vm_instance import VirtualMachineInstance
from bench.isolations.probe import probe
from bench.isolations.remedy import missing_package
from bench.isolations.revival.offers import Checkpoint, copied
from bench.isolations.timeline import Timeline
from bench.isolations.variants import MachineOptions, chosen
from bench.model import Envelope, Image, Network, Phase, Say, Virtualization

_NOT_MADE_FOR_IT = f"{ONLY_OWN_GUESTS}: name one with --kernel FILE"
_IF_MADE_FOR_IT = (
    "the kernel named with --kernel, if it was made for kvm-pvm (CONFIG_PVM_GUEST), does not run under it: "
)
_BOOT_S = 10.0
"""Within which a trial's machine reaches its start mark on a fast host."""


class VirtualMachine(SavedMachines, Isolation):
    """A machine that lives as long as its trial, with a kernel of its own."""

    name = "vm"

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self.options = chosen("vm", words, MachineOptions())
        self._launcher = _launcher(self.options)
        self._choice = Choice(kvm=False, why="not yet tried")
        self._kvm = kvm()
        self._kits: dict[str, images.Kit] = {}
        self._guest: dict[str, str] = {}
        self.stopwatch = _stopwatch(self.options, self._launcher)
        self.phases = _phases(self.options, self._launcher)
        self.boots = 3 if self.options.machine == "microvm" else 1

    def missing(self) -> Fault | None:
        """Look for whatever starts the machine, which may need root, for QEMU, and for what makes the root."""
        options = self.options
        if options.machine != "pc" and platform.machine() != "x86_64":
            return Fault(reason=f"machine type {options.machine} exists on x86_64 only", remedy="Use vm")
        if fault := self._launcher.missing() or (virtiofs.missing() if options.root == "virtiofs" else None):
            return fault
        if qemu_binary() is None:
            return missing_package(f"QEMU for {platform.machine()} is not installed", qemu_package())
        if options.root == "disk" and programs.found("qemu-img") is None:
            return missing_package("the command qemu-img is missing", "qemu-utils")
        return None

    def prepare(self, image: Image, say: Say) -> None:
        """Make the root and the boot kit, and find out by booting whether hardware virtualization works."""
        if self.options.root == "disk":
            images.disk(image, say)
        else:
            images.tree(image, say)
        kernel = self.guest_kernel
        self._guest = {"guest kernel": self._kit(image, say).release}
        self._guest |= {"guest kernel's digest": kernel.digest} if kernel else {}

        def boot_s(kvm: bool, timeout_s: float) -> float:
            self._choice = Choice(kvm=kvm, why="trying")
            self.shown_s = max(self.shown_s, start_s := probe(self, image, timeout_s=timeout_s).start_s)
            return start_s

        asked = {**self._launcher.versions, "machine": self.options.machine, "module": self._kvm.module}
        asked |= {"guest": kernel.digest} if kernel else {}
        unfit = _NOT_MADE_FOR_IT if self._kvm.only_own_guests and kernel is None else ""
        self._choice = choose(boot_s, cache.root(), asked, say, unfit=unfit)
        self.probe_s = Isolation.probe_s if self._choice.kvm else EMULATED_S
        if self._choice.kvm and self.options.tb_mib:
            raise UnavailableError(
                "a translation buffer exists under emulation only, and guests run under KVM on this host",
                remedy="Compare its sizes on a host without",
            )

    def started(self, start_s: float) -> None:
        """Bound every boot by a multiple of the probe's."""
        self.boot_timeout_s = float(round(patience.limit_s(_BOOT_S, shown_s=start_s)))

    def describe(self) -> Availability:
        """Name what starts the machine, QEMU and the accelerator."""
        kvm, module = self._choice.kvm, self._kvm.module.replace("_", "-")
        virtualization: Virtualization = self._kvm.kind if kvm else "emulation"
        accelerator = "tcg" if not kvm else module if self._kvm.kind == "software" else "kvm"
        versions = {**self._launcher.versions, "accelerator": accelerator or "kvm", **self._guest}
        if self.options.root == "virtiofs":
            versions["virtiofsd"] = version_of(virtiofsd_binary() or "")
        return Availability(
            isolation=self.name,
            fault=None,
            detail=f"{self._launcher.detail}, {self._how(virtualization)}",
            virtualization=virtualization,
            versions=versions,
        )

    def _how(self, virtualization: Virtualization) -> str:
        """Say by what a machine's processor comes about, and that it does so in a machine, where it does."""
        if virtualization == "emulation":
            doubt = _IF_MADE_FOR_IT if self._kvm.only_own_guests and self.guest_kernel else ""
            return f"EMULATED: {doubt}{self._choice.why}"
        return self._kvm.says

    def altered(self, envelope: Envelope) -> Envelope:
        """Return the envelope with the variant's number of virtual CPUs; the host's CPUs stay the same."""
        return replace(envelope, cpus=self.options.vcpus) if self.options.vcpus else envelope

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
        with self.machine_of(launch) as instance:
            yield instance

    @contextmanager
    def machine_of(self, launch: Launch, checkpoint: Checkpoint | None = None) -> Iterator[VirtualMachineInstance]:
        """Make the root, or take a checkpoint's, which is copied before the stopwatch starts; start the machine."""
        timeline = Timeline()
        console = console_of(launch, timeline, checkpoint.secret if checkpoint else "")
        with ExitStack() as stack:
            folder = stack.enter_context(scratch(self.run, launch.label, entered=True))
            machine = self._machine(launch, folder)
            if checkpoint and machine.disk:
                copied(checkpoint.layer, machine.disk)
                machine = coming_back(machine, checkpoint)
            line = stack.enter_context(
                SerialLine(machine.console, console, lambda at_ns: timeline.mark("process_up", at_ns))
            )
            stack.push(_marks_gone(timeline))
            self.request(launch, timeline)
            share = self._make_root(stack, launch, machine, folder) if checkpoint is None else None
            timeline.mark("shared" if share else "disk", self.clock.now_ns())
            running = self._start(machine, share)
            timeline.mark(self._launcher.started.mark, self.clock.now_ns())
            instance = VirtualMachineInstance(timeline, console, running, line, share, machine.disk)
            stack.callback(instance.stop)
            instance.find_process()
            if launch.envelope.network == "published":
                instance.widen(launch.port)
            yield instance

    def clean(self, dead: Callable[[str], bool]) -> list[str]:
        """End the QEMU processes of dead runs; libvirt forgets their domains by itself."""
        machines = [process.pid for process in processes.named(f"qemu-system-{platform.machine()}")]
        ended = leftovers.end(machines, leftovers.machine_of, dead)
        return [f"virtual machine of run {run} (process {pid})" for run, pid in ended]

    def _make_root(self, stack: ExitStack, launch: Launch, machine: Machine, folder: Path) -> Share | None:
        """Make what the guest's root is on: a disk, or a folder that is shared from now on."""
        if machine.disk is not None:
            _make_overlay(images.disk(launch.image, say=lambda _line: None), machine.disk)
            return None
        assert machine.shared is not None
        tree = images.tree(launch.image, say=lambda _line: None)
        group = f"isobench/{self.run}/{folder.name}"
        return stack.enter_context(virtiofs.shared(tree, folder, machine.shared, group, launch.envelope))

    def _start(self, machine: Machine, share: Share | None) -> RunningMachine:
        try:
            return self._launcher.start(machine)
        except IsolationError as error:
            if share and (words := share.last_words()):
                error.what += f"; virtiofsd said: {words}"
            raise

    def _kit(self, image: Image, say: Say) -> images.Kit:
        """Return what guests of an image boot with; for a kernel of the user's own its modules are read once."""
        if self.guest_kernel is None:
            return images.kit(image.suite, say=say)
        if image.suite not in self._kits:
            self._kits[image.suite] = images.kit(image.suite, say=say, kernel=self.guest_kernel)
        return self._kits[image.suite]

    def _machine(self, launch: Launch, folder: Path) -> Machine:
        """Lay out the machine, its initrd with the trial's own command included."""
        kit = self._kit(launch.image, lambda _line: None)
        options, storage = self.options, launch.storage
        initrd = folder / "initrd"
        appended = images.trial_cpio(
            pids=launch.envelope.pids,
            entry=launch.entry,
            network=launch.envelope.network,
            storage=storage,
            bus="mmio" if options.machine == "microvm" else "pci",
            root=options.root,
        )
        with kept(initrd):
            initrd.write_bytes(kit.initrd.read_bytes() + appended)
        return Machine(
            name=run_names.instance(self.run, launch.label),
            kind=options.machine,
            emulator=qemu_binary() or "",
            kernel=kit.kernel,
            initrd=initrd,
            arguments=" ".join((*images.KERNEL_ARGUMENTS, *self._clock_words())),
            disk=folder / "disk.qcow2" if options.root == "disk" else None,
            shared=folder / "virtiofs" if options.root == "virtiofs" else None,
            volume=images.ext4_volume(folder / "volume.ext4", storage.size_bytes)
            if storage and storage.kind == "volume"
            else None,
            console=folder / "console",
            port=launch.port,
            envelope=launch.envelope,
            kvm=self._choice.kvm,
            memory_file=launch.memory_file,
            tb_mib=None if self._choice.kvm else options.tb_mib,
        )

    def _clock_words(self) -> tuple[str, ...]:
        """Tell a guest that is easily left without a clock how fast the one runs that it has."""
        khz = tsc_khz() if self.options.machine == "microvm" and not self._choice.kvm else None
        return (f"tsc_early_khz={khz}",) if khz else ()


def _launcher(options: MachineOptions) -> Launcher:
    if options.through == "qemu":
        return QemuLauncher()
    from bench.isolations.machines.libvirt_connection import LibvirtLauncher  # noqa: PLC0415 - QEMU by itself needs no libvirt

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
    made = ran("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, disk)
    if made.returncode:
        raise IsolationError(f"cannot make a disk: {made.stderr.strip()}", remedy="See `df -h`; python -m bench clean")
