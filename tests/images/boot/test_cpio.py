from __future__ import annotations

import shutil
import subprocess

import pytest

from bench.images import Kit, trial_cpio
from bench.images.boot import cpio
from bench.images.boot.kit import Bus, RootDevice
from bench.model import Storage, StorageKind
from bench.testing.launching import unavailable


def listing(archive: bytes) -> list[str]:
    if shutil.which("cpio") is None:
        unavailable("cpio is not installed")
    done = subprocess.run(["cpio", "-t", "--quiet"], input=archive, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


def test_cpio_reads_what_is_written() -> None:
    entries = [
        cpio.Member("bin", 0o755),
        cpio.Member("bin/x", 0o755, b"abc"),
        cpio.Member("x", 0o777, b"bin/x", link=True),
    ]
    archive = cpio.archive(entries)
    assert listing(archive) == ["bin", "bin/x", "x"]
    assert len(archive) % 512 == 0
    assert archive == cpio.archive(entries)


def test_the_kit_holds_init_and_modules_in_load_order(boot_kit: Kit) -> None:
    names = listing(boot_kit.initrd.read_bytes())
    assert {"init", "bin/busybox", "bin/mount"} <= set(names)
    found = {
        device: [name.split("-", 1)[1] for name in names if name.startswith(f"modules/{device}/")]
        for device in ("common", "pci", "mmio", "disk", "virtiofs", "network")
    }
    assert found["common"] == ["virtio_ring.ko", "virtio.ko"]
    assert found["pci"][-1] == "virtio_pci.ko"
    assert (found["mmio"], found["disk"]) == (["virtio_mmio.ko"], ["virtio_blk.ko"])
    assert found["virtiofs"] == ["fuse.ko", "virtiofs.ko"]
    assert found["network"][-1] == "virtio_net.ko"
    assert boot_kit.initrd.stat().st_size % 512 == 0, "another archive may follow"


def test_the_trial_survives_any_argument() -> None:
    command = ("/bin/echo", "it's", "two\nlines", "$HOME `id` \\", "")
    storage = Storage(path="/my data", kind="volume", size_bytes=5)
    archive = trial_cpio(pids=64, entry=command, network="published", storage=storage)
    shown = told(archive, '"$pids" "$network" "$storage" "$folder" "$folder_bytes" "$@"')
    assert shown == ["64", "published", "volume", "/my data", "5", *command]


@pytest.mark.parametrize(
    ("bus", "root", "kind", "devices", "volume"),
    [
        ("pci", "disk", "volume", "pci disk", "/dev/vdb"),
        ("mmio", "disk", "tmpfs", "mmio disk", ""),
        ("pci", "virtiofs", "layer", "pci virtiofs", ""),
        ("mmio", "virtiofs", "volume", "mmio virtiofs disk", "/dev/vda"),
    ],
)
def test_the_trial_names_what_its_machine_has(
    bus: Bus, root: RootDevice, kind: StorageKind, devices: str, volume: str
) -> None:
    storage = Storage(path="/data", kind=kind, size_bytes=5)
    archive = trial_cpio(pids=64, entry=(), storage=storage, bus=bus, root=root)
    assert told(archive, '"$devices" "$root" "$volume"') == [devices, root, volume]


def told(archive: bytes, words: str) -> list[str]:
    """Return what a shell that has sourced the trial's file finds in these words."""
    text = archive[archive.index(b"pids=") :].split(b"070701")[0].rstrip(b"\0").decode()
    script = f"{text}printf '%s|' {words}"
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split("|")[:-1]
