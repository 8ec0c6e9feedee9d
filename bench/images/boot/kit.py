"""The boot kit: a kernel, its virtio modules and a static busybox, from packages that are never installed.

Nothing lands in the host's /boot: mmdebstrap downloads and extracts, the kit keeps three files.
"""

from __future__ import annotations

import platform
import re
import shlex
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Literal

from bench.errors import ImageError
from bench.images import cache, lock
from bench.images.boot import cpio, modules
from bench.images.boot.guest_kernel import GuestKernel, drivers
from bench.images.debian import architecture, mmdebstrap
from bench.model import Network, Say, Storage, short_digest

_SERIAL_LINES = {"aarch64": "ttyAMA0"}
"""What the kernel calls a machine's first serial line where it is no PC's; by another name nothing is heard of it."""


def console(machine: str) -> str:
    """Return the kernel's argument for where it speaks, on a machine as ``uname`` names it."""
    return f"console={_SERIAL_LINES.get(machine, 'ttyS0')}"


KERNEL_ARGUMENTS = (
    console(platform.machine()),
    "quiet",
    "loglevel=0",  # nothing between the workload's own lines
    "panic=-1",  # a kernel that cannot go on resets at once, and QEMU ends (-no-reboot)
    # These three save an emulated guest an eighth of its boot (CPU time from 4.3 to 3.7 s) and change nothing
    # for the workload. Measured on top of them, and not worth it: nokaslr, mitigations=off, tsc=reliable,
    # lpj=, rcupdate.rcu_expedited=1, i8042.no*, audit=0; the second and fifth would also flatter the guest.
    "no_timer_check",
    "8250.nr_uarts=1",
    "cryptomgr.notests",
)
"""The kernel command line every virtual machine starts from."""

Bus = Literal["pci", "mmio"]
"""Where the guest finds its virtio devices."""

RootDevice = Literal["disk", "virtiofs"]
"""Where the guest's root is: on its first disk, or a folder of the host."""

_ROOM_BYTES = 600 * cache.MIB
"""Unpacked packages and their tar, measured 360 MiB for Debian 12, with room for Debian 13."""

_APPLETS = ("cat", "chroot", "ifconfig", "insmod", "mkdir", "mount", "poweroff", "route", "sleep", "stty", "tar")
"""What init calls; busybox finds its other parts through /proc, which is not there yet."""

