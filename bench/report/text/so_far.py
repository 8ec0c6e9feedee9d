"""The answer of a run that still goes on: for each isolation the figures so far, as short as they can be."""

from __future__ import annotations

import json
from pathlib import Path

from bench.analysis.data.frame import load
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures import widths
from bench.analysis.figures.by_round import CellKey, FigureKey, sides
from bench.analysis.figures.sweep import label
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side
from bench.report.text import words
from bench.store.manifest import Manifest

IsolationRow = tuple[str, list[str]]
"""An isolation, and its figure in every column; empty text where it has none yet."""


def so_far(run_dir: Path) -> tuple[list[str], list[IsolationRow]]:
    """Return the columns, one for each scenario and set of parameters, and a row for each isolation, in reading order.

    Of a workload that reports several figures the first one is told. Raises ResultsError when the run is broken.
    """
    manifest = load_manifest(run_dir)
    found = {
        (_column(cell, manifest), cell.isolation): _figure(figure, side, manifest)
        for cell, figures in sides(widths.answering(load(run_dir, compact=True), manifest)).items()
        for figure, side in figures.items()
        if figure[:2] == _asked(manifest, cell.scenario)
    }
    place = {name: number for number, name in enumerate(manifest.scenarios)}
    columns = sorted({column for column, _ in found}, key=lambda column: (place[column[0]], column[1]))
    order = IsolationFacts.of(manifest).reading_order
    isolations = sorted({isolation for _, isolation in found}, key=order)
    titles = [f"{scenario} {setting}".rstrip() for scenario, setting in columns]
    return titles, [(name, [found.get((column, name), "") for column in columns]) for name in isolations]


def _asked(manifest: Manifest, scenario: str) -> tuple[str, str]:
    """Return the figure that answers a scenario's question first."""
    told = manifest.scenarios[scenario]
    known = widths.answers(manifest, scenario)
    return (told.metrics[0].name, "workload") if told.metrics else next(iter(known))


def _column(cell: CellKey, manifest: Manifest) -> tuple[str, str]:
    values = json.loads(cell.parameters)
    swept = [name for name, choices in manifest.scenarios[cell.scenario].dimensions.items() if len(choices) > 1]
    return cell.scenario, label(values, [name for name in swept if name in values])


def _figure(figure: FigureKey, side: Side, manifest: Manifest) -> str:
    found = intervals.median(side.values, confidence=manifest.stopping.confidence)
    said = words.quantity(found.value, figure.unit)
    sure = words.interval(found.low, found.high, figure.unit, found.value)
    return said if sure == words.NONE else f"{said} ({sure})"
