"""Cost beside benefit as tables: of every isolation what it costs, what it reaches, and who dominates it."""

from __future__ import annotations

from bench.analysis.choosing.fronts import Front, FrontPoint
from bench.analysis.figures.comparison import Finding
from bench.report.content import Table, Valued
from bench.report.text import choice, dominance, words

METHOD = (
    "On the front is whom nobody dominates, who costs no more, reaches no more, and less of either. Shares are of "
    "resamples of the rounds."
)


def table(front: Front) -> Table:
    """Return a row for each isolation with both its figures."""
    cost, reached = dominance.named(front.cost), dominance.reached(front.reached)
    emulated = front.cost.at.emulated | front.reached.at.emulated
    shown = [point.isolation for point in front.points if point.isolation in emulated]
    return Table(
        title=f"{words.capital(cost)} beside {reached}",
        head=("isolation", cost, "95 % interval", reached, "95 % interval", "on the front", "dominated by"),
        rows=tuple(_row(point, point.isolation in emulated) for point in front.points),
        notes=(*dominance.left_out(front), *words.emulated(shown)),
    )


def _row(point: FrontPoint, is_emulated: bool) -> tuple[str, ...]:
    by = f"{point.dominated_by} ({choice.share(point.dominated_probability)})" if point.dominated_by else words.NONE
    on = f"{'no' if point.dominated_by else 'yes'} ({choice.share(point.front_probability)})"
    name = f"{point.isolation} (emulated)" if is_emulated else point.isolation
    return (name, *_figure(point.cost), *_figure(point.reached), Valued(on, point.front_probability), by)


def _figure(found: Finding) -> tuple[str, str]:
    interval = words.interval(found.low, found.high, found.unit, found.median)
    return Valued(words.quantity(found.median, found.unit), found.median), Valued(interval, found.low)
