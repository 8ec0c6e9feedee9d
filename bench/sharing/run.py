"""A stored run as one object, for notebooks: what it holds, its pictures, and what can be made of it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from bench.analysis.choosing import fronts
from bench.analysis.choosing.criteria import Measured
from bench.analysis.choosing.ranking import Recommendation, recommend
from bench.analysis.claims.claims import verdicts
from bench.analysis.data.frame import load
from bench.analysis.data.isolations import IsolationFacts
from bench.analysis.data.manifest import load_manifest
from bench.analysis.data.reached import answered_calls, entered_names
from bench.analysis.figures.comparison import Comparison, comparisons
from bench.analysis.figures.glance import at_a_glance, frame_of
from bench.analysis.figures.summary import summarize
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.analysis.quality.calibration import calibration
from bench.analysis.quality.disturbances import by_isolation, disturbances
from bench.analysis.quality.rounds import by_round, trends
from bench.analysis.quality.twins import Twins, twins
from bench.analysis.two_runs.compare import MIN_CHANGE, Compared, compare_runs
from bench.errors import InputError, ResultsError, did_you_mean, written
from bench.model import Scalar
from bench.report import ReportPaths, write
from bench.report.compose import compose
from bench.report.content import Report
from bench.report.plots import one_setting, overview_forest, panels
from bench.report.tables import overview
from bench.sharing.formats import export
from bench.store.layout import MANIFEST
from bench.store.manifest import Manifest


class Run:
    """One run's folder. Everything is read when it is asked for, once, and nothing in the folder is changed by that."""

    def __init__(self, path: str | Path) -> None:
        """Take the run folder ``path``; raises ResultsError when it is none, or from a newer Isobench."""
        self.path = Path(path)
        self.manifest: Manifest = load_manifest(self.path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @cached_property
    def facts(self) -> IsolationFacts:
        """How its isolations stand among each other: their order, and their colours for ``bench.style.colours``."""
        return IsolationFacts.of(self.manifest)

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row per sample; columns as of ``bench.load``."""
        return load(self.path)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per figure, with intervals and ratios to bare; columns as of ``bench.summarize``."""
        return summarize(self.samples)

    @cached_property
    def glance(self) -> pd.DataFrame:
        """One row per isolation and question: a figure, its ratio to bare, its mark; columns as of ``bench.glance``."""
        return frame_of(at_a_glance(self.sweeps, self.manifest))

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row per claim and setting; columns as of ``bench.verdicts``."""
        return verdicts(self.path)

    @cached_property
    def disturbances(self) -> pd.DataFrame:
        """What else happened on the host during every trial; columns as of ``bench.disturbances``."""
        return disturbances(self.path)

    @cached_property
    def disturbed(self) -> pd.DataFrame:
        """Each isolation's share of these disturbances."""
        return by_isolation(self.disturbances)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """What a calibration's run recovered of known truths; columns as of ``bench.calibration``, no row elsewhere."""
        return calibration(self.samples, self.facts)

    @cached_property
    def surface_calls(self) -> pd.DataFrame:
        """One row per trial and system call that was asked for from inside; columns as of ``answered_calls``."""
        return answered_calls(self.path)

    @cached_property
    def surface_names(self) -> pd.DataFrame:
        """One row per trial, work and name that was entered on the host; columns as of ``entered_names``."""
        return entered_names(self.path)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every scenario with each set of its parameters, all isolations side by side."""
        return comparisons(self.samples, facts=self.facts)

    @cached_property
    def sweeps(self) -> tuple[Sweep, ...]:
        """Every scenario with all sets of its parameters."""
        return sweeps(self.samples, self.manifest)

    @cached_property
    def measured(self) -> Measured:
        """What there is to choose by: criteria are looked up here by their words."""
        return Measured(sweeps=self.sweeps, manifest=self.manifest)

    def pareto(self) -> pd.DataFrame:
        """Return cost beside what is reached of the host, one row per cost and isolation.

        Columns: ``bench.schemas["pareto"]``; no rows where the run has no scenario ``surface``.
        """
        return fronts.table(fronts.fronts(self.measured))

    def recommend(self, weights: Mapping[str, float] | None = None, musts: Sequence[str] = ()) -> Recommendation:
        """Rank the isolations by weights, such as ``{"start": 3, "surface": 4}``, of those that meet the musts.

        ``.table`` has the columns of ``bench.schemas["recommendation"]``, ``.places`` the probability of every place.
        Raises InputError for what is no criterion or must, and where a figure that is needed was not measured.
        """
        return recommend(self.measured, weights=weights, musts=musts)

    @cached_property
    def twins(self) -> Twins | None:
        """What of bare and its twin differs, which is chance; None where the run has no twin."""
        return twins(self.summary)

    @property
    def plot(self) -> Plots:
        """The report's pictures, as matplotlib Figures."""
        return Plots(run=self)

    def comparison(self, scenario: str, **parameters: Scalar) -> Comparison:
        """Return the first comparison of ``scenario`` whose parameters include these.

        Raises InputError where nothing of that kind was measured.
        """
        known = list(dict.fromkeys(one.scenario for one in self.comparisons))
        if scenario not in known:
            raise InputError(
                f"{self.manifest.run} has no figures of a scenario {scenario!r}{did_you_mean(scenario, known)}",
                remedy=f"Measured: {', '.join(known) or 'nothing'}",
            )
        mine = [one for one in self.comparisons if one.scenario == scenario]
        for one in mine:
            if parameters.items() <= one.values_of.items():
                return one
        raise InputError(
            f"{scenario} was not measured with {parameters}",
            remedy=f"Measured: {'; '.join(one.parameters for one in mine)}",
        )

    def by_round(self, scenario: str, metric: str = "timeline.ready") -> pd.DataFrame:
        """Return a metric's medians by round, as multiples of each isolation's own; index round, a column each."""
        return by_round(self.samples, scenario, metric)

    def trends(self, scenario: str, metric: str = "timeline.ready") -> pd.DataFrame:
        """Return whether a metric drifted over the rounds; columns rounds, tau, p, first."""
        return trends(self.by_round(scenario, metric))

    def compare(
        self, other: Run | str | Path, *, min_change: float = MIN_CHANGE, across_hosts: bool = False
    ) -> Compared:
        """Compare this run, before, with another, after; ``.table`` is what ``bench.compare`` returns.

        Arguments and errors as of ``bench.compare``.
        """
        after = other.path if isinstance(other, Run) else other
        return compare_runs(self.path, after, min_change=min_change, across_hosts=across_hosts)

    def report(self, *, png: bool = False) -> ReportPaths:
        """Write ``report.html``, ``report.md`` and ``plots/`` into the run's folder, and return their paths.

        Plots are SVG, with ``png`` PNG as well. Raises StoreError where the disk refuses them.
        """
        with written(self.path):
            return write(self.path, png=png)

    def export(self, format: str, path: str | Path, *, what: str = "samples") -> Path:  # noqa: A002 - as the option
        """Write this run in the format of another tool; as ``bench.export``."""
        return export(self.path, format, path, what=what)

    @cached_property
    def _report(self) -> Report:
        return compose(self.path)

    def _repr_html_(self) -> str:
        """Return the host, the isolations, how the run went, and its answer, for a notebook to show."""
        report = self._report
        isolations = ", ".join(
            f"{name}{'' if one.ready else ' (not ready)'}{' (emulated)' if one.emulated else ''}"
            for name, one in self.manifest.isolations.items()
        )
        lines = [report.host, f"Isolations: {isolations}", report.status]
        said = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
        answer = "".join(f"<li>{html.escape(line)}</li>" for line in report.answer)
        return f"<div><strong>{html.escape(self.manifest.run)}</strong>{said}<ul>{answer}</ul></div>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """The pictures of one run. Each returns a matplotlib Figure, or None where there is nothing to draw."""

    run: Run

    def overview(self) -> Figure | None:
        """Draw every headline figure's ratio to bare, with its interval."""
        return overview_forest.draw(overview.lines(self.run.sweeps, self.run.manifest), self.run.facts)

    def start_up(self, scenario: str = "startup", **parameters: Scalar) -> Figure | None:
        """Draw the time until each isolation is ready, at every setting or at the one whose parameters these are."""
        if sweep := self._settings(scenario, parameters):
            return panels.metric(sweep, "timeline.ready", "host", "Start-up, request to ready")
        return one_setting.start_up(self.run.comparison(scenario, **parameters), self.run.manifest)

    def memory(self, scenario: str = "footprint", when: str = "idle", **parameters: Scalar) -> Figure | None:
        """Draw memory by role, ``when`` idle or at load, at every setting or at the one whose parameters these are."""
        if sweep := self._settings(scenario, parameters):
            return panels.memory(sweep, when)
        return one_setting.memory(self.run.comparison(scenario, **parameters), when)

    def throughput(self, scenario: str, metric: str, **parameters: Scalar) -> Figure | None:
        """Draw what a workload says of itself, at every setting or at the one whose parameters these are."""
        if sweep := self._settings(scenario, parameters):
            return panels.metric(sweep, metric)
        return one_setting.throughput(self.run.comparison(scenario, **parameters), metric)

    def _settings(self, scenario: str, parameters: Mapping[str, Scalar]) -> Sweep | None:
        """Return all settings of a scenario that has several, where none of them is chosen."""
        mine = [one for one in self.run.sweeps if one.scenario == scenario and len(one.comparisons) > 1]
        return mine[0] if mine and not parameters else None


def runs(folder: str | Path = "results") -> tuple[Run, ...]:
    """Return the runs in ``folder``, the oldest first; what cannot be read as a run is not among them."""
    return tuple(sorted(_readable(Path(folder)), key=lambda run: run.manifest.started_at))


def _readable(folder: Path) -> list[Run]:
    found = []
    for file in folder.glob(f"*/{MANIFEST}"):
        try:
            found.append(Run(file.parent))
        except ResultsError:
            continue
    return found