_PLAIN = "vmlinux"
"""Beside the kernel as it was packed: what machines start from. Its package's size is that of the packed one."""
_BUSYBOX = re.compile(r"\./(?:usr/)?bin/busybox")
_KERNEL = re.compile(r"\./boot/vmlinu[xz]-(.+)")
_NOTE_PACKAGES = (
    '--extract-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-cache show --no-all-versions busybox-static '
    '"linux-image-$(cd "$1/boot" && echo vmlinu?-* | sed "s/^vmlinu.-//")" > "$1/packages"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What a virtual machine boots from, and the static shell of every image."""

    kernel: Path
    """Uncompressed where it was packed in a way that we know."""
    initrd: Path
    """Uncompressed cpio; a trial's own (``trial_cpio``) is appended to a copy of it."""
    release: str
    busybox: Path
    lock: Path


def kit(suite: str, *, say: Say, kernel: GuestKernel | None = None) -> Kit:
    """Return the boot kit of a suite, from the cache or made now (about 15 s); with a kernel of the user's own.

    Raises ImageError when the packages cannot be had.
    """
    machine = architecture.current()
    init = _script("init.sh")
    asked = (suite, machine.debian, mmdebstrap.mirror(), repr((modules.COMMON, modules.SETS)), repr(_APPLETS), _PLAIN)
    key = short_digest(init, *map(str.encode, asked))
    folder = cache.once(
        cache.shelf("kits") / f"{suite}-{key}",
        partial(_make, suite=suite, machine=machine, init=init, say=say),
        whole=lock.whole,
        say=say,
    )
    release = next(folder.glob("vmlinuz-*")).name.removeprefix("vmlinuz-")
    stock = Kit(
        kernel=plain if (plain := folder / _PLAIN).exists() else folder / f"vmlinuz-{release}",
        initrd=folder / "initrd",
        release=release,
        busybox=folder / "busybox",
        lock=folder / "lock.json",
    )
    return stock if kernel is None else _booting(kernel, stock, init, say)


def _booting(kernel: GuestKernel, stock: Kit, init: bytes, say: Say) -> Kit:
    """Return the kit with another kernel, and an initial root file system of that one's modules."""
    content = _initramfs(init, stock.busybox.read_bytes(), drivers(kernel))
    path = cache.shelf("kernels") / f"initrd-{short_digest(content)}"
    initrd = cache.once(path, lambda growing: _keep(growing, content, 0o644), say=say)
    return replace(stock, kernel=kernel.file, initrd=initrd, release=kernel.release or "of unknown release")


def trial_cpio(
    *,
    pids: int,
    entry: Sequence[str],
    network: Network = "none",
    storage: Storage | None = None,
    bus: Bus = "pci",
    root: RootDevice = "disk",
) -> bytes:
    """Return the archive that tells the guest what it has and what to run; append it to the kit's initrd.

    ``pids`` is the limit of the workload's group, ``entry`` the entry with all its words. A root on disk is expected
    on the first one, a volume on the next; a root over virtiofs under the tag ``root``. Inside the archive is
    ``/trial``, which the guest's init sources.
    """
    kind = storage.kind if storage else ""
    disks = [part for part, there in (("root", root == "disk"), ("volume", kind == "volume")) if there]
    devices = [bus, *(["virtiofs"] if root == "virtiofs" else []), *(["disk"] if disks else [])]
    values = {
        "pids": str(pids),
        "devices": " ".join([*devices, *(["network"] if network == "published" else [])]),
        "network": network,
        "root": root,
        "volume": f"/dev/vd{'ab'[disks.index('volume')]}" if "volume" in disks else "",
        "storage": kind,
        "folder": storage.path if storage else "",
        "folder_bytes": str(storage.size_bytes) if storage else "",
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in values.items()]
    text = "".join((*lines, f"set -- {shlex.join(entry)}\n"))
    return cpio.archive([cpio.Member("trial", 0o644, text.encode())])


def _make(folder: Path, *, suite: str, machine: architecture.Architecture, init: bytes, say: Say) -> None:
    say(f"boot kit: kernel and busybox of {suite}, about 15 s")
    cache.require_free(folder.parent, _ROOM_BYTES, f"the boot kit of {suite}")
    cache.new_folder(folder)
    tar, noted = folder / "kit.tar", folder / "packages"
    mmdebstrap.build(
        suite,
        tar,
        variant="extract",
        packages=(machine.kernel_package, "busybox-static"),
        options=(_NOTE_PACKAGES, mmdebstrap.download("extract", "/packages", noted)),
        wanted_by=f"the boot kit of {suite}",
    )
    packages = lock.parse_packages(noted.read_text())
    kernel, busybox = _unpack(tar, folder, init)
    tar.unlink()
    noted.unlink()
    lock.write(
        lock.Lock(
            suite=suite,
            architecture=machine.debian,
            digest=f"sha256:{cache.sha256(folder / 'initrd')}",
            packages=packages,
            sizes=lock.sizes(folder, kernel, busybox, "initrd"),
        ),
        folder / "lock.json",
    )


def _unpack(tar: Path, folder: Path, init: bytes) -> tuple[str, str]:
    """Keep kernel, busybox and initramfs of an extracted system; return the first two's file names."""
    from bench.images.boot.uncompressed import plain_kernel  # noqa: PLC0415 - its libraries are for who makes a kit

    kernel, busybox, found = "", b"", dict[str, bytes]()
    with tarfile.open(tar) as archive:
        for member in archive:
            module = modules.name_of(member.name)
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                continue
            if module and modules.drives(module):
                found[module] = modules.unpack(member.name, content.read())
            elif _BUSYBOX.fullmatch(member.name):
                busybox = content.read()
            elif match := _KERNEL.fullmatch(member.name):
                kernel = f"vmlinuz-{match[1]}"
                packed = content.read()
                _keep(folder / kernel, packed, 0o644)
                if plain := plain_kernel(packed):
                    _keep(folder / _PLAIN, plain, 0o644)
    if not kernel or not busybox:
        raise ImageError("the kernel's packages hold no kernel, or no busybox", remedy="Choose another suite")
    _keep(folder / "busybox", busybox, 0o755)
    _keep(folder / "initrd", _initramfs(init, busybox, found), 0o644)
    return kernel, "busybox"


def _initramfs(init: bytes, busybox: bytes, found: Mapping[str, bytes]) -> bytes:
    """Return the first root file system: init, a shell, and each device's modules numbered in load order."""
    members = [cpio.Member(name, 0o755) for name in ("bin", "dev", "modules", "proc", "root")]
    members += [
        cpio.Member("init", 0o755, init),
        cpio.Member("output", 0o600, pipe=True),
        cpio.Member("bin/busybox", 0o755, busybox),
    ]
    members += [cpio.Member(f"bin/{applet}", 0o777, b"busybox", link=True) for applet in _APPLETS]
    common = modules.ordered(modules.COMMON, found)
    for device, wanted in {"common": common, **modules.SETS}.items():
        order = [name for name in modules.ordered(wanted, found) if device == "common" or name not in common]
        members.append(cpio.Member(f"modules/{device}", 0o755))
        members += [
            cpio.Member(f"modules/{device}/{number:02}-{name}.ko", 0o644, found[name])
            for number, name in enumerate(order)
        ]
    return cpio.archive(members)


def _keep(path: Path, content: bytes, mode: int) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def _script(name: str) -> bytes:
    return resources.files("bench.images.boot").joinpath(name).read_bytes()
