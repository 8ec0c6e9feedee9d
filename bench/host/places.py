"""Where state and cache may lie: their paths are handed to mounts, machines, runtimes and sockets."""

from __future__ import annotations

import re
from pathlib import Path

from bench.errors import InputError

_PLAIN = re.compile(r"[\w/.+@-]+")
"""Nothing that separates: blanks do in kernels' command lines, colons and commas in mounts' and QEMU's options, percent
signs and backslashes begin something else in URLs and configurations."""

_SOCKET_BYTES = 107
"""The longest path of a Unix socket. Source: unix(7)."""


def require_usable(place: Path, variable: str) -> Path:
    """Return ``place``, which ``variable`` names; raises InputError where its path cannot be handed on."""
    if not _PLAIN.fullmatch(str(place)):
        raise InputError(
            f"{variable} = {str(place)!r}: only letters, digits and . _ - + @ can be in this path, since mounts, QEMU "
            "and runtimes take other characters for something else",
            remedy=f"Set {variable} to another folder",
        )
    return place


def beyond_sockets(place: Path, below_bytes: int) -> int:
    """Return how many bytes too long ``place`` is for a socket whose path goes on below it for ``below_bytes``."""
    return max(0, len(bytes(place)) + below_bytes - _SOCKET_BYTES)
