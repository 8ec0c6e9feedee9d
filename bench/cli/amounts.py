"""Shares and spans of time as they are written on a command line."""

from __future__ import annotations

import math
import re

from bench.errors import InputError

_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def share(text: str, option: str, *, most: float = 1.0) -> float:
    """Return ``5%`` or ``0.05`` as 0.05; raises InputError for what is no share above 0 and below ``most``."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*", text)
    value = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if not 0 < value < most:
        raise InputError(
            f"{option} {text!r} is no share between 0 and {most * 100:.0f} %", remedy=f"Such as {option} 5%"
        )
    return value


def span_s(text: str, option: str) -> float:
    """Return ``90s``, ``10m`` or ``1h`` in seconds; raises InputError for what is no span of time."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(s|m|min|h)\s*", text)
    value = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0 < value < math.inf:
        raise InputError(f"{option} {text!r} is no span of time", remedy=f"Such as {option} 10m, 90s or 1h")
    return value
