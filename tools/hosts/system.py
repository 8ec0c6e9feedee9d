"""Build a system: packages, our environment and what every lab host has, on a disk, beside its kernel and initrd.

Nothing of it is the checkout: that comes with each job. What it is made of has a digest, and is its name in the cache.
"""

from __future__ import annotations

import json
import shlex
import shutil
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.host.subprocesses import ran
from bench.images import cache
from bench.images.boot import cpio, modules
from bench.images.boot.kit import kit
from bench.images.debian import architecture, mmdebstrap
from bench.model import Say, short_digest
from tools.hosts.errors import LabError
from tools.hosts.table import System

ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
_ROOM_BYTES = 8 << 30
"""The unpacked system beside its disk, 2 x 2.6 GiB measured, with room for newer packages."""
_MODULES = ("virtio_pci", "virtio_blk", "ext4")
_TEST_PACKAGES = ("hypothesis", "pytest")
"""Of what developers have, what runs tests."""
_OTHER_EXTRAS = {"dev", "notebook", "vm"}
"""Those that bring no isolation, and that which is installed where libvirt's headers are."""
_APPLETS = ("insmod", "mount", "sleep", "switch_root")
_OPTIONS = (
    "--format=null",
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=force-unsafe-io",  # what is interrupted is thrown away
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    # The initrd is ours: the distribution's takes a minute to make, and more to boot where all is emulated.
    *(
        f'--essential-hook=chroot "$1" dpkg-divert --quiet --local --rename --add {maker}; ln -s /bin/true "$1{maker}"'
        for maker in ("/usr/sbin/update-initramfs", "/usr/bin/dracut")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A system in the cache."""

    folder: Path

    @property
    def disk(self) -> Path:
        """Raw ext4; boot from an overlay."""
        return self.folder / "disk"

    @property
    def kernel(self) -> Path:
        """What it boots."""
        return self.folder / "kernel"

    @property
    def initrd(self) -> Path:
        """What finds its disk."""
        return self.folder / "initrd"


def build(system: System, *, say: Say) -> Built:
    """Return a system from the cache, or made now (3 to 6 minutes, 15 to 25 of another architecture).

    Raises ImageError, LabError.
    """
    with architecture.building_for(system.architecture):
        return Built(folder=cache.once(place(system), partial(_make, system=system, say=say), whole=_whole, say=say))


def place(system: System) -> Path:
    """Return where a system lies in the cache, whether it is there or not."""
    asked = [system.suite, system.architecture, *system.packages, *system.aptopts, str(system.disk_gib)]
    asked += [mmdebstrap.mirror(), *_OPTIONS]
    ours = [path.read_bytes() for path in _own_files()]
    key = short_digest(*(word.encode() for word in asked), *ours, *(text.encode() for text in _environment().values()))
    return cache.shelf("lab") / f"{system.name}-{key}"


def _whole(folder: Path) -> bool:
    return (folder / "lock.json").is_file()


def _own_files() -> Iterator[Path]:
    yield from (_HERE / "furnish.sh", _HERE / "init.sh")
    yield from sorted(path for path in (_HERE / "guest").rglob("*") if path.is_file())


def _environment() -> Mapping[str, str]:
    """Return what pip needs of the checkout to install what it depends on: file -> content."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = asked["project"]
    lines = ["[build-system]", *_strings("requires", asked["build-system"]["requires"])]
    lines += [
        'build-backend = "hatchling.build"',
        "[project]",
        'name = "isobench"',
        f'version = "{project["version"]}"',
    ]
    lines += [f'requires-python = "{project["requires-python"]}"', *_strings("dependencies", project["dependencies"])]
    extras = project["optional-dependencies"]
    tests = [package for package in extras["dev"] if package.startswith(_TEST_PACKAGES)]
    isolations = [package for extra in sorted(extras.keys() - _OTHER_EXTRAS) for package in extras[extra]]
    lines += ["[project.optional-dependencies]", *_strings("vm", extras["vm"]), *_strings("tests", isolations + tests)]
    lines += ["[tool.hatch.build.targets.wheel]", 'packages = ["bench"]']
    return {"pyproject.toml": "\n".join(lines) + "\n", "bench/__init__.py": ""}


def _strings(key: str, values: list[str]) -> list[str]:
    return [f"{key} = {json.dumps(values)}"]  # an array of strings is the same in both


def _make(folder: Path, *, system: System, say: Say) -> None:
    wanted_by = f"the lab's system {system.name!r}"
    takes = "15 to 25 minutes, by emulation" if architecture.foreign() else "3 to 6 minutes"
    say(f"{wanted_by}: {len(system.packages)} packages of {system.suite} and our environment, {takes}")
    cache.require_free(folder.parent, _ROOM_BYTES, wanted_by)
    boot = kit("bookworm", say=say)
    began = time.monotonic()
    cache.new_folder(folder)
    stage = folder / "stage"
    for name, content in _environment().items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_text(content)
    words = [str(_HERE / "furnish.sh"), "$1", str(_HERE / "guest"), str(stage), str(folder), str(system.disk_gib)]
    hook = " ".join('"$1"' if word == "$1" else shlex.quote(word) for word in words)
    try:
        mmdebstrap.build(
            system.suite,
            folder / "none",
            variant="apt",
            packages=system.packages,
            options=(
                *_OPTIONS,
                *(f"--aptopt={option}" for option in system.aptopts),
                f"--customize-hook=sh {hook}",
            ),
            wanted_by=wanted_by,
        )
    finally:
        unmount_below(folder)
    (folder / "initrd").write_bytes(_initrd(folder / "modules", boot.busybox))
    shutil.rmtree(folder / "modules")
    shutil.rmtree(stage)
    lock = {
        "system": system.name,
        "suite": system.suite,
        "packages": (folder / "packages").read_text().split(),
        "environment": (folder / "environment").read_text().splitlines(),
        "built_s": round(time.monotonic() - began),
    }
    (folder / "packages").unlink()
    (folder / "environment").unlink()
    (folder / "lock.json").write_text(json.dumps(lock, indent=1) + "\n")
    say(f"{wanted_by}: ready after {lock['built_s']} s")


def unmount_below(folder: Path) -> None:
    """Unmount what mmdebstrap 1.3 leaves mounted in a root of which it was killed: nothing there could be removed."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in sorted((one for one in mounted if one.startswith(f"{folder}/")), reverse=True):
        ran("umount", place)


def _initrd(found: Path, busybox: Path) -> bytes:
    """Return the first root file system: a shell, and what drives a disk."""
    available: dict[str, bytes] = {}
    for path in found.rglob("*.ko*"):
        name = modules.name_of(str(path))
        if name is not None:
            available[name] = modules.unpack(path.name, path.read_bytes())
    order = modules.ordered(_MODULES, available)
    if "virtio_blk" not in order:
        raise LabError("the kernel's package has no module for virtio disks", remedy="Choose another kernel package")
    members = [cpio.Member(name, 0o755) for name in ("bin", "dev", "modules", "root")]
    members += [
        cpio.Member("init", 0o755, (_HERE / "init.sh").read_bytes()),
        cpio.Member("bin/busybox", 0o755, busybox.read_bytes()),
        *(cpio.Member(f"bin/{applet}", 0o777, b"busybox", link=True) for applet in ("sh", *_APPLETS)),
        *(cpio.Member(f"modules/{number:02}-{name}.ko", 0o644, available[name]) for number, name in enumerate(order)),
    ]
    return cpio.archive(members)
