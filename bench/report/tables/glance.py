"""The glance in words: figures, marks that differ in shape and word, and what the table cannot say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bench.analysis.figures.glance import BUYS, Glance, GlanceCell, Mark, Question
from bench.analysis.figures.headlines import IDLE, READY, SURFACE
from bench.analysis.figures.sweep import label
from bench.model import BASELINE
from bench.report import content
from bench.report.text import glossary, words
from bench.store.manifest import Manifest

MARKS: Mapping[Mark, str] = {
    Mark.BETTER: "▲",
    Mark.SAME: "=",
    Mark.WORSE: "▼",
    Mark.UNSURE: "?",
    Mark.NOT_MEASURED: "–",
    Mark.FAILED: "✗",
    Mark.SPOILED: "~",
}
"""One character for each: no two look alike, in whatever colour."""

_NAMED = 3
"""As many isolations a sentence names; of more, how many they are."""

TITLES: Mapping[tuple[str, str], str] = {
    READY: "request to ready",
    IDLE: "PSS",
    **dict(zip(SURFACE, ("host functions reached", "host system calls", "system calls answered"), strict=True)),
}


def glance(shown: Glance, manifest: Manifest) -> content.GlanceTable:
    """Return the glance for a person."""
    rows = tuple(tuple(_seen(shown.cells[name, one.group]) for one in shown.questions) for name in shown.isolations)
    legend, limits = _legend(shown), f"This table does not tell {_either(list(_limits(shown, manifest)))}."
    return content.GlanceTable(
        asked=tuple(map(_asked, shown.questions)),
        names=shown.isolations,
        emulated=shown.emulated,
        rows=rows if shown.questions else (),
        legend=legend,
        brackets="(95 % interval)" if legend and shown.has_bare else "",
        limits=limits,
        gaps=tuple(_gaps(shown)),
        words=glossary.met(f"isolation {legend} {limits}"),
    )


def _asked(question: Question) -> content.GlanceColumn:
    figure = question.shown
    title = TITLES.get((figure.metric, figure.vantage)) or words.metric(figure.metric)
    found = question.at.findings(figure.metric, figure.vantage) if question.at else ()
    setting = label(dict(question.setting), list(question.setting))
    return content.GlanceColumn(
        group=question.group,
        figure=", ".join(filter(None, (title, setting))),
        better=found[0].better if found else "",
    )


def _seen(cell: GlanceCell) -> content.Seen:
    mark, word = (MARKS[cell.mark], cell.mark.value) if cell.mark else ("", "")
    found = cell.found
    if found is None:
        return content.Seen(mark=mark, word=word)
    has_ratio = cell.mark is not None and math.isfinite(found.ratio)
    return content.Seen(
        figure=words.quantity(found.median, found.unit),
        ratio=words.times(found.ratio) if has_ratio else "",
        interval=words.times_interval(found.ratio_low, found.ratio_high) if has_ratio else "",
        mark=mark,
        word=word,
        value=found.median,
    )


def _legend(shown: Glance) -> str:
    counts = sorted({one.found.n for one in shown.cells.values() if one.found})
    if not counts:
        return ""
    trials = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    said = f"Medians of {trials} trial{'' if counts[-1] == 1 else 's'}"
    return f"{said}{f'; ratios to {BASELINE} in the same rounds' if shown.has_bare else ''}."


def _limits(shown: Glance, manifest: Manifest) -> Iterator[str]:
    """Yield what the table cannot say, what weighs most first."""
    if not shown.has_bare:
        yield f"what is better or worse, since {BASELINE} has no figures"
    elif len(shown.isolations) == 1:
        yield f"what isolation costs, since {BASELINE} alone was asked for"
    if shown.emulated:
        yield f"what hardware virtualization costs, since {_named(sorted(shown.emulated))} emulated"
    if others := sum(len(one.every) - 1 for one in shown.questions if one.every):
        yield _others(shown, others)
    if manifest.quick and shown.has_bare:
        yield "small differences from none, since a quick run has few trials"
    bought = any(one.group == BUYS for one in shown.questions)
    yield "whether less that is reached is safer" if bought else "what an isolation protects from"


def _others(shown: Glance, others: int) -> str:
    """Say how many figures are behind the table, and of which isolations some are worse though the one shown is not."""
    worse = [
        name
        for name in shown.isolations
        if any(
            cell.others[Mark.WORSE] and cell.mark is not Mark.WORSE
            for (isolation, _), cell in shown.cells.items()
            if isolation == name
        )
    ]
    said = f"what {others} further figure{'' if others == 1 else 's'} show{'s' if others == 1 else ''}"
    return f"{said} ({_named(worse)} worse in some)" if worse else said


def _named(names: list[str]) -> str:
    """Return few names with their verb, or how many they are."""
    few = words.listed(names) if len(names) <= _NAMED else f"{len(names)} isolations"
    return f"{few} {'is' if len(names) == 1 else 'are'}"


def _either(parts: list[str]) -> str:
    return ", or ".join(filter(None, ("; ".join(parts[:-1]), *parts[-1:])))


def _gaps(shown: Glance) -> Iterator[str]:
    """Yield each reason why cells have no figure, with whose they are: ``Not measured: vm (what it said)``."""
    groups = [one.group for one in shown.questions]
    for which in (Mark.FAILED, Mark.SPOILED, Mark.NOT_MEASURED):
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for name in shown.isolations:
            mine: dict[str, list[str]] = {}
            for group in groups:
                cell = shown.cells[name, group]
                if cell.mark is which:
                    mine.setdefault(cell.reason, []).append(group)
            for reason, mine_at in mine.items():
                alike.setdefault((reason, tuple(mine_at)), []).append(name)
        for (reason, where), names in alike.items():
            place = "" if len(where) == len(groups) else f" in {words.listed(where)}"
            yield f"{words.capital(which.value)}: {words.listed(names)}{place}: {words.sentence(reason)}"
