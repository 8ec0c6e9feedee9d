"""Who is dominated by whom, in words: costs no less and reaches no less of the host, and how surely."""

from __future__ import annotations

from bench.analysis.choosing.criteria import MEMORY, START, Criterion
from bench.analysis.choosing.fronts import Front
from bench.report.tables.glance import TITLES
from bench.report.text import choice, words


def named(one: Criterion) -> str:
    """Return what a cost is called."""
    plain = {START: "start-up", MEMORY: "idle memory"}
    name = plain.get(one.word) or words.metric(one.asked.metric)
    return f"{name}, {one.setting}" if one.setting else name


def reached(one: Criterion) -> str:
    """Return what of the host is reached, as it was measured."""
    return TITLES.get((one.asked.metric, one.asked.vantage), words.metric(one.asked.metric))


def sentence(front: Front) -> str:
    """Say who is on a front, and of everybody else by whom that one is dominated, in which share of resamples."""
    on = [point.isolation for point in front.points if not point.dominated_by]
    alike: dict[tuple[str, str], list[str]] = {}
    for point in front.points:
        if by := point.dominated_by:
            alike.setdefault((by, choice.share(point.dominated_probability)), []).append(point.isolation)
    said = [
        f"{by} dominates {words.listed(names)} in {share} of resamples{' each' if len(names) > 1 else ''}"
        for (by, share), names in alike.items()
    ]
    text = f"{words.capital(named(front.cost))}: on the front {'is' if len(on) == 1 else 'are'} {words.listed(on)}"
    return words.sentence("; ".join((text, *said)))


def left_out(front: Front) -> tuple[str, ...]:
    """Say who is not in a front, and why."""
    return tuple(words.sentence(f"Not shown: {name}: {reason}") for name, reason in front.left_out.items())
