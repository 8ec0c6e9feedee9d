"""How long is waited for a start: limits set on a fast host, stretched by how slow this one has shown itself.

Every limit on a start comes from here, so that one word raises them all: ISOBENCH_PATIENCE.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from functools import cache

from bench.errors import InputError

VARIABLE = "ISOBENCH_PATIENCE"

_FAST_START_S = 0.02
"""A bare Python interpreter starts and ends within that where the limits were set; with a load of 8 on its two CPUs it
took 19 to 57 ms."""
_STARTS = 5
_TIMES_SHOWN = 5.0
"""How many times as long as it was seen to take a start may take: it may have more memory now, and neighbours."""


def limit_s(base_s: float, *, shown_s: float = 0.0) -> float:
    """Return how many seconds to wait for a start that a fast host does within ``base_s``.

    ``shown_s``: how long this host was seen to take for one like it; 0 where it was not tried. Raises InputError for
    a value of ISOBENCH_PATIENCE that is no number above 0.
    """
    return asked() * max(base_s * slowness(), _TIMES_SHOWN * shown_s)


def longer() -> str:
    """Return how to have more patience: a remedy for what did not start in time."""
    return f"If this host is slow, wait longer: {VARIABLE}={2 * asked():g} doubles every limit on a start"


def asked() -> float:
    """Return by how much the user stretches every limit; 1 where nothing is said. Raises InputError."""
    text = os.environ.get(VARIABLE) or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e4:  # also no number, which is less than nothing
        raise InputError(f"{VARIABLE} = {text!r}: a number above 0 is right", remedy=f"{VARIABLE}=2 doubles limits")
    return factor


@cache
def slowness() -> float:
    """Return how many times as long as on a fast host a plain start takes here and now, tried once; 1 at least."""
    return max(1.0, statistics.median(_plain_start_s() for _start in range(_STARTS)) / _FAST_START_S)


def _plain_start_s() -> float:
    began_s = time.monotonic()
    subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=False, stdin=subprocess.DEVNULL)
    return time.monotonic() - began_s
