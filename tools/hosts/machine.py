"""The QEMU command of a lab host: emulated, without a network, on a copy of nothing that is in the cache."""

from __future__ import annotations

import os
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


def words(host: Host, built: Built, disks: Mapping[str, Path], *, job: Mapping[str, int] | None) -> list[str]:
    """Return the command.

    ``disks``: name -> file, the first an overlay of the system's. ``job``: port -> number of an open socket, where a
    command is to run; None: a person gets the console on standard input and output.
    """
    # One thread for all CPUs: with one for each, a kernel that patches its code on another CPU dies of it now and then.
    # SVM stays on: with svm=off, QEMU 7.2 computes wrongly (links in /proc lose their first letters, mounts are lost).
    own = () if host.kvm else ("module_blacklist=kvm_amd",)
    command = ["qemu-system-x86_64", "-name", f"lab-{host.name}", "-machine", "q35,usb=off"]
    command += ["-accel", "tcg,thread=single", "-cpu", _CPU]
    command += ["-smp", f"{host.cpus},{host.topology}".rstrip(","), "-m", str(host.memory_mib)]
    command += ["-display", "none", "-no-user-config", "-nodefaults", "-no-reboot", "-nic", "none"]
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
