"""The QEMU command of a lab host: emulated, without a network but for a port, on a copy of nothing in the cache."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.hosts.system import Built
from tools.hosts.table import Host

_CPU = "max,-avx,-avx2,-f16c,-fma"
"""QEMU 7.2 shows AVX2 and computes it wrongly now and then: numpy died of it."""
_KERNEL = (
    "root=/dev/vda",
    "console=ttyS0",
    "quiet",
    "systemd.show_status=auto",  # what is waited for is on the console, where a job is lost
    "mitigations=off",
    "oops=panic",
    "panic=-1",  # resets at once, and QEMU ends (-no-reboot)
)
_RELAY = Path(__file__).with_name("relay.py")
_REACHED = "10.0.2.100"
"""Where a host finds the port that it may reach; it is 10.0.2.15 itself (job.sh)."""


def words(
    host: Host, built: Built, disks: Mapping[str, Path], *, job: Mapping[str, int] | None, reach: int | None = None
) -> list[str]:
    """Return the command.

    ``disks``: name -> file, the first an overlay of the system's. ``job``: port -> number of an open socket, where a
    command is to run; None: a person gets the console on standard input and output. ``reach``: the TCP port of our
    loopback that the host reaches; None: it has no network.
    """
    # One thread for all CPUs: with one for each, a kernel that patches its code on another CPU dies of it now and then.
    # SVM stays on: with svm=off, QEMU 7.2 computes wrongly (links in /proc lose their first letters, mounts are lost).
    own = () if host.kvm else ("module_blacklist=kvm_amd",)
    command = ["qemu-system-x86_64", "-name", f"lab-{host.name}", "-machine", "q35,usb=off"]
    command += ["-accel", "tcg,thread=single", "-cpu", _CPU]
    command += ["-smp", f"{host.cpus},{host.topology}".rstrip(","), "-m", str(host.memory_mib)]
    command += ["-display", "none", "-no-user-config", "-nodefaults", "-no-reboot", "-nic", _network(reach)]
    command += ["-kernel", os.fspath(built.kernel), "-initrd", os.fspath(built.initrd)]
    command += ["-append", " ".join((*_KERNEL, *own, *(("lab.job",) if job is not None else ())))]
    command += ["-device", "virtio-rng-pci"]
    for name, file in disks.items():
        kind = "qcow2" if file.suffix == ".qcow2" else "raw"
        # Nothing of it has to outlive this host's own crash.
        command += ["-drive", f"file={file},id={name},if=none,format={kind},cache=unsafe,discard=unmap"]
        command += ["-device", f"virtio-blk-pci,drive={name},serial={name}"]
    if job is None:
        return [*command, "-serial", "mon:stdio"]
    command += ["-serial", "stdio", "-device", "virtio-serial-pci"]
    for name, descriptor in job.items():
        command += ["-chardev", f"socket,id={name},fd={descriptor}"]
        command += ["-device", f"virtserialport,chardev={name},name=lab.{name}"]
    return command


def _network(reach: int | None) -> str:
    """Return a network in which nothing answers but a relay to one port; QEMU starts one for each connection."""
    if reach is None:
        return "none"
    relay = shlex.join([sys.executable, "-IS", str(_RELAY), str(reach)]).replace(",", ",,")
    return f"user,model=virtio-net-pci,ipv6=off,restrict=on,guestfwd=tcp:{_REACHED}:{reach}-cmd:{relay}"
