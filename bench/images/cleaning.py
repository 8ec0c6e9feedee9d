"""What builds have left that were killed."""

from __future__ import annotations

from bench.images import cache
from bench.images.debian import mmdebstrap


def clean() -> list[str]:
    """Remove it, in the cache and beside it; return one line for each thing removed."""
    return cache.clean() + mmdebstrap.clean()
