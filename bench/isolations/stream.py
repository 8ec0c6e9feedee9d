"""From a descriptor to a console: read what is there, stamp it, pass it on."""

from __future__ import annotations

import os
import time

from bench.isolations.console import Console

_CHUNK_BYTES = 65536


def pump(descriptor: int, console: Console) -> None:
    """Feed a console from a blocking descriptor until its end; the body of a reader thread."""
    while True:
        try:
            data = os.read(descriptor, _CHUNK_BYTES)
        except OSError:  # the other side is gone, or the descriptor was closed by the teardown
            data = b""
        at_ns = time.monotonic_ns()
        if not data:
            console.close(at_ns)
            return
        console.feed(data, at_ns)
