"""Kernel modules: what each needs, and in which order they load."""

from __future__ import annotations

import lzma
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping

from bench.errors import ImageError
from bench.host import programs

COMMON = ("virtio", "virtio_ring")
"""What every device below needs, and every boot loads."""

SETS: Mapping[str, tuple[str, ...]] = {
    "pci": ("virtio_pci",),
    "mmio": ("virtio_mmio",),
    "disk": ("virtio_blk",),
    "virtiofs": ("virtiofs",),
    "network": ("virtio_net",),
}
"""Device, or the bus it is found on -> the modules that drive it; a boot loads those of what its machine has."""

_NAME = re.compile(r"(?:.*/)?([^/]+?)\.ko(?:\.xz|\.zst)?")
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def name_of(path: str) -> str | None:
    """Return the module's name as the kernel has it; None when the path is no module's."""
    match = _NAME.fullmatch(path)
    return match[1].replace("-", "_") if match else None


def drives(name: str) -> bool:
    """Whether a module of this name may be one of those that a machine needs."""
    return name.startswith(("virtio", "net_failover", "failover", "fuse"))


def unpack(path: str, data: bytes) -> bytes:
    """Return the plain module, whatever the distribution compressed it with."""
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".zst"):
        return _unzstd(path, data)
    return data


def ordered(wanted: Iterable[str], available: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return ``wanted`` and all they need, each after what it needs, without those built into the kernel.

    ``available`` maps module name -> plain module.
    """
    order: dict[str, None] = {}
    for name in wanted:
        order.update(dict.fromkeys(_with_needs(name, available)))
    return tuple(order)


def _with_needs(name: str, available: Mapping[str, bytes]) -> Iterator[str]:
    if name in available:
        for needed in _needs(available[name]):
            yield from _with_needs(needed, available)
        yield name


def _needs(module: bytes) -> list[str]:
    match = _DEPENDS.search(module)
    return [name.replace("-", "_") for name in match[1].decode().split(",") if name] if match else []


def _unzstd(path: str, data: bytes) -> bytes:
    try:
        return subprocess.run(["zstd", "-dcq"], input=data, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ImageError(
            f"the kernel module {path} could not be unpacked", remedy=programs.as_root("apt-get install zstd")
        ) from error
