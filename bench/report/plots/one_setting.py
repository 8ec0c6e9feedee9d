"""The three pictures of a comparison, drawn at once or when they are wanted. Nothing here touches pyplot's state.

In a notebook::

    bench.Run("results/20261123-2105-fir").plot.start_up()
"""

from __future__ import annotations

import io
import math
import warnings
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

from bench.analysis.figures.comparison import Comparison, Finding
from bench.report.plots import bars, drawing, style
from bench.report.plots.lean import lean
from bench.report.tables import figures
from bench.report.text import words
from bench.store.manifest import Manifest

_ROW_INCHES = 0.42
_FEW_STEPS = 2
_DPI = 160
_MOST_ATTEMPTS = 4
"""As often a picture is made higher; by then it is five times as high."""
_PNG_LEVEL = 2
"""A fifth of the time of the usual level 6, for files that are a little larger."""


def start_up_later(comparison: Comparison, manifest: Manifest | None = None) -> drawing.Draw | None:
    """Return what draws when each isolation is ready, on one log scale, and its steps, on a scale of its own.

    Dots are trials, the thick line is the 95 % interval of the median. Of many isolations, those with one step or two
    are drawn without them: a table has them all. None when nothing was ready.
    """
    found = comparison.findings("timeline.ready", "host")
    return partial(_start_up, comparison, manifest, found) if found else None


def _start_up(comparison: Comparison, manifest: Manifest | None, found: tuple[Finding, ...]) -> Figure:
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


def memory_later(comparison: Comparison, when: str = "idle") -> drawing.Draw | None:
    """Return what draws PSS (``when`` idle, or at ``load``) stacked by role, other vantages as markers.

    Shared daemons stand apart. None when no memory was read then.
    """
    rows = bars.memory_rows(comparison, when)
    return partial(_memory, comparison, rows, when) if rows else None


def _memory(comparison: Comparison, rows: list[tuple[str, str]], when: str) -> Figure:
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


def throughput_later(comparison: Comparison, metric: str) -> drawing.Draw | None:
    """Return what draws a workload's own metric relative to bare: every trial, the ratio and its interval.

    None when no isolation, or not bare, reported it.
    """
    found = [one for one in comparison.findings(metric, "workload") if math.isfinite(one.ratio)]
    if not found or not math.isfinite(comparison.scale(metric, "workload")):
        return None
    return partial(_throughput, comparison, metric, found)


def _throughput(comparison: Comparison, metric: str, found: list[Finding]) -> Figure:
    bare = comparison.scale(metric, "workload")
    with style.settings():
        figure = style.figure(_ROW_INCHES * 1.25 * len(found) + 1.1)
        axes = figure.subplots()
        drawing.relative(axes, comparison, found, bare)
        name = words.capital(words.metric(metric))
        drawing.title(axes, comparison, f"{name}, {found[0].better} is better")
        middle = style.cut(words.quantity(bare, found[0].unit), style.ROW_LETTERS)
        axes.set_xlabel(f"relative to bare's geometric mean of {middle} (ratio, no unit)")
    return figure


start_up = drawing.at_once(start_up_later)
memory = drawing.at_once(memory_later)
throughput = drawing.at_once(throughput_later)


def _laid_out(figure: Figure, layout: LayoutEngine) -> None:
    """Give everything its place; a picture whose letters leave its axes no room becomes higher until they do."""
    for _attempt in range(_MOST_ATTEMPTS):
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "constrained_layout not applied", UserWarning)
            try:
                layout.execute(figure)
            except UserWarning:
                width, height = figure.get_size_inches()
                figure.set_size_inches(width, height * 1.5)
            else:
                return
    layout.execute(figure)


def save(figure: Figure, folder: Path, name: str, *, png: bool = False) -> tuple[Path, ...]:
    """Write ``name.svg`` and, with ``png``, ``name.png`` into ``folder``, and return their paths.

    The same data give the same bytes. A PNG of before, which would show other data, does not stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, dots = folder / f"{name}.svg", folder / f"{name}.png"
    for path in (svg, dots):
        path.unlink(missing_ok=True)  # the file may have another name elsewhere, and keeps its content there
    with style.settings():
        layout, dpi = figure.get_layout_engine(), figure.dpi
        figure.dpi = _DPI  # letters are measured as a PNG has them: their places are the same in both files
        if layout is not None:
            _laid_out(figure, layout)
            figure.set_layout_engine(None)  # with any layout at all, each file would be drawn twice, once for nothing
        if png:
            figure.savefig(dots, dpi=_DPI, metadata={"Software": None}, pil_kwargs={"compress_level": _PNG_LEVEL})
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        figure.set_layout_engine(layout)
        figure.dpi = dpi
    svg.write_text(lean(drawn.getvalue()), encoding="utf-8")
    return (svg, dots) if png else (svg,)
