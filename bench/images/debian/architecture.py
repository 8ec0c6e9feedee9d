"""What this machine's architecture is called by those who must know, and that of another one for which is built."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from bench.errors import ImageError
from bench.host.processors.virtualization import flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One architecture, in the words of Debian."""

    debian: str
    kernel_package: str
    plain: str
    """The variant that an image is for which names none."""
    levels: tuple[frozenset[str], ...] = ()
    """What /proc/cpuinfo must show for each further variant, the lowest first."""
    emulated: str = ""
    """The processor, in QEMU's word, that its programs see on another machine; empty: QEMU's choice."""


_LEVELS = (
    "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3",
    "abm avx avx2 bmi1 bmi2 f16c fma movbe xsave",
    "avx512bw avx512cd avx512dq avx512f avx512vl",
)
"""x86-64-v2 to v4, each beside the one before it: x86-64 psABI 1.0, table 3.1, in the kernel's words."""

_KNOWN = {
    "x86_64": Architecture(
        debian="amd64",
        kernel_package="linux-image-cloud-amd64",
        plain="v1",
        levels=tuple(frozenset(level.split()) for level in _LEVELS),
    ),
    "aarch64": Architecture(
        debian="arm64",
        kernel_package="linux-image-cloud-arm64",
        plain="v8",
        # One without pointer authentication, which Debian's programs use at each call: to compute it takes QEMU 7.2 two
        # thirds of all its time.
        emulated="neoverse-n1",
    ),
}
_MACHINE: ContextVar[str] = ContextVar("_MACHINE", default="")
"""The kernel's word for that for which is built, where it is not this machine's."""
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}
"""Words for the same that engines take too (containerd, platforms/database.go)."""


def rank(architecture: str, variant: str) -> int | None:
    """Return how well something for an architecture and its variant suits this machine; None: not at all.

    What needs more of the processor, and runs on it, is the better. What names no architecture is taken for this one.
    """
    here = current()
    if _ALIASES.get(architecture, architecture) not in ("", here.debian):
        return None
    variants = _variants(here)
    return variants.index(variant or here.plain) if (variant or here.plain) in variants else None


def words() -> str:
    """Return this machine's architecture with the most that its processors have, as images name it: amd64/v3."""
    here = current()
    best = _variants(here)[-1]
    return here.debian if best == here.plain else f"{here.debian}/{best}"


def _variants(here: Architecture) -> list[str]:
    first = int(here.plain[1:])
    return [f"v{first + level}" for level in range(_level(here.levels) + 1)]


@cache
def _level(levels: tuple[frozenset[str], ...]) -> int:
    """Return how many further variants this machine's processors have."""
    here = flags()
    return next((number for number, level in enumerate(levels) if not level <= here), len(levels))


@contextmanager
def building_for(debian: str) -> Iterator[None]:
    """Have what is built in the block be for another architecture, in Debian's word; it must be emulated here."""
    chosen = _MACHINE.set(next(machine for machine, one in _KNOWN.items() if one.debian == debian))
    try:
        yield
    finally:
        _MACHINE.reset(chosen)


def foreign() -> str:
    """Return Debian's word for what is built for, where that is not this machine's; else nothing."""
    return "" if _MACHINE.get() in ("", platform.machine()) else current().debian


def current() -> Architecture:
    """Return this machine's architecture, or that for which is built; raises ImageError where none is known."""
    machine = _MACHINE.get() or platform.machine()
    try:
        return _KNOWN[machine]
    except KeyError:
        raise ImageError(
            f"no image can be built for {machine}", remedy=f"Use a machine with {' or '.join(_KNOWN)}"
        ) from None
