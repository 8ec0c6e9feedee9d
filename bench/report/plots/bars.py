"""The bars of the memory plot: roles stacked, shared daemons apart, other vantages as markers."""

from __future__ import annotations

from matplotlib.axes import Axes

from bench.analysis.data.derive import OWN, SHARED
from bench.analysis.figures.comparison import Comparison, Finding
from bench.report.plots import style
from bench.report.plots.drawing import beside, name_rows
from bench.report.text import words

MEBIBYTE = float(1 << 20)

_VIEWS = (
    ("memory.{when}.available_change", "host", "D", "fall of the host's MemAvailable"),
    ("memory.{when}.cgroup", "cgroup", "o", "control group's account"),
    ("memory.guest_used", "guest", "^", "used at the end, as the guest sees it"),
)


def pss(when: str) -> str:
    """Return the metric whose roles are stacked."""
    return f"memory.{when}.pss"


def memory_rows(comparison: Comparison, when: str) -> list[tuple[str, str]]:
    """Return (isolation, shared daemon's vantage or nothing) for each bar: an isolation, then its daemons.

    A daemon that serves several isolations has one bar, below the first of them; tables have what each saw of it.
    """
    daemons = [one for one in comparison.vantages(pss(when)) if one.startswith(SHARED)]
    rows: list[tuple[str, str]] = []
    for one in comparison.findings(pss(when), OWN):
        drawn = {vantage for _, vantage in rows}
        new = [name for name in daemons if name not in drawn and comparison.finding(one.isolation, pss(when), name)]
        rows += [(one.isolation, vantage) for vantage in ("", *new)]
    return rows


def stacks(axes: Axes, comparison: Comparison, rows: list[tuple[str, str]], when: str) -> None:
    """Draw PSS stacked by role, the other vantages as markers, shared daemons as dashed bars of their own."""
    colours = style.colours(comparison.isolations, comparison.facts)
    rows_named = []
    for row, (isolation, daemon) in enumerate(rows):
        if daemon:
            rows_named.append(f"{words.vantage(daemon)}\n(serves all)")
            _daemon(axes, comparison.finding(isolation, pss(when), daemon), row, colours[isolation])
        else:
            rows_named.append(comparison.name_of(isolation))
            _stack(axes, comparison, isolation, row, colours[isolation], when)
            _views(axes, comparison, isolation, row + 0.3, when)
    name_rows(axes, rows_named)
    style.clean(axes)


def leave_room(axes: Axes) -> None:
    """Leave room for what stands beside the bars: figures on the right, and on the left a reading below zero.

    Memory that the host frees meanwhile is such a reading, and no bar.
    """
    low, high = axes.get_xlim()
    axes.set_xlim(min(0.0, low), high * 1.25)


def _stack(axes: Axes, comparison: Comparison, isolation: str, row: int, colour: str, when: str) -> None:
    left, parts = 0.0, []
    roles = [one for one in comparison.vantages(pss(when)) if ":" in one and not one.startswith(SHARED)]
    for role in sorted(roles, key=comparison.facts.role_order):
        hatch = style.HATCHES[comparison.facts.role_order(role)[0] % len(style.HATCHES)]
        part = comparison.finding(isolation, pss(when), role)
        if part is None:
            continue
        width = part.median / MEBIBYTE
        axes.barh(
            row - 0.1, width, left=left, height=0.46, color=colour, hatch=hatch,
            edgecolor=style.PAPER, linewidth=0.6,
        )  # fmt: skip
        left += width
        parts.append(f"{words.vantage(role)} {words.quantity(part.median, part.unit)}")
    beside(axes, left, row - 0.1, " + ".join(parts))


def _daemon(axes: Axes, held: Finding | None, row: int, colour: str) -> None:
    if held is None:
        return
    width = held.median / MEBIBYTE
    axes.barh(row, width, height=0.4, facecolor="none", linestyle="--", edgecolor=colour, linewidth=1.2)
    beside(axes, width, row, words.quantity(held.median, held.unit))


def _views(axes: Axes, comparison: Comparison, isolation: str, y: float, when: str) -> None:
    for metric, vantage, marker, label in _VIEWS:
        found = comparison.finding(isolation, metric.format(when=when), vantage)
        if found is None:
            continue
        known = axes.get_legend_handles_labels()[1]
        axes.plot(
            [found.median / MEBIBYTE], [y], marker, color=style.PAPER, markeredgecolor=style.INK,
            markersize=6, linestyle="none", label="_again" if label in known else label, clip_on=False,
        )  # fmt: skip
