"""Numbers for people: three significant digits, the unit always beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

from bench.analysis.data.derive import PER_1000, PER_CPU_S, counted
from bench.analysis.data.losses import GROWTH, LOSS
from bench.model import BASELINE
from bench.model.codes import CODES, decoded

NONE = "–"
"""What stands where there is no figure."""

EMULATED = "emulated, not hardware virtualization"
SOFTWARE = "virtualized in software, by a KVM that needs nothing of the processor, not hardware virtualization"

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((float(1 << 30), "GiB"), (float(1 << 20), "MiB"), (float(1 << 10), "KiB"), (1.0, "B"))
_BITS = ((1e9, "Gbit"), (1e6, "Mbit"), (1e3, "kbit"), (1.0, "bit"))
_SCALES = {
    "s": (1.0, _SECONDS),
    "ms": (1e-3, _SECONDS),
    "us": (1e-6, _SECONDS),
    "ns": (1e-9, _SECONDS),
    "B": (1.0, _BYTES),
    "bytes": (1.0, _BYTES),
    "bit": (1.0, _BITS),
}
"""What is scaled: how large the unit is, and the steps it is shown in."""

_LABELS = {
    "host": "host",
    "cgroup": "control group",
    "guest": "guest",
    "workload": "workload",
    "harness": "harness",
    "client": "client on the host",
}

NAMED = {
    "burst.growth_ready": "growth of the median time to ready",
    "burst.growth_all": "growth of the makespan",
    "rate.alone": "time until ready, alone",
    "rate.kept": "starts that are kept",
    "exec.first": "the first command inside",
    "exec.last": "the last command inside",
    "restore.time": "time until it lives",
    "restore.answer": "time until the first answer",
    "restore.hundredth": "time until the hundredth answer",
    "restore.faults": "page faults until the hundredth answer",
    "restore.read": "read from disks until the hundredth answer",
    "restore.memory": "memory beside its like",
    "restore.checkpoint": "size of the checkpoint",
    "restore.checkpoint_time": "time to pause it, or write it down",
    "restore.clock_lag": "how far its clock is behind",
    "restore.same_random": "two copies draw the same random number",
    "restore.lost_connection": "an open connection is lost",
}
"""What our own are called whose words alone would not be understood."""


def scale(value: float, unit: str) -> tuple[float, str]:
    """Return (divisor, unit shown) that reads well for ``value``; other units than times, bytes and bits stay.

    What is scaled may be counted per something: ``B/s``.
    """
    base, slash, per = unit.partition("/")
    if base not in _SCALES:
        return 1.0, _shown(unit)
    one, steps = _SCALES[base]
    size = abs(value) * one
    step, shown = next((step for step in steps if size >= step[0]), steps[-1] if size else (one, base))
    return step / one, f"{shown}{slash}{per}"


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


def plain(value: float) -> str:
    """Return a number for an axis, as short as it can be."""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 1e4 else f"{value:.4g}"


def is_scaled(unit: str) -> bool:
    """Say whether figures in this unit are shown in units of their size."""
    return unit.partition("/")[0] in _SCALES


def quantity_plain(value: float, unit: str) -> str:
    """Return a round figure with its unit, as short as it can be: ``10 ms``."""
    divisor, shown = scale(value * 1.0001, unit)
    return f"{value / divisor:.4g} {shown}"


def decades(low: float, high: float, unit: str) -> list[float]:
    """Return round values from ``low`` to ``high`` for an axis in decades: powers of ten of the units shown."""
    one, steps = _SCALES.get(unit.partition("/")[0], (1.0, ()))
    if steps is _BYTES:
        places = sorted(step * power / one for step, _ in steps for power in (1, 10, 100))
    else:
        places = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    if high / low < 30:
        places = sorted(place * part for place in places for part in (1, 2, 5))
    found = [place for place in places if low <= place <= high]
    return found[:: math.ceil(len(found) / 6)] if found else []


def quantity(value: float, unit: str) -> str:
    """Return a figure with its unit: ``1.92 ms``, ``3.77 MiB``, ``812 /s``."""
    if not math.isfinite(value):
        return NONE
    if unit in CODES:
        return decoded(value, unit)
    divisor, shown = scale(value, unit)
    return f"{number(value / divisor)} {shown}".rstrip()


def signed(value: float, unit: str) -> str:
    """Return a difference with its sign and unit: ``+3.77 MiB``."""
    return f"+{quantity(value, unit)}" if value > 0 else quantity(value, unit)


def interval(low: float, high: float, unit: str, middle: float) -> str:
    """Return ``low to high unit``, in the unit that ``middle`` is shown in."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NONE
    if unit in CODES:
        return " to ".join(dict.fromkeys((decoded(low, unit), decoded(high, unit))))
    divisor, shown = scale(middle, unit)
    return f"{number(low / divisor)} to {number(high / divisor)} {shown}".rstrip()


