"""The index of a run's figures: what every cell has of each, by round."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bench.analysis.data.texts import Codes, coded
from bench.analysis.statistics.paired_series import Ints, Side

NOTHING = Side.by_round({})


class CellKey(NamedTuple):
    """Whose figure it is."""

    scenario: str
    parameters: str
    """Canonical JSON; of a figure of one step, with the step's."""
    isolation: str


class FigureKey(NamedTuple):
    """Which figure it is."""

    metric: str
    vantage: str
    unit: str
    better: str


Figures = Mapping[FigureKey, Side]


def sides(samples: pd.DataFrame) -> dict[CellKey, dict[FigureKey, Side]]:
    """Return the values by round of every figure of every cell, in order of sight."""
    names = (*CellKey._fields, *FigureKey._fields)
    columns = [(codes, known.tolist()) for codes, known in (coded(samples[name]) for name in names)]
    rows = np.flatnonzero(np.logical_and.reduce([codes >= 0 for codes, _ in columns]))  # without a name: no figure
    groups = _numbered([codes[rows] for codes, _ in columns])
    order = np.argsort(groups, kind="stable")
    begins = np.flatnonzero(np.diff(groups[order], prepend=-1))
    rows = rows[order]
    rounds, values = samples["round"].to_numpy()[rows], samples["value"].to_numpy()[rows]
    rising = np.diff(rounds) > 0  # one number for each round, in order: as a rule there is nothing to arrange
    found: dict[CellKey, dict[FigureKey, Side]] = {}
    alike: dict[bytes, Ints] = {}  # as a rule every figure has the same rounds: they are kept once
    for begin, end in itertools.pairwise([*begins.tolist(), rows.size]):
        key = [str(known[codes[rows[begin]]]) for codes, known in columns]
        make = Side.in_order if rising[begin : end - 1].all() else Side.of
        own = rounds[begin:end]
        side = make(alike.setdefault(own.tobytes(), own), values[begin:end])
        found.setdefault(CellKey(*key[:3]), {})[FigureKey(*key[3:])] = side
    return found


def of_metric(figures: Figures, metric: str, vantage: str) -> Side:
    """Return what a cell has of a metric as one vantage saw it; nothing where it has none."""
    return next((side for key, side in figures.items() if key[:2] == (metric, vantage)), NOTHING)


def _numbered(columns: Sequence[Codes]) -> Ints:
    """Number the rows that agree in all of these columns of codes, in order of sight."""
    found = columns[0].astype(np.int64)
    for codes in columns[1:]:
        found, _ = pd.factorize(found * (int(codes.max(initial=0)) + 1) + codes)
    return found
