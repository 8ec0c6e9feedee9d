"""What a calibration found, as tables for a terminal of 80 columns: one for every truth and view."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping

import pandas as pd
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.quality.calibration import RELATIVE, worst

_NAMES_WIDTH = 18
"""Wide enough for ``docker:runsc-net``, and for a mark behind ``vm:microvm``."""

_INJECTED = {
    "s": (1e3, " ms"),
    "B": (2.0**-20, " MiB"),
    "1": (100.0, " %"),
    "1/s": (1.0, " /s"),
    "times": (1.0, " times"),
    "names": (1.0, " names"),
}
_TITLES = {
    "delay": "Delay before readiness",
    "memory": "Memory touched",
    "quota": "CPU quota",
    "rate": "Offered rate",
    "surface": "Known set entered",
    "written": "Bytes written",
}
_STYLES = {"missed": "red", "undecided": "yellow"}
EMULATED_NOTE = "* emulated, not hardware virtualization"


def tables(found: pd.DataFrame, facts: IsolationFacts = UNTOLD) -> Iterator[RenderableType]:
    """Yield, for every truth and view, its title and a row for every isolation; last what a mark in them means.

    ``found`` is what ``bench.analysis.quality.calibration`` returns. Of each isolation the amount is shown that was
    recovered worst. Figures stand in percent of what was injected where their goal does, else in milliseconds.
    """
    for (truth, view), rows in worst(found).groupby(["truth", "view"], sort=False):
        unit = "%" if truth in RELATIVE else "ms"
        yield Text(f"{_TITLES.get(str(truth), truth)}, by {view} ({unit})", style="bold")
        yield Padding(_table(rows, facts), (0, 0, 1, 0))
    if found["emulated"].any():
        yield Text(EMULATED_NOTE)


def _table(rows: pd.DataFrame, facts: IsolationFacts) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", width=_NAMES_WIDTH, overflow="fold")
    for name, width in (("injected", 8), ("bias", 7), ("95 % interval", 17), ("spread", 6), ("goal", 4)):
        table.add_column(name, min_width=width, justify="right", overflow="fold")
    table.add_column("verdict", min_width=9)
    for row in sorted(rows.to_dict("records"), key=lambda row: facts.reading_order(str(row["isolation"]))):
        table.add_row(*_cells(row))
    return table


def _cells(row: Mapping[Hashable, object]) -> list[RenderableType]:
    injected = _number(row, "injected")
    scale = 100 / injected if row["truth"] in RELATIVE else 1e3
    bias, low, high, spread, goal = (_number(row, name) * scale for name in ("bias", "low", "high", "spread", "goal"))
    times, unit = _INJECTED[str(row["unit"])]
    verdict = str(row["verdict"])
    return [
        Text(f"{row['isolation']}{'*' if row['emulated'] else ''}"),
        f"{injected * times:g}{unit}",
        _signed(bias),
        f"{_signed(low)} to {_signed(high)}" if math.isfinite(low) else "too few rounds",
        f"{spread:.2f}",
        f"{goal:g}",
        Text(verdict, style=_STYLES.get(verdict, "")),
    ]


def _signed(value: float) -> str:
    """Return a figure with its sign, with as many digits as there is room for."""
    return f"{value:+.2f}" if abs(value) < 100 else f"{value:+.0f}"


def _number(row: Mapping[Hashable, object], name: str) -> float:
    return float(str(row[name]))