def times(value: float) -> str:
    """Return a ratio: ``91.2x``, ``0.985x``, ``1`` for exactly one."""
    if not math.isfinite(value):
        return NONE
    return "1" if value == 1 else f"{number(value)}x"


def of_bare(ratio: float, low: float, high: float, bare: str) -> str:
    """Return a ratio as a sentence has it: ``53.4 times bare's 3.30 ms (51.0 to 56.0)``."""
    parts = (f"{number(ratio)} times {BASELINE}'s", bare, times_interval(low, high))
    return " ".join(filter(None, parts))


def times_interval(low: float, high: float) -> str:
    """Return a ratio's interval in brackets, or nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"({number(low)} to {number(high)})"


def metric(name: str) -> str:
    """Return a metric's name for a person: ``events_per_s.per_cpu_s`` becomes words, a unit at its end goes."""
    if name in NAMED:
        return NAMED[name]
    if name.endswith(PER_1000):
        what = counted(name.removesuffix(PER_1000)) or "units of " + metric(name.removesuffix(PER_1000))
        return f"host CPU-seconds per 1000 {what}"
    if name.startswith("timeline."):
        return f"time until {name.removeprefix('timeline.').replace('_', ' ')}"
    if known := re.fullmatch(r"memory\.(idle|load)\.(\w+)", name):
        view = re.sub(r"\b[pur]ss\b", lambda found: found[0].upper(), known[2].replace("_", " "))
        return f"{'idle memory' if known[1] == 'idle' else 'memory at load'}, {view}"
    if name.endswith((LOSS, GROWTH)):
        what, _, how = name.rpartition(".")
        return f"{metric(what)}, {'lost' if f'.{how}' == LOSS else 'times as much'} beside a neighbour"
    base = name.removesuffix(PER_CPU_S)
    plain = re.sub(r"(?<!_per)_(ms|us|ns|s|bytes)$", "", base).replace("_", " ").replace(".", " ")
    plain = re.sub(r"\b(cpu|pss|uss|rss)\b", lambda found: found[0].upper(), plain)
    plain = re.sub(r"^(ms|us|ns|s|seconds) per ", "time per ", plain)
    return f"{plain}, per host CPU-second" if base != name else plain


def vantage(name: str) -> str:
    """Return who saw a figure, for a person."""
    kind, _, role = name.partition(":")
    if kind != "processes":
        return _LABELS.get(kind, kind)
    return f"shared {role.removeprefix('shared:')}" if role.startswith("shared:") else role or "own processes"


def capital(text: str) -> str:
    """Return ``text`` with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: "a", "a and b", "a, b and c"; none gives ""."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def emulated(names: Collection[str]) -> tuple[str, ...]:
    """Return the note that emulated isolations carry: one for all of them, or none."""
    return (f"{listed(list(names))}: {EMULATED}.",) if names else ()


def sentence(text: str) -> str:
    """Return ``text`` with a full stop at its end; names at its beginning keep their case."""
    stripped = text.strip()
    return stripped if not stripped or stripped[-1] in ".!?:" else f"{stripped}."


def ranged(low: float, high: float, unit: str) -> str:
    """Return ``low to high unit`` in one unit, or one figure where both read the same."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NONE
    divisor, shown = scale(max(low, high, key=abs), unit)
    below, above = number(low / divisor), number(high / divisor)
    return f"{above} {shown}".rstrip() if below == above else f"{below} to {above} {shown}".rstrip()


def _shown(unit: str) -> str:
    if unit == "1":
        return ""
    if unit.startswith("CPU-s per 1000"):  # of what, the title says
        return "CPU-s"
    return unit.removeprefix("1") if unit.startswith("1/") else unit
