"""The medians of many runs' figures, as ``summarize`` has them: without intervals, and of many runs in one go."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from bench.analysis.data.frame import load
from bench.analysis.data.texts import coded, stack
from bench.analysis.figures.by_round import CellKey, sides
from bench.analysis.figures.summary import measured
from bench.errors import ResultsError
from bench.store.medians import RunMedian, digest, keep, recalled

Medians = tuple[RunMedian, ...]

_ROWS_AT_ONCE = 1 << 18
"""Samples that are held at a time. Most of the time per run is pandas' per table, not per row."""

_TRIALS = 10_000_000
"""More trials than a run has: those of each run of a stack get numbers of their own."""

_APART = "\n"
"""Between a run's place in a stack and its scenario's name, which has no line break."""


def medians(runs: Sequence[Path]) -> list[Medians | ResultsError]:
    """Return the medians of every run folder, in order, or why it cannot be read. What is known is not read again."""
    contents = [digest(run) for run in runs]
    found: list[Medians | ResultsError | None] = [recalled(content) for content in contents]
    waiting: dict[int, pd.DataFrame] = {}
    for place, run in enumerate(runs):
        if found[place] is None:
            try:
                waiting[place] = load(run, compact=True)
            except ResultsError as error:
                found[place] = error
        if waiting and (place == len(runs) - 1 or sum(map(len, waiting.values())) > _ROWS_AT_ONCE):
            for at, made in _together(waiting):
                found[at] = made
                keep(contents[at], made)
            waiting = {}
    return [one if one is not None else () for one in found]


def _together(frames: dict[int, pd.DataFrame]) -> Iterator[tuple[int, Medians]]:
    """Yield the place and the medians of each frame: derived in one table, in which no two runs share a scenario."""
    whole = stack([_marked(place, number, frame) for number, (place, frame) in enumerate(frames.items())])
    emulated = whole.groupby([*CellKey._fields], observed=True)["emulated"].any().to_dict()
    found: dict[int, list[RunMedian]] = {place: [] for place in frames}
    for cell, figures in sides(measured(whole)).items():
        place, _, scenario = cell.scenario.partition(_APART)
        found[int(place)] += [
            RunMedian(
                scenario, cell.parameters, cell.isolation, bool(emulated[cell]), *figure, side.n,
                statistics.median(side.values.tolist()),
            )
            for figure, side in figures.items()
        ]  # fmt: skip
    yield from ((place, tuple(mine)) for place, mine in found.items())


def _marked(place: int, number: int, frame: pd.DataFrame) -> pd.DataFrame:
    codes, names = coded(frame["scenario"])
    named = pd.Index([f"{place}{_APART}{name}" for name in names], dtype="string")
    return frame.assign(scenario=pd.Categorical.from_codes(codes, named), trial=frame["trial"] + number * _TRIALS)
