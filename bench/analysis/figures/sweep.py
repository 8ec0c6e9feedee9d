"""All comparisons of one scenario: what varies between them, and which of them show a figure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.data.isolations import UNTOLD, IsolationFacts
from bench.analysis.figures.comparison import Comparison, comparisons, natural
from bench.analysis.figures.summary import Cells, FigureFilter, all_figures
from bench.model import Scalar
from bench.store.manifest import Manifest, NotOffered


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """One scenario over all its parameters, arms and steps.

    ``comparisons`` stand as the scenario lists its values. ``names`` are all parameters in the order of their
    weight (arms, parameters, steps), ``steps`` those of them that belong to steps.
    """

    scenario: str
    comparisons: tuple[Comparison, ...]
    names: tuple[str, ...]
    steps: frozenset[str]
    not_offered: tuple[NotOffered, ...] = ()
    facts: IsolationFacts = UNTOLD

    @property
    def isolations(self) -> tuple[str, ...]:
        """Every isolation of any comparison, in reading order."""
        found = {name for one in self.comparisons for name in one.isolations}
        return tuple(sorted(found, key=self.facts.reading_order))

    @property
    def emulated(self) -> frozenset[str]:
        """The isolations that were emulated."""
        return frozenset(name for one in self.comparisons for name in one.emulated)

    def name_of(self, isolation: str) -> str:
        """Return the isolation's name, labelled where it is emulated."""
        return f"{isolation} (emulated)" if isolation in self.emulated else isolation

    def rows(self, metric: str, vantage: str) -> tuple[Comparison, ...]:
        """Return the comparisons that show this figure, or would if all trials of an isolation had not gone wrong."""
        holding = [one for one in self.comparisons if one.findings(metric, vantage)]
        levels = {frozenset(one.values_of) for one in holding}
        return tuple(
            one
            for one in self.comparisons
            if one in holding
            or (frozenset(one.values_of) in levels and not one.figures and any(map(one.all_lost, one.isolations)))
        )

    def shown(self, metric: str, vantage: str) -> tuple[str, ...]:
        """Return the isolations that have this figure anywhere, in reading order."""
        found = {one.isolation for row in self.comparisons for one in row.findings(metric, vantage)}
        return tuple(name for name in self.isolations if name in found)

    def vantages(self, metric: str) -> tuple[str, ...]:
        """Return every vantage from which this metric was seen anywhere, in order of appearance."""
        return tuple(dict.fromkeys(vantage for one in self.comparisons for vantage in one.vantages(metric)))

    def cells(self) -> tuple[Comparison, ...]:
        """Return the comparisons that stand for the scenario's trials: steps share their cell's."""
        own = tuple(one for one in self.comparisons if not self.steps & set(one.values_of))
        return own or self.comparisons

    def ends(self) -> dict[str, Counter[str]]:
        """Return how each isolation's trials ended over all cells, in the words of ``trials.ending``."""
        return {
            isolation: sum((Counter(one.ends.get(isolation, {})) for one in self.cells()), Counter())
            for isolation in self.isolations
        }

    def varying(self, rows: Iterable[Comparison]) -> tuple[str, ...]:
        """Return the names of the parameters that tell these comparisons apart."""
        values = [one.values_of for one in rows]
        return tuple(name for name in self.names if len({json.dumps(one.get(name)) for one in values}) > 1)

    def gap(self, comparison: Comparison, isolation: str) -> str:
        """Say why an isolation has no figure in a comparison; nothing where that is not known."""
        return "not offered" if self.reason_left_out(comparison, isolation) else comparison.all_lost(isolation)

    def reason_left_out(self, comparison: Comparison, isolation: str) -> str:
        """Say what an isolation lacks for a comparison's cell; nothing where it was not left out."""
        values = comparison.values_of
        for one in self.not_offered:
            if one.isolation == isolation and one.parameters.items() <= values.items():
                return one.reason
        return ""


def sweeps(
    frame: pd.DataFrame,
    manifest: Manifest | None = None,
    cells: Cells | None = None,
    *,
    compared: FigureFilter = all_figures,
) -> tuple[Sweep, ...]:
    """Split the samples of one run, as ``load`` gives them, into one Sweep per scenario.

    ``manifest`` tells how each scenario orders its values and which cells were not offered; without it names and
    values are in natural order. ``cells`` and ``compared`` as in ``summarize``.
    Raises ResultsError when the frame holds more than one run.
    """
    found: dict[str, list[Comparison]] = {}
    sure = manifest.stopping.confidence if manifest else None
    facts = IsolationFacts.of(manifest)
    for one in comparisons(frame, cells, confidence=sure, facts=facts, compared=compared):
        found.setdefault(one.scenario, []).append(one)
    steps = _step_names(frame)
    return tuple(_sweep(name, rows, steps.get(name, frozenset()), manifest) for name, rows in found.items())


def label(values: dict[str, Scalar], names: Sequence[str]) -> str:
    """Return parameters in few words: text as it is, numbers with their name: ``host, volume, threads = 64``."""
    shown = ((name, values[name]) for name in names if name in values)
    return ", ".join(str(value) if isinstance(value, str) else f"{name} = {value}" for name, value in shown)


def _sweep(scenario: str, rows: list[Comparison], steps: frozenset[str], manifest: Manifest | None) -> Sweep:
    told = manifest.scenarios.get(scenario) if manifest else None
    declared = told.dimensions if told else {}
    seen = dict.fromkeys(name for row in rows for name in row.values_of)
    names = (*(name for name in declared if name in seen), *(name for name in seen if name not in declared))
    names = tuple(sorted(names, key=lambda name: name in steps))
    place = _placer(names, declared)
    return Sweep(
        scenario=scenario,
        comparisons=tuple(sorted(rows, key=place)),
        names=names,
        steps=steps,
        not_offered=tuple(one for one in manifest.not_offered if one.scenario == scenario) if manifest else (),
        facts=rows[0].facts,
    )


def _placer(
    names: Sequence[str], declared: dict[str, tuple[Scalar, ...]]
) -> Callable[[Comparison], list[tuple[int, tuple[bool, float, str]]]]:
    def place(one: Comparison) -> list[tuple[int, tuple[bool, float, str]]]:
        values = one.values_of
        return [_place(values[name], declared.get(name, ())) for name in names if name in values]

    return place


def _place(value: Scalar, declared: tuple[Scalar, ...]) -> tuple[int, tuple[bool, float, str]]:
    """Sort numbers by size, text as it was declared."""
    known = isinstance(value, str) and value in declared
    return (declared.index(value) if known else len(declared), natural(value))


def _step_names(frame: pd.DataFrame) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for scenario, step in frame[["scenario", "step"]].drop_duplicates().itertuples(index=False, name=None):
        found.setdefault(str(scenario), set()).update(json.loads(str(step)))
    return {scenario: frozenset(names) for scenario, names in found.items()}
