"""The QEMU command of a lab host: emulated, in a network where nothing answers, on a copy of what is in the cache."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.hosts.system import Built
from tools.hosts.table import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """What differs between the machines of two architectures."""

    program: str
    package: str
    words: tuple[str, ...]
    threads: str
    """As QEMU has it: ``single`` for all CPUs, or ``multi``, one for each."""
    console: str
    """The first serial line, in the kernel's word."""


EMULATORS = {
    "amd64": Emulator(
        program="qemu-system-x86_64",
        package="qemu-system-x86",
        # QEMU 7.2 shows AVX2 and computes it wrongly now and then: numpy died of it.
        words=("-machine", "q35,usb=off,memory-backend=ram", "-cpu", "max,-avx,-avx2,-f16c,-fma"),
        # With one for each, a kernel that patches its code on another CPU dies of it now and then.
        threads="single",
        console="ttyS0",
    ),
    "arm64": Emulator(
        program="qemu-system-aarch64",
        package="qemu-system-arm",
        words=("-machine", "virt,memory-backend=ram", "-cpu", "neoverse-n1"),
        threads="multi",
        console="ttyAMA0",
    ),
}
_KERNEL = (
    "root=/dev/vda",
    "quiet",
    "systemd.show_status=auto",  # what is waited for is on the console, where a job is lost
    "mitigations=off",
    "oops=panic",
    "panic=-1",  # resets at once, and QEMU ends (-no-reboot)
)
_RELAY = Path(__file__).with_name("relay.py")
_REACHED = "10.0.2.100"
"""Where a host finds the port that it may reach; it is 10.0.2.15 itself (job.sh)."""


@dataclass(frozen=True, slots=True)
class Job:
    """A host in which a command is to run, and which can be kept and brought back."""

    ports: Mapping[str, int]
    """Those of it that speak, and its monitor: name -> number of an open socket."""
    memory: Path
    """A file of its memory."""
    saved: bool = field(kw_only=True)
    """Whether the host comes back from there: it writes to a copy of its own, and waits for the rest of its state."""


def words(
    host: Host, built: Built, disks: Mapping[str, Path], *, job: Job | None, reach: int | None = None
) -> list[str]:
    """Return the command.

    ``disks``: name -> file, the first an overlay of the system's. ``job``: None: a person gets the console on standard
    input and output. ``reach``: the TCP port of our loopback that the host reaches; None: it reaches nothing.
    """
    emulator = EMULATORS[host.system.architecture]
    # Where one thread runs all CPUs, most guests inside hang at boot, waiting for an interrupt (QEMU 7.2 and 10.0).
    threads = "multi" if host.kvm else emulator.threads
    # SVM stays on: with svm=off, QEMU 7.2 computes wrongly (links in /proc lose their first letters, mounts are lost).
    own = () if host.kvm else ("module_blacklist=kvm_amd",)
    command = [emulator.program, "-name", f"lab-{host.name}", *emulator.words, "-accel", f"tcg,thread={threads}"]
    command += ["-smp", f"{host.cpus},{host.topology}".rstrip(","), "-m", str(host.memory_mib)]
    command += ["-object", _memory(host, job)]
    command += ["-display", "none", "-no-user-config", "-nodefaults", "-no-reboot", "-nic", _network(reach)]
    command += ["-kernel", os.fspath(built.kernel), "-initrd", os.fspath(built.initrd)]
    kernel = (*_KERNEL, f"console={emulator.console}", *own, *(("lab.job",) if job is not None else ()))
    command += ["-append", " ".join(kernel)]
    command += ["-device", "virtio-rng-pci"]
    for name, file in disks.items():
        kind = "qcow2" if file.suffix == ".qcow2" else "raw"
        # Nothing of it has to outlive this host's own crash.
        command += ["-drive", f"file={file},id={name},if=none,format={kind},cache=unsafe,discard=unmap"]
        command += ["-device", f"virtio-blk-pci,drive={name},serial={name}"]
    if job is None:
        return [*command, "-serial", "mon:stdio"]
    command += ["-serial", "stdio", "-device", "virtio-serial-pci"]
    for name, descriptor in job.ports.items():
        command += ["-chardev", f"socket,id={name},fd={descriptor}"]
        if name == "monitor":
            command += ["-mon", "chardev=monitor,mode=control"]
        else:
            command += ["-device", f"virtserialport,chardev={name},name=lab.{name}"]
    return [*command, *(("-incoming", "defer") if job.saved else ())]


def _memory(host: Host, job: Job | None) -> str:
    """Return what its memory lies in; that of a host that comes back is mapped for itself alone: a copy on write."""
    size = f"id=ram,size={host.memory_mib}M"
    if job is None:
        return f"memory-backend-ram,{size}"
    return f"memory-backend-file,{size},mem-path={job.memory},share={'off' if job.saved else 'on'}"


def _network(reach: int | None) -> str:
    """Return a network in which nothing answers but a relay to one port; QEMU starts one for each connection."""
    network = "user,model=virtio-net-pci,ipv6=off,restrict=on"
    if reach is None:
        return network
    relay = shlex.join([sys.executable, "-IS", str(_RELAY), str(reach)]).replace(",", ",,")
    return f"{network},guestfwd=tcp:{_REACHED}:{reach}-cmd:{relay}"
