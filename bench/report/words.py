"""Numbers for people: three significant digits, the unit always beside them."""

from __future__ import annotations

import math
import re

NONE = "–"
"""What stands where there is no figure."""

EMULATED = "emulated, not hardware virtualization"

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_BYTES = ((float(1 << 30), "GiB"), (float(1 << 20), "MiB"), (float(1 << 10), "KiB"), (1.0, "B"))
_LABELS = {
    "host": "host",
    "cgroup": "control group",
    "guest": "guest",
    "workload": "workload",
    "harness": "harness",
}


def scale(value: float, unit: str) -> tuple[float, str]:
    """Return (divisor, unit shown) that reads well for ``value``; units other than s and B stay."""
    steps = {"s": _SECONDS, "B": _BYTES, "bytes": _BYTES}.get(unit)
    if steps is None:
        return 1.0, _shown(unit)
    size = abs(value)
    return next((step for step in steps if size >= step[0]), steps[-1])


def number(value: float) -> str:
    """Return three significant digits: 0.0523, 1.92, 174, 12 300."""
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    rounded = float(f"{value:.2e}")
    if abs(rounded) >= 1e7 or abs(rounded) < 1e-4:
        return f"{rounded:.3g}"
    digits = max(0, 2 - math.floor(math.log10(abs(rounded))))
    shown = f"{rounded:.{digits}f}"
    return f"{rounded:,.0f}".replace(",", " ") if abs(rounded) >= 1e4 else shown


def quantity(value: float, unit: str) -> str:
    """Return a figure with its unit: ``1.92 ms``, ``3.77 MiB``, ``812 /s``."""
    if not math.isfinite(value):
        return NONE
    divisor, shown = scale(value, unit)
    return f"{number(value / divisor)} {shown}".rstrip()


def signed(value: float, unit: str) -> str:
    """Return a difference with its sign and unit: ``+3.77 MiB``."""
    return f"+{quantity(value, unit)}" if value > 0 else quantity(value, unit)


def interval(low: float, high: float, unit: str, middle: float) -> str:
    """Return ``low .. high unit``, in the unit that ``middle`` is shown in."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NONE
    divisor, shown = scale(middle, unit)
    return f"{number(low / divisor)} .. {number(high / divisor)} {shown}".rstrip()


def times(value: float) -> str:
    """Return a ratio: ``91.2x``, ``0.985x``, ``1`` for exactly one."""
    if not math.isfinite(value):
        return NONE
    return "1" if value == 1 else f"{number(value)}x"


def times_interval(low: float, high: float) -> str:
    """Return a ratio's interval in brackets, or nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"({number(low)} .. {number(high)})"


def metric(name: str) -> str:
    """Return a metric's name for a person: ``events_per_s.per_cpu_s`` becomes words, a unit at its end goes."""
    base = name.partition(".per_cpu_s")[0]
    plain = re.sub(r"(?<! per) (ms|us|ns|s|bytes)$", "", base.replace("_", " ").replace(".", " "))
    return f"{plain}, per host CPU-second" if ".per_cpu_s" in name else plain


def vantage(name: str) -> str:
    """Return who saw a figure, for a person."""
    kind, _, role = name.partition(":")
    if kind != "processes":
        return _LABELS.get(kind, kind)
    return f"shared {role.removeprefix('shared:')}" if role.startswith("shared:") else role or "own processes"


def capital(text: str) -> str:
    """Return ``text`` with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return ``text`` with a full stop at its end; names at its beginning keep their case."""
    stripped = text.strip()
    return stripped if not stripped or stripped[-1] in ".!?:" else f"{stripped}."


def _shown(unit: str) -> str:
    if unit == "1":
        return ""
    return unit.removeprefix("1") if unit.startswith("1/") else unit
