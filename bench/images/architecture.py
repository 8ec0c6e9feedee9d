"""What this machine's architecture is called by those who must know."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from bench.errors import ImageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One architecture, in the words of Debian."""

    debian: str
    kernel_package: str


_KNOWN = {
    "x86_64": Architecture(debian="amd64", kernel_package="linux-image-cloud-amd64"),
    "aarch64": Architecture(debian="arm64", kernel_package="linux-image-cloud-arm64"),
}


def current() -> Architecture:
    """Return this machine's architecture; raises ImageError where images cannot be built for it."""
    machine = platform.machine()
    try:
        return _KNOWN[machine]
    except KeyError:
        raise ImageError(
            f"no image can be built for {machine}", remedy=f"Use a machine with {' or '.join(_KNOWN)}"
        ) from None
