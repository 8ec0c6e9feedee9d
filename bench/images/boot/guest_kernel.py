"""A guest's kernel of the user's own, with the modules that lie beside it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.errors import InputError
from bench.images import cache
from bench.images.boot import modules

_BZIMAGE = 0x202, b"HdrS"
"""Linux, Documentation/arch/x86/boot.rst: the header's mark, and where its pointer to the release's text stands."""
_RELEASE_AT = 0x20E
_ARM64 = 0x38, b"ARM\x64"
_ELF = 0, b"\x7fELF"
_VERSION = re.compile(rb"Linux version (\S+) ")
_LONGEST_RELEASE = 65
"""``__NEW_UTS_LEN``, and its end."""
_LARGEST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestKernel:
    """A kernel by content: the file is a copy of ours, which stays as it was named."""

    file: Path
    digest: str
    release: str
    """Empty where the file does not tell."""
    modules: Path | None
    """The folder of its modules; None: what its machine needs is built in."""


def given(path: Path) -> GuestKernel:
    """Take a kernel that the user names, and its modules, if they are in ``lib/modules/RELEASE`` beside its folder.

    Raises InputError for what cannot be read, or is no kernel.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"--kernel {path}: more than {_LARGEST_BYTES >> 30} GiB", remedy="Name a kernel's file")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"--kernel {path}: {error.strerror}", remedy="Name a file that can be read") from error
    if not any(content[at : at + len(mark)] == mark for at, mark in (_BZIMAGE, _ARM64, _ELF)):
        raise InputError(
            f"--kernel {path}: no kernel that QEMU boots: a bzImage, an arm64 Image or an ELF file is expected",
            remedy="Name a kernel's file, such as /boot/vmlinuz-6.12.0",
        )
    kept = cache.once(
        cache.shelf("kernels") / cache.sha256(path), partial(shutil.copyfile, path), say=lambda _line: None
    )
    release = _release(content)
    folder = path.resolve().parent.parent / "lib/modules" / release
    return GuestKernel(
        file=kept,
        digest=f"sha256:{kept.name}",
        release=release,
        modules=folder if release and folder.is_dir() else None,
    )


def drivers(kernel: GuestKernel) -> dict[str, bytes]:
    """Return those of its modules that drive a machine's devices, by name, unpacked."""
    found = {}
    for file in sorted(kernel.modules.rglob("*.ko*")) if kernel.modules else ():
        if (name := modules.name_of(file.name)) and modules.drives(name):
            found[name] = modules.unpack(file.name, file.read_bytes())
    return found


def _release(content: bytes) -> str:
    at, mark = _BZIMAGE
    if content[at : at + len(mark)] == mark:
        start = int.from_bytes(content[_RELEASE_AT : _RELEASE_AT + 2], "little") + 0x200
        words = content[start : start + _LONGEST_RELEASE].split(b"\0")[0].split()
    else:
        words = _VERSION.findall(content)
    release = words[0].decode("ascii", "replace") if words else ""
    return release if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+~-]*", release) else ""
