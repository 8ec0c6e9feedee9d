"""What an isolation has to be or to reach before it is weighed: ``own kernel``, ``start < 200 ms``, ``memory < 2x``.

A must is a fact that a run's manifest states of an isolation, or the comparison of a figure with an amount. A figure
meets it where its whole interval does; where the interval reaches over the border, nobody has shown that it is met.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.analysis.figures.comparison import Finding
from bench.errors import InputError, did_you_mean
from bench.model import BASELINE
from bench.store.manifest import RunIsolation

FACTS: Mapping[str, Callable[[RunIsolation], bool]] = {
    "own kernel": lambda told: told.own_kernel,
    "engine": lambda told: bool(told.engine),
    "emulated": lambda told: told.emulated,
    "hardware virtualization": lambda told: told.virtualization == "hardware",
}
"""What a manifest states of isolations; ``no`` or ``not`` before it asks for the contrary."""

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip

_COMPARISON = re.compile(r"\s*([A-Za-z][\w.-]*)\s*(<=|>=|<|>)\s*(\d+(?:\.\d*)?|\.\d+)\s*(\S*)\s*")

TIMES = "x"
"""Unit of an amount that is a ratio to bare."""

_UNITS: tuple[Mapping[str, float], ...] = (
    {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0},
    {"B": 1.0, "kB": 1e3, "KiB": 2.0**10, "MB": 1e6, "MiB": 2.0**20, "GB": 1e9, "GiB": 2.0**30},
    {"bit": 1.0, "kbit": 1e3, "Mbit": 1e6, "Gbit": 1e9},
)
"""Units that are amounts of the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Must:
    """One must, read; ``word`` is the criterion it compares, empty for a fact."""

    text: str
    word: str = ""
    fact: str = ""
    wanted: bool = True
    sign: str = ""
    amount: float = math.nan
    unit: str = ""

    def unmet_fact(self, told: RunIsolation) -> str:
        """Say what an isolation is that it must not be, or is not; nothing where it is as it must."""
        is_so = FACTS[self.fact](told)
        return "" if is_so is self.wanted else f"{'' if is_so else 'no '}{self.fact}"

    def unmet_figure(self, found: Finding) -> str:
        """Say why a figure does not meet this, or is not shown to; nothing where its whole interval does.

        Raises InputError where the amount is in a unit that the figure has not.
        """
        if self.unit == TIMES:
            known, divisor = (found.ratio, found.ratio_low, found.ratio_high), 1.0
        else:
            known, divisor = (found.median, found.low, found.high), 1 / _factor(self, found.unit)
        ends = known[:1] if found.isolation == BASELINE and self.unit == TIMES else known[1:]
        met = [_COMPARED[self.sign](end, self.amount / divisor) for end in ends]
        if all(met):
            return ""
        shown = "is not shown to be" if any(met) or any(map(math.isnan, ends)) else "is not"
        apart = "" if self.unit == TIMES else " "
        return f"{self.word} {shown} {self.sign} {self.amount:g}{apart}{self.unit}".rstrip()


def must_of(text: str) -> Must:
    """Read one must; raises InputError, which says what is allowed, for what is none."""
    words = text.split()
    wanted = words[:1] not in (["no"], ["not"])
    fact = " ".join(words if wanted else words[1:])
    if fact in FACTS:
        return Must(text=text, fact=fact, wanted=wanted)
    if found := _COMPARISON.fullmatch(text):
        word, sign, amount, unit = found.groups()
        return Must(text=text, word=word, sign=sign, amount=float(amount), unit=unit)
    raise InputError(
        f"--must {text!r} is neither a fact nor a comparison{did_you_mean(fact, FACTS)}",
        remedy=f"Facts, also with `no` before them: {', '.join(FACTS)}. Comparisons: start<200ms, memory<=64MiB, "
        "cpu>0.9x of bare's",
    )


def units(unit: str) -> tuple[str, ...]:
    """Return the units in which a figure of this unit may be compared."""
    base, slash, per = unit.partition("/")
    same = next((known for known in _UNITS if base in known), None)
    named = [f"{name}{slash}{per}" for name in same] if same else [unit.removeprefix("1")]
    return (*named, TIMES)


def _factor(must: Must, unit: str) -> float:
    """Return how many of a figure's unit are one of the must's."""
    if must.unit not in units(unit) and must.unit != unit:
        allowed = ", ".join(one or "no unit" for one in units(unit))
        raise InputError(f"--must {must.text!r}: {must.word} has no unit {must.unit!r}", remedy=f"Allowed: {allowed}")
    ours, theirs = (one.partition("/")[0] for one in (must.unit, unit))
    same = next((known for known in _UNITS if theirs in known), None)
    return same[ours] / same[theirs] if same else 1.0
