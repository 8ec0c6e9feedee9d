"""What a public table's columns are, and those of the samples. Standard library only: whoever measures may know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, pandas dtype, unit and meaning. ``unit`` is empty for text, counts and truth values."""

    name: str
    dtype: str
    unit: str
    meaning: str


def text(name: str, meaning: str) -> Column:
    """Return a column of words."""
    return Column(name=name, dtype="string", unit="", meaning=meaning)


def count(name: str, meaning: str) -> Column:
    """Return a column of whole numbers."""
    return Column(name=name, dtype="int64", unit="", meaning=meaning)


def flag(name: str, meaning: str) -> Column:
    """Return a column of yes and no."""
    return Column(name=name, dtype="bool", unit="", meaning=meaning)


def number(name: str, unit: str, meaning: str) -> Column:
    """Return a column of figures in a unit: ``1`` for ratios and shares."""
    return Column(name=name, dtype="float64", unit=unit, meaning=meaning)


def dtypes(columns: Iterable[Column]) -> Mapping[str, str]:
    """Return each column's dtype by name, in order: the same in pandas 2.2 and 3."""
    return {one.name: one.dtype for one in columns}


AS_UNIT = "as `unit`"

SAMPLE_COLUMNS = (
    text("run", "the run's id"),
    text("host", "the host's name"),
    number(
        "confidence", "1", "of the run's intervals, the same in every row: 0.95; more where it decided when to stop"
    ),
    text("scenario", "name"),
    text("scenario_version", "digest of the scenario file and the files it brings"),
    text("parameters", "canonical JSON: the cell's, the arm among them, and the step's"),
    text("step", "canonical JSON: those of the step alone; `{}` for what belongs to the instance as a whole"),
    text("isolation", "name"),
    flag("emulated", "emulated, not hardware virtualization"),
    count("round", "from 1"),
    count("trial", "from 1"),
    count("stretch", "from 1; another begins where the run was taken up again"),
    text("outcome", "how the trial ended"),
    text("reason", "why, unless it ended ok"),
    text("metric", "name"),
    text("vantage", "who saw it"),
    text("unit", "of `value`: `s`, `B`, or the workload's own"),
    text("better", "`higher` or `lower`"),
    number("value", AS_UNIT, "what was read"),
    number("at_s", "s", "since the request"),
)
"""One row per sample. A trial that left none outside of steps has one row whose last six columns are missing."""
