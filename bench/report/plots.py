"""The three pictures of a comparison. Each returns a matplotlib Figure; nothing here touches pyplot's state.

In a notebook::

    from bench.analysis.comparison import comparisons
    from bench.report import plots
    plots.start_up(comparisons(frame)[0])
"""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.figure import Figure

from bench.analysis.comparison import Comparison
from bench.analysis.derive import SHARED
from bench.analysis.manifest import Manifest
from bench.report import drawing, style, words

_ROW_INCHES = 0.42


def start_up(comparison: Comparison, manifest: Manifest | None = None) -> Figure | None:
    """Draw when each isolation is ready, on one log scale, and each one's steps, each on a scale of its own.

    Dots are trials, the thick line is the 95 % interval of the median. None when nothing was ready.
    """
    found = comparison.findings("timeline.ready", "host")
    if not found:
        return None
    steps = {one.isolation: comparison.start_up_phases(one.isolation) for one in found}
    rows = [len(found) + 0.6, *(len(steps[one.isolation]) + 1.2 for one in found)]
    with style.settings():
        figure = style.figure(_ROW_INCHES * sum(rows) + 0.9)
        panels = figure.subplots(len(rows), 1, height_ratios=rows)
        drawing.dots(panels[0], comparison, found)
        drawing.log_seconds(panels[0])
        panels[0].set_title("Ready after the request (log scale)")
        for axes, one in zip(panels[1:], found, strict=True):
            drawing.waterfall(axes, comparison, manifest, one)
    return figure


def memory(comparison: Comparison) -> Figure | None:
    """Draw idle PSS stacked by role, shared daemons apart, and the other vantages as markers on the same scale.

    None when no idle memory was read.
    """
    found = comparison.findings("memory.idle.pss", "processes")
    if not found:
        return None
    with style.settings():
        shared = [one for one in comparison.vantages("memory.idle.pss") if one.startswith(SHARED)]
        bars = len(found) + sum(
            comparison.finding(one.isolation, "memory.idle.pss", daemon) is not None
            for one in found
            for daemon in shared
        )
        figure = style.figure(0.62 * bars + 1.5)
        axes = figure.subplots()
        drawing.stacks(axes, comparison, found, shared)
        axes.set_xlabel("idle memory, MiB (medians)")
        axes.set_title("Idle memory by role")
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.28 if bars < 4 else -0.2), ncols=3, frameon=False)
    return figure


def throughput(comparison: Comparison, metric: str) -> Figure | None:
    """Draw a workload's own metric relative to bare: every trial, the median and its interval.

    None when no isolation, or not bare, reported it.
    """
    found = [one for one in comparison.findings(metric, "workload") if math.isfinite(one.ratio)]
    bare = next((one.median for one in found if one.isolation == "bare"), math.nan)
    if not found or not math.isfinite(bare):
        return None
    with style.settings():
        figure = style.figure(_ROW_INCHES * 1.25 * len(found) + 1.1)
        axes = figure.subplots()
        drawing.relative(axes, comparison, found, bare)
        axes.set_title(f"{words.sentence(words.metric(metric)).rstrip('.')}, {found[0].better} is better")
        axes.set_xlabel(f"relative to bare's median of {words.quantity(bare, found[0].unit)} (ratio, no unit)")
    return figure


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` and ``name.svg`` into ``folder`` and return both paths; the same data, the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    with style.settings():
        figure.savefig(png, dpi=160, metadata={"Software": None})
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
    return png, svg
