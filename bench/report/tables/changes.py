"""Two runs against each other, in words and tables: for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

import html
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bench.analysis.data.trials import ending
from bench.analysis.figures.sweep import label
from bench.analysis.two_runs.compare import Change, Compared, Pair
from bench.analysis.two_runs.endings import Ending
from bench.report.content import Table
from bench.report.render.markdown import escape, table
from bench.report.text import effect, words

MOST_CHARACTERS = 60_000
"""GitHub takes 65 536 in a comment; a bot may want to add something of its own."""

_HEAD = (
    "scenario", "isolation", "figure", "verdict", "before", "after", "after / before", "95 % interval", "p",
    "could have seen",
)  # fmt: skip
_BRIEF_HEAD = ("scenario", "figure", "verdict", "before", "after", "after / before")
_SESSIONS = (
    "Two runs are two sessions: what differs between the days of both, but not within either, is in the change and not "
    "in its interval. Run both again in the other order before you rely on a small one."
)


def headline(found: Compared) -> str:
    """Return the answer in a sentence."""
    counts = Counter(pair.change for pair in found.pairs)
    new = sum(one.is_new for one in found.endings)
    said = [f"{counts[change]} {change}" for change in Change if counts[change]]
    failing = f"; {new} {'cell fails' if new == 1 else 'cells fail'} that did not before" if new else ""
    return f"{len(found.pairs)} figures: {', '.join(said) or 'none'}{failing}."


def opening(found: Compared) -> tuple[str, ...]:
    """Return what stands before everything else: other machines, the same run twice, which runs these are."""
    apart = "Different machines: a change may be theirs. " if found.across else ""
    same = "This compares a run with itself. " if found.before.run == found.after.run else ""
    return (f"{apart}{same}Before: {found.before.run}. After: {found.after.run}.",)


def differences(found: Compared) -> Table:
    """Return what differs between the circumstances of both runs."""
    rows = tuple((one.what, one.before, one.after) for one in found.differences)
    return Table(title="What differs between the runs", head=("", "before", "after"), rows=rows, names=3)


def failures(found: Compared) -> Table:
    """Return the cells whose trials did not all end well, those that are new first."""
    order = sorted(found.endings, key=lambda one: not one.is_new)
    return Table(
        title="Trials that did not end well",
        head=("scenario", "isolation", "before", "after", "", "why"),
        rows=tuple(_ending(one) for one in order),
        names=6,
    )


def changed(found: Compared, *, brief: bool = False) -> Table:
    """Return the figures that have become worse or better, the worse first; ``brief``: in a terminal's width."""
    order = [pair for change in (Change.WORSE, Change.BETTER) for pair in found.pairs if pair.change is change]
    return _figures("What has changed", order, brief=brief)


def unchanged(found: Compared, *, brief: bool = False) -> Table:
    """Return the figures of which no change that matters is shown, or could be excluded."""
    rest = [pair for pair in found.pairs if pair.change in (Change.NONE, Change.UNDECIDED)]
    return _figures("All else", rest, brief=brief)


def method(found: Compared) -> tuple[str, ...]:
    """Return how a verdict is reached, and what it does not cover."""
    least = f"{found.min_change * 100:.3g} %"
    reach = f"{1 / (1 + found.min_change):.3g} to {1 + found.min_change:.3g}"
    return (
        f"Worse or better: p below 0.05 after Holm's correction for {len(found.pairs)} figures, and a change of at "
        f"least {least}. No relevant change: the 90 % interval lies within {reach}, and the pair of one-sided tests "
        "agrees, corrected likewise. Undecided: neither; more rounds would tell. What could have been seen is the "
        f"smallest change that the test of that figure alone would have shown with a power of 80 %{_unseen(found)}.",
        _SESSIONS,
    )


def _unseen(found: Compared) -> str:
    """Return what the undecided could have seen, where any of them was tested."""
    open_ = [one.detectable for one in found.pairs if one.change is Change.UNDECIDED and math.isfinite(one.detectable)]
    if not open_:
        return ""
    low, high = effect.seen_from(min(open_)), effect.seen_from(max(open_))
    return f": {low} in what is undecided" if low == high else f": {low} to {high} in what is undecided"


def markdown(found: Compared) -> str:
    """Return the comparison as Markdown of at most ``MOST_CHARACTERS``: the answer open, the rest folded."""
    parts = list(_markdown(found))
    text = "\n".join(parts) + "\n"
    if len(text) <= MOST_CHARACTERS:
        return text
    note = "\n*Cut here: too long for a comment. `python -m bench compare` shows all of it.*\n"
    kept, size = [], len(note)
    for part in parts:  # whole blocks only: half a table, or an element that is never closed, spoils what follows
        size += len(part) + 1
        if size > MOST_CHARACTERS:
            break
        kept.append(part)
    return "\n".join(kept) + note


