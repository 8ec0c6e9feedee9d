"""A ranking in words: who comes first and how surely, what would change that, who is not ranked and why."""

from __future__ import annotations

from collections.abc import Iterator

from bench.analysis.choosing.criteria import Criterion
from bench.analysis.choosing.ranking import Recommendation, Swap
from bench.analysis.statistics.resampling import RESAMPLES
from bench.report.text import words

METHOD = (
    f"Order: by the weighted geometric mean of the figures. How often: of {RESAMPLES} resamples of the rounds. "
    "Figures: medians."
)

_NEVER = 1e3
"""A figure this many times what it is, is none that somebody could yet measure."""


def first(found: Recommendation) -> str:
    """Say who comes first, by what weights, and how surely."""
    weights = words.listed([f"{_of(one)} {words.plain(found.weights[one.word])}" for one in found.criteria])
    sure = found.probabilities[0, 0]
    often = "in every resample" if sure == 1 else f"in {share(sure)} of resamples"
    said = "is the only one to be ranked" if len(found.isolations) == 1 else f"comes first, {often}"
    return f"{found.isolations[0]} {said}. Weights: {weights}."


def changes(found: Recommendation) -> tuple[str, ...]:
    """Say what would change who comes first: the nearest weight and figure of every criterion."""
    by_word = {one.word: one for one in found.criteria}
    said = [text for swap in found.swaps if (text := _change(swap, by_word[swap.criterion], found))]
    if len(found.isolations) > 1 and not any(swap.is_weight for swap in found.swaps):
        said.insert(0, "No weight of these changes who comes first.")
    return tuple(said)


def left_out(found: Recommendation) -> tuple[str, ...]:
    """Say who is not ranked, isolations of one reason together."""
    alike: dict[str, list[str]] = {}
    for name, reason in found.left_out.items():
        alike.setdefault(reason, []).append(name)
    return tuple(words.sentence(f"Not ranked: {words.listed(names)}: {reason}") for reason, names in alike.items())


def lacking(found: Recommendation) -> tuple[str, ...]:
    """Say that what isolation buys was not measured, and what measures it; nothing where it was."""
    return (f"This weighs cost alone. What it buys is measured by: {found.lacking}",) if found.lacking else ()


def share(of: float) -> str:
    """Return a share as a person says it: ``91 %``; what is not all is never called 100 %."""
    if 0 < of < 1:
        of = min(max(of, 0.001), 0.999)
    return f"{of * 100:.3g} %" if not 0.99 < of < 1 else f"{of * 100:.1f} %"


def _of(one: Criterion) -> str:
    return f"{one.word} ({one.setting})" if one.setting else one.word


def _change(swap: Swap, one: Criterion, found: Recommendation) -> str:
    """Return one change as a sentence; nothing for a figure that is out of reach."""
    if swap.is_weight:
        bound = "below" if swap.at < swap.now else "above"
        at, now = words.number(swap.at), words.plain(swap.now)
        return f"Weight of {one.word} {bound} {at} instead of {now}: {swap.isolation}."
    if not 1 / _NEVER < swap.at / swap.now < _NEVER:
        return ""
    at, now = words.quantity(swap.at, one.unit), words.quantity(swap.now, one.unit)
    bound = "above" if swap.at > swap.now else "below"
    return f"{words.capital(one.word)} of {found.isolations[0]} {bound} {at} instead of {now}: {swap.isolation}."


def said(found: Recommendation) -> Iterator[str]:
    """Yield all of it but who comes first, in the order in which it is read."""
    if found_changes := changes(found):
        yield "What would change who comes first:"
        yield from found_changes
    yield from left_out(found)
    yield from lacking(found)
