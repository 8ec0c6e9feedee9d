"""What differs between a scenario of one setting and one of many: sentences, pictures, a table or two."""

from __future__ import annotations

from dataclasses import dataclass

from bench.analysis.figures.comparison import Comparison
from bench.analysis.figures.headlines import READY
from bench.analysis.figures.sweep import Sweep
from bench.report.content import Table
from bench.report.plots import one_setting, panels
from bench.report.plots.drawing import Draw
from bench.report.tables import figures, memory
from bench.report.text import sentences, words
from bench.store.manifest import Manifest

_WHISKERS = "Whiskers are 95 % intervals."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What stands beside a table of figures; ``alt`` says what is drawn to those who cannot see it.

    ``instead`` takes the table's place, which is then the first of the details; ``details`` follow.
    """

    sentences: tuple[str, ...] = ()
    alt: str = ""
    draw: Draw | None = None
    instead: Table | None = None
    details: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneSetting:
    """Dots of every trial, and sentences about one ratio of each isolation."""

    comparison: Comparison
    manifest: Manifest

    def metric(self, metric: str, vantage: str, title: str, *, is_own: bool) -> Shown:
        """Draw every trial of what the workload reports relative to bare; all else has the table alone."""
        if not is_own:
            return Shown()
        return Shown(
            sentences=sentences.metric(self.comparison, metric),
            alt=f"{title} of each isolation relative to bare: every trial, median and interval.",
            draw=one_setting.throughput_later(self.comparison, metric),
        )

    def memory(self, when: str) -> Shown:
        """Draw roles stacked, and say what each isolation adds to bare."""
        name, metric = figures.WHENS[when], f"memory.{when}.pss"
        return Shown(
            sentences=sentences.memory([self.comparison], when),
            alt=f"{name} of each isolation, stacked by role, with other vantages as markers.",
            draw=one_setting.memory_later(self.comparison, when),
            details=(figures.overhead(self.comparison, metric, "processes", f"{name} added to bare, PSS"),),
        )

    def start_up(self, *, is_asked: bool) -> Shown:
        """Draw the steps of each start; the table alone where other figures answer the scenario's question."""
        if not is_asked:
            return Shown()
        return Shown(
            sentences=sentences.start_up(self.comparison, self.manifest),
            alt="Time until each isolation is ready, and its steps on a scale of its own.",
            draw=one_setting.start_up_later(self.comparison, self.manifest),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AllSettings:
    """Small multiples, and sentences about the span of each isolation's ratios."""

    sweep: Sweep

    def metric(self, metric: str, vantage: str, title: str, *, is_own: bool) -> Shown:
        """Draw every setting."""
        return Shown(
            sentences=sentences.over_settings(self.sweep, metric, vantage, words.metric(metric)),
            alt=f"{title} of each isolation at every setting, and its ratio to bare. {_WHISKERS}",
            draw=panels.metric_later(self.sweep, metric, vantage, title),
        )

    def memory(self, when: str) -> Shown:
        """Draw roles stacked, setting by setting, and have them as a table too."""
        name = figures.WHENS[when]
        return Shown(
            sentences=sentences.memory(self.sweep.comparisons, when),
            alt=f"{name} of each isolation, setting by setting, stacked by role, with other vantages as markers.",
            draw=panels.memory_later(self.sweep, when),
            instead=memory.by_role(self.sweep, when, f"{name} by role"),
        )

    def start_up(self, *, is_asked: bool) -> Shown:
        """Draw every setting, whatever else there is."""
        return Shown(
            sentences=sentences.over_settings(self.sweep, *READY, "time until ready"),
            alt=f"Time until each isolation is ready, at every setting. {_WHISKERS}",
            draw=panels.metric_later(self.sweep, *READY, "Start-up, request to ready"),
        )


Showing = OneSetting | AllSettings


def of(sweep: Sweep, manifest: Manifest) -> Showing:
    """Return how a sweep is shown."""
    first, *more = sweep.comparisons
    return AllSettings(sweep=sweep) if more else OneSetting(comparison=first, manifest=manifest)
