"""What a run holds for and against a claim: values by round, and why there are none where there are none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import pandas as pd

from bench.analysis.data import trials
from bench.analysis.figures.by_round import CellKey, FigureKey, of_metric
from bench.analysis.figures.summary import Cells, of_cells
from bench.analysis.figures.sweep import label
from bench.analysis.statistics.paired_series import Side
from bench.model import Scalar
from bench.store.manifest import Manifest
from bench.store.stored import canonical


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """One run's figures, and how its trials ended, by scenario, parameters and isolation."""

    manifest: Manifest
    figures: Cells
    ended: Mapping[tuple[str, str, str], Mapping[str, int]]
    emulated_in: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, frame: pd.DataFrame, manifest: Manifest, cells: Cells | None = None) -> Self:
        """Gather a run's evidence; ``cells`` is what ``of_cells`` gives for this frame, where that is known."""
        seen = frame.loc[frame["emulated"], ["scenario", "isolation"]].drop_duplicates()
        return cls(
            manifest=manifest,
            figures=of_cells(frame) if cells is None else cells,
            ended=trials.counts(trials.outcomes(frame)),
            emulated_in=frozenset(seen.itertuples(index=False, name=None)),
        )

    def settings(self, scenario: str, metric: str, vantage: str) -> list[dict[str, Scalar]]:
        """Return every set of parameters at which any isolation has this figure."""
        texts = dict.fromkeys(cell.parameters for cell, _ in self._having(scenario, metric, vantage))
        return [json.loads(text) for text in texts]

    def side(self, scenario: str, parameters: str, isolation: str, metric: str, vantage: str) -> Side:
        """Return one value for every round that has one; none when nothing was measured."""
        return of_metric(self.figures.get(CellKey(scenario, parameters, isolation), {}), metric, vantage)

    def unit(self, scenario: str, metric: str, vantage: str) -> str:
        """Return the metric's unit; empty where nothing was measured."""
        return next((figure.unit for _, figure in self._having(scenario, metric, vantage)), "")

    def _having(self, scenario: str, metric: str, vantage: str) -> Iterator[tuple[CellKey, FigureKey]]:
        for cell, figures in self.figures.items():
            if cell.scenario == scenario:
                yield from ((cell, figure) for figure in figures if figure[:2] == (metric, vantage))

    def emulated(self, scenario: str, isolation: str) -> bool:
        """Say whether an isolation was emulated in this run."""
        told = self.manifest.isolations.get(isolation)
        return (scenario, isolation) in self.emulated_in or bool(told and told.emulated)

    def without_hardware(self, scenario: str, isolation: str) -> str:
        """Say by what else than hardware virtualization an isolation ran; empty where it did not."""
        told = self.manifest.isolations.get(isolation)
        if self.emulated(scenario, isolation):
            return "is emulated"
        return "is virtualized in software" if told and told.virtualization == "software" else ""

    def took_part(self, isolation: str) -> bool:
        """Say whether an isolation was asked for and ready, so that it is known whether it was emulated."""
        told = self.manifest.isolations.get(isolation)
        return told is not None and told.ready

    def why_missing(self, scenario: str, values: Mapping[str, Scalar], isolation: str) -> str:
        """Say why an isolation has no figure at these parameters."""
        told = self.manifest.isolations.get(isolation)
        if told is None:
            return f"{isolation} was not part of this run"
        if not told.ready:
            return f"{isolation} did not run here: {told.reason or 'no reason given'}"
        for one in self.manifest.not_offered:
            if (one.scenario, one.isolation) == (scenario, isolation) and one.parameters.items() <= values.items():
                return f"{isolation} was left out: {one.reason}"
        ended = self._ended(scenario, values, isolation)
        if (bad := trials.counted_endings(ended)) and not ended["ok"]:
            return f"no trial of {isolation} ended well ({bad})"
        place = label(dict(values), list(values))
        return f"not measured in this run: {isolation}{f' at {place}' if place else ''}"

    def mostly_bad(self, scenario: str, values: Mapping[str, Scalar], isolation: str) -> str:
        """Say so when more than half of an isolation's trials at these parameters are in no figure."""
        ended = self._ended(scenario, values, isolation)
        begun = sum(ended.values()) - ended.get("unsupported", 0)
        if (begun - ended.get("ok", 0)) * 2 <= begun:
            return ""
        return f"of {isolation}'s trials {trials.counted_endings(ended)}: those that are left may not be typical"

    def _ended(self, scenario: str, values: Mapping[str, Scalar], isolation: str) -> Mapping[str, int]:
        return self.ended.get((scenario, canonical(dict(values)), isolation), {})