def _markdown(found: Compared) -> Iterator[str]:
    """Yield blocks, each complete in itself."""
    mark = "❌" if found.is_worse else "✅"
    yield f"### {mark} {escape(headline(found))}\n"
    yield from (f"{escape(text)}\n" for text in opening(found))
    if found.differences:
        yield from _folded(differences(found))
    if found.endings:
        yield from _blocks(failures(found))
    if changed(found).rows:
        yield from _blocks(changed(found))
    if unchanged(found).rows:
        yield from _folded(unchanged(found))
    if found.left_out:
        rows = tuple((text,) for text in found.left_out)
        yield from _folded(Table(title="Not compared", head=("",), rows=rows))
    yield from (f"{escape(text)}\n" for text in method(found))


_ROWS = 50
"""Rows of a table that stand or fall together where the whole is too long."""


def _pieces(shown: Table) -> Iterator[Table]:
    for begin in range(0, len(shown.rows), _ROWS):
        more = " (continued)" if begin else ""
        rows = shown.rows[begin : begin + _ROWS]
        yield Table(title=f"{shown.title}{more}", head=shown.head, rows=rows, names=shown.names)


def _blocks(shown: Table) -> Iterator[str]:
    yield from (f"**{escape(piece.title)}**\n\n{table(piece)}\n" for piece in _pieces(shown))


def _folded(shown: Table) -> Iterator[str]:
    for piece in _pieces(shown):
        title = f"{html.escape(piece.title)} ({len(shown.rows)})"
        yield f"<details><summary>{title}</summary>\n\n{table(piece)}\n\n</details>\n"


def _figures(title: str, pairs: Iterable[Pair], *, brief: bool) -> Table:
    if brief:
        return Table(title=title, head=_BRIEF_HEAD, rows=tuple(map(_brief, pairs)), names=3, grouped=True)
    return Table(title=title, head=_HEAD, rows=tuple(map(_row, pairs)), names=4)


def _row(pair: Pair) -> tuple[str, ...]:
    return (
        _cell(pair.scenario, pair.parameters),
        _name(pair),
        _figure(pair),
        _said(pair),
        words.quantity(pair.before, pair.unit),
        words.quantity(pair.after, pair.unit),
        words.times(pair.ratio),
        words.times_interval(pair.low, pair.high).strip("()") or words.NONE,
        words.NONE if math.isnan(pair.p) else f"{pair.p:.2g}",
        effect.seen_from(pair.detectable),
    )


def _brief(pair: Pair) -> tuple[str, ...]:
    return (
        _cell(pair.scenario, pair.parameters),
        f"{_name(pair)}: {_figure(pair)}",
        _said(pair),
        words.quantity(pair.before, pair.unit),
        words.quantity(pair.after, pair.unit),
        f"{words.times(pair.ratio)} {words.times_interval(pair.low, pair.high)}".rstrip(),
    )


def _name(pair: Pair) -> str:
    return f"{pair.isolation} (emulated)" if pair.emulated else pair.isolation


def _figure(pair: Pair) -> str:
    seen = "" if pair.vantage in ("workload", "host", "processes") else f" ({words.vantage(pair.vantage)})"
    return f"{words.metric(pair.metric)}{seen}"


def _said(pair: Pair) -> str:
    return f"{verdict(pair)}: {pair.note}" if pair.note else verdict(pair)


def verdict(pair: Pair) -> str:
    """Return the verdict in the metric's own words: a time or a rate is slower, anything else worse."""
    if pair.change not in (Change.WORSE, Change.BETTER):
        return str(pair.change)
    is_speed = pair.unit in ("s", "ms", "us", "ns") or pair.unit.endswith("/s")
    if not is_speed or pair.metric.startswith("cpu."):
        return str(pair.change)
    return "slower" if pair.change is Change.WORSE else "faster"


def _cell(scenario: str, parameters: str) -> str:
    values = json.loads(parameters)
    place = label(values, list(values))
    return f"{scenario}, {place}" if place else scenario


def _ending(one: Ending) -> tuple[str, ...]:
    state = "new" if one.is_new else "as before" if any(k != "ok" for k in one.after) else "no longer"
    where = _cell(one.scenario, one.parameters)
    return (where, one.isolation, _counts(one.before), _counts(one.after), state, one.reason)


def _counts(counts: Mapping[str, int]) -> str:
    said: Counter[str] = Counter()
    for outcome, count in counts.items():
        said[ending(outcome)] += count
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(said.items())) or "none begun"
