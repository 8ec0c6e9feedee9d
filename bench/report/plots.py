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
from bench.analysis.manifest import Manifest
from bench.report import bars, drawing, figures, style, words

_ROW_INCHES = 0.42
_FEW_STEPS = 2
_DPI = 160
_PNG_LEVEL = 2
"""A fifth of the time of the usual level 6, for files that are a little larger."""


def start_up(comparison: Comparison, manifest: Manifest | None = None) -> Figure | None:
    """Draw when each isolation is ready, on one log scale, and its steps, on a scale of its own.

    Dots are trials, the thick line is the 95 % interval of the median. Of many isolations, those with one step or two
    are drawn without them: a table has them all. None when nothing was ready.
    """
    found = comparison.findings("timeline.ready", "host")
    if not found:
        return None
    steps = {one.isolation: comparison.start_up_phases(one.isolation) for one in found}
    stepped = [one for one in found if len(found) <= figures.MOST_BESIDE or len(steps[one.isolation]) > _FEW_STEPS]
    rows = [len(found) + 0.6, *(len(steps[one.isolation]) + 1.2 for one in stepped)]
    with style.settings():
        figure = style.figure(_ROW_INCHES * sum(rows) + 0.9)
        panels = figure.subplots(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0]
        drawing.dots(panels[0], comparison, found)
        drawing.log_seconds(panels[0])
        drawing.title(panels[0], comparison, "Ready after the request")
        for axes, one in zip(panels[1:], stepped, strict=True):
            drawing.waterfall(axes, comparison, manifest, one)
        if stepped:
            panels[-1].set_xlabel("time since the request (medians; each panel on its own scale)")
    return figure


def memory(comparison: Comparison, when: str = "idle") -> Figure | None:
    """Draw PSS (``when`` idle, or at ``load``) stacked by role, shared daemons apart, other vantages as markers.

    None when no memory was read then.
    """
    rows = bars.memory_rows(comparison, when)
    if not rows:
        return None
    with style.settings():
        figure = style.figure(0.66 * len(rows) + 1.5)
        axes = figure.subplots()
        bars.stacks(axes, comparison, rows, when)
        bars.leave_room(axes)
        name = figures.WHENS[when]
        axes.set_xlabel(f"{name.lower()}, MiB (medians)")
        figure.suptitle(f"{name}, PSS by role", x=0.01, ha="left", fontsize=10, fontweight="bold")
        drawing.title(axes, comparison, "")
        if axes.get_legend_handles_labels()[1]:
            figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def throughput(comparison: Comparison, metric: str) -> Figure | None:
    """Draw a workload's own metric relative to bare: every trial, the ratio and its interval.

    None when no isolation, or not bare, reported it.
    """
    found = [one for one in comparison.findings(metric, "workload") if math.isfinite(one.ratio)]
    bare = comparison.scale(metric, "workload")
    if not found or not math.isfinite(bare):
        return None
    with style.settings():
        figure = style.figure(_ROW_INCHES * 1.25 * len(found) + 1.1)
        axes = figure.subplots()
        drawing.relative(axes, comparison, found, bare)
        name = words.capital(words.metric(metric))
        drawing.title(axes, comparison, f"{name}, {found[0].better} is better")
        middle = style.cut(words.quantity(bare, found[0].unit), style.ROW_LETTERS)
        axes.set_xlabel(f"relative to bare's geometric mean of {middle} (ratio, no unit)")
    return figure


def paths(folder: Path, name: str) -> tuple[Path, Path]:
    """Return where ``save`` writes a picture of this name."""
    return folder / f"{name}.png", folder / f"{name}.svg"


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` and ``name.svg`` into ``folder``; the same data give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = paths(folder, name)
    with style.settings():
        layout, dpi = figure.get_layout_engine(), figure.dpi
        figure.dpi = _DPI  # letters are measured as the PNG has them: their places are found once, for both files
        if layout is not None:
            layout.execute(figure)
            figure.set_layout_engine(None)  # with any layout at all, each file would be drawn twice, once for nothing
        figure.savefig(png, dpi=_DPI, metadata={"Software": None}, pil_kwargs={"compress_level": _PNG_LEVEL})
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
        figure.set_layout_engine(layout)
        figure.dpi = dpi
    return png, svg
