"""One real boot of the kit with nothing but QEMU: what every virtual machine isolation relies on."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from bench.images import KERNEL_ARGUMENTS, Kit, disk, trial_cpio
from bench.isolations.console import Console
from bench.model import Image
from bench.testing.launching import unavailable
from tests.images.conftest import quiet

pytestmark = pytest.mark.vm

TIMEOUT_S = 60.0


def boot(image: Image, kit: Kit, scratch: Path, *command: str, drive: bool = True) -> Console:
    """Boot to the power-off under emulation and return the console."""
    if shutil.which("qemu-system-x86_64") is None:
        unavailable("QEMU is not installed: apt-get install qemu-system-x86 qemu-utils")
    initrd, overlay = scratch / "initrd", scratch / "overlay.qcow2"
    trial = trial_cpio(pids=77, entry=("/.isobench/entry", "once", "-", "0", *command))
    initrd.write_bytes(kit.initrd.read_bytes() + trial)
    base = disk(image, quiet)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, overlay], check=True)
    words = [
        "qemu-system-x86_64",
        "-accel",
        "tcg",
        "-machine",
        "pc",
        "-m",
        "256",
        "-nodefaults",
        "-nographic",
    ]
    words += ["-serial", "stdio", "-no-reboot", "-kernel", str(kit.kernel), "-initrd", str(initrd)]
    words += ["-append", " ".join(KERNEL_ARGUMENTS)]
    words += ["-drive", f"file={overlay},format=qcow2,if=virtio"] if drive else []
    return attend(words)


def attend(words: list[str]) -> Console:
    console = Console("n0")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as qemu:
        assert qemu.stdin is not None
        assert qemu.stdout is not None
        watchdog = threading.Timer(TIMEOUT_S, qemu.kill)
        watchdog.start()
        for line in qemu.stdout:
            console.feed(line, 0)
            if b"@isobench listening" in line:
                qemu.stdin.write(b"n0\nn0\n")
                qemu.stdin.flush()
            if b"@isobench n0 end" in line:
                qemu.stdin.write(b"\n")
                qemu.stdin.flush()
        assert qemu.wait() == 0, "did not power off by itself"
        watchdog.cancel()
    return console


def test_a_real_boot_from_kernel_to_power_off(image: Image, boot_kit: Kit, tmp_path: Path) -> None:
    said = "uname -r; echo it\\'s; lsblk -dno NAME 2>/dev/null; mount | grep -c ext4; exit 3"
    console = boot(image, boot_kit, tmp_path, "/bin/sh", "-c", said)
    for event in ("kernel_up", "start", "end", "bye"):
        assert console.happened(event), console.tail()
    assert (console.status, console.over) == (3, 3)
    lines = [line.text for line in console.lines()]
    assert boot_kit.release in lines
    assert "it's" in lines
    assert b"it's\n" in console.raw, "bytes arrive as written, without carriage returns"
    assert console.seen["pids_limit"] == "77"
    assert console.seen["memory_limit"] == "max"
    assert console.seen["network"] == "none"
    assert console.seen["cpus"] == "1"
    assert 200_000 < int(console.seen["memory_total_kib"]) < 262_144


def test_a_guest_without_a_disk_says_so_and_powers_off(image: Image, boot_kit: Kit, tmp_path: Path) -> None:
    console = boot(image, boot_kit, tmp_path, "true", drive=False)
    assert console.happened("kernel_up")
    assert not console.happened("start")
    assert "isobench init: no disk /dev/vda" in "\n".join(console.tail())
