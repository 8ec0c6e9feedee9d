"""What a report says of the calibration that applies to its run, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bench.analysis.quality.calibration import RELATIVE
from bench.store import layout
from bench.store.sanitize import read_json

_NEVER = "Never calibrated on this machine: run `python -m bench calibrate`."

_CITED = {
    ("delay", "its own line"): "delays before readiness were",
    ("memory", "pss"): "memory touched, by PSS, was",
    ("quota", "CPU time"): "CPU time under a quota was",
    ("quota", "work"): "work under a CPU quota was",
    ("written", "processes"): "bytes written were",
    ("rate", "lines"): "an offered rate was",
    ("surface", "getpid"): "a known number of system calls, by the host's tracer, was",
    ("surface", "a function"): "a known number of the kernel's functions entered was",
}
"""The truths that are cited, each by its plainest view; a quota also by what is done under it."""

CalibrationEntry = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recovered:
    """What is known of one isolation."""

    name: str
    biases: Mapping[tuple[str, str], tuple[str, str]]
    """By truth and view: the day, and the largest bias in words."""
    missed: Sequence[str]
    """The views that missed their goal."""


def citations(run_dir: str | Path, isolations: Sequence[str]) -> tuple[str, ...]:
    """Return how far the meters were off when this machine was calibrated, and what was not calibrated.

    ``isolations`` are those that ran. A ``calibration.json`` that cannot be read counts as none.
    """
    try:
        kept = cast("dict[str, Any]", read_json((Path(run_dir) / layout.CALIBRATION).read_bytes()))["isolations"]
        known = [_known(name, kept[name]) for name in isolations if name in kept]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        known = []
    known = [one for one in known if one.biases]
    if not known:
        return (_NEVER,)
    lines = [line for view, what in _CITED.items() for line in _of(view, what, known)]
    missed = [text for one in known for text in one.missed]
    lines += [f"Goals of calibration that were missed: {', '.join(missed)}."] if missed else []
    without = [name for name in isolations if name not in {one.name for one in known}]
    return (*lines, f"Not calibrated here: {', '.join(without)}.") if without else tuple(lines)


def _of(view: tuple[str, str], what: str, known: Sequence[_Recovered]) -> list[str]:
    """Return a sentence for each day on which this truth was recovered."""
    found = [one.biases[view] for one in known if view in one.biases]
    return [
        f"Calibrated on {day}: {what} recovered with a bias of at most "
        f"{', '.join(bias for when, bias in found if when == day)}."
        for day in sorted({when for when, _bias in found})
    ]


def _known(name: str, kept: Mapping[str, Sequence[CalibrationEntry]]) -> _Recovered:
    findings = list(kept["findings"])
    shown = f"{name}, emulated" if any(row.get("emulated") for row in findings) else name
    biases = {}
    for view in _CITED:
        rows = [row for row in findings if (row["truth"], row["view"]) == view]
        if rows:
            day = str(rows[0].get("at", kept.get("at")))[:10]
            biases[view] = day, f"{_largest(rows, relative=view[0] in RELATIVE)} ({shown})"
    missed = [f"{row['truth']} by {row['view']} ({name})" for row in findings if row.get("verdict") == "missed"]
    return _Recovered(name=name, biases=biases, missed=list(dict.fromkeys(missed)))


def _largest(rows: Sequence[CalibrationEntry], *, relative: bool) -> str:
    """Return the largest bias in words; ``relative``: in percent of what was injected, else in milliseconds."""
    biases = [_number(row, "bias") / _number(row, "injected") if relative else _number(row, "bias") for row in rows]
    scaled = max(biases, key=abs) * (100.0 if relative else 1e3)
    return f"{round(scaled, 1) + 0.0:+.1f} {'%' if relative else 'ms'}"


def _number(row: CalibrationEntry, name: str) -> float:
    return float(str(row[name]))
