"""What people claim, beside what was measured here: words for verdicts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from bench.analysis.claims.claims import JudgedClaim, Judgement
from bench.analysis.claims.verdict import Verdict
from bench.analysis.figures.sweep import label
from bench.model import Claim
from bench.report.content import Claimed, Table
from bench.report.text import words
from bench.store.manifest import Manifest

PROVENANCE: Mapping[str, str] = {
    "P": "primary source read",
    "P*": "recomputed from its authors' raw data",
    "S": "through a third party's notes",
    "M": "recalled, not looked up",
    "T": "said by many, measured by nobody named",
}
"""How far a published figure was followed, by its mark."""

MARKS: Mapping[Verdict, str] = {
    Verdict.SUPPORTED: "✓",
    Verdict.REFUTED: "✗",
    Verdict.UNDECIDED: "?",
    Verdict.NOT_TESTABLE: "–",
}

_TOGETHER = "\N{NO-BREAK SPACE}"


def claimed(judged: Sequence[JudgedClaim], manifest: Manifest) -> tuple[Claimed, ...]:
    """Return every claim for a person, in the order of the run's scenarios."""
    return tuple(_claimed(one, manifest.scenarios[one.scenario].title) for one in judged)


def tally(judged: Sequence[JudgedClaim]) -> str:
    """Return how many claims came out how, in a sentence; nothing where there are none."""
    if not judged:
        return ""
    counts = Counter(one.verdict for one in judged if _measured(one))
    listed = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    rest = len(judged) - counts.total()
    about = [f"{rest} about what this run did not measure"] if rest else []
    return f"{len(judged)} claim{'s' if len(judged) > 1 else ''}: {', '.join([*listed, *about])}."


def _measured(one: JudgedClaim) -> bool:
    """Say whether the run has any figure of what a claim is about."""
    return one.verdict is not Verdict.NOT_TESTABLE and any(math.isfinite(row.figure) for row in one.rows)


def _claimed(one: JudgedClaim, scenario: str) -> Claimed:
    claim = one.claim
    return Claimed(
        says=claim.says,
        source=f"{claim.source.rstrip('.')} ({PROVENANCE[claim.provenance]})",
        scenario=scenario,
        claimed=_range(claim, _unit(one)),
        published=claim.published or words.NONE,
        here=_here(one),
        mark=MARKS[one.verdict],
        verdict=one.verdict.value,
        reason=one.reason,
        measured=_measured(one),
        settings=_settings(one) if len(one.rows) > 1 else None,
    )


def _range(claim: Claim, unit: str) -> str:
    """Return what the data would have to show."""
    if claim.metric is None:
        return words.NONE
    seen = "" if claim.vantage in ("workload", "host", "processes") else f" ({words.vantage(claim.vantage)})"
    what = f"{words.metric(claim.metric)}{seen}"
    subject = f"{what}: {claim.of}{f' / {claim.against}' if claim.against else ''}"
    if claim.against_where:
        subject += f" at {label(dict(claim.against_where), list(claim.against_where))}"
    low, high = claim.at_least, claim.at_most
    if low is not None and high is not None:
        return f"{subject} from {_bound(low, unit)} to {_bound(high, unit)}"
    bound, word = (low, "at least") if low is not None else (high, "at most")
    return f"{subject} {word} {_bound(bound if bound is not None else math.nan, unit)}"


def _bound(value: float, unit: str) -> str:
    return f"{value:.3g}x" if unit == "1" else words.quantity(value, unit)


def _here(one: JudgedClaim) -> str:
    """Return our figure: with its interval at a single setting, the span of figures over several."""
    found = [row for row in one.rows if math.isfinite(row.figure)]
    if not found:
        return words.NONE
    if len(one.rows) == 1:
        return _figure(found[0], _unit(one))
    low, high = min(row.figure for row in found), max(row.figure for row in found)
    unit = _unit(one)
    span = f"{words.ranged(low, high, unit)}{'x' if unit == '1' else ''}"
    ends = [end for row in found for end in (row.low, row.high) if math.isfinite(end)]
    hull = f" (intervals {words.interval(min(ends), max(ends), unit, high)})" if ends else ""
    return f"{span}{hull} over {len(found)} settings{_emulated(found)}"


def _figure(row: Judgement, unit: str) -> str:
    if unit == "1":
        value, interval = words.times(row.figure), words.times_interval(row.low, row.high)
    else:
        value = words.quantity(row.figure, unit)
        interval = f"({words.interval(row.low, row.high, unit, row.figure)})" if math.isfinite(row.low) else ""
    sure = f"{row.confidence * 100:.0f}{_TOGETHER}%, " if interval else ""
    rounds = f"{row.n} round{'s' if row.n != 1 else ''}"
    return f"{value} {interval}; {sure}{rounds}{_emulated([row])}".replace(" ;", ";")


def _emulated(rows: Sequence[Judgement]) -> str:
    return "; emulated" if any(row.emulated for row in rows) else ""


def _unit(one: JudgedClaim) -> str:
    return "1" if one.claim.against else next((row.unit for row in one.rows if row.n), "1")


def _settings(one: JudgedClaim) -> Table:
    unit = _unit(one)
    return Table(
        title=f"At each of {len(one.rows)} settings",
        head=(*one.names, "verdict", "here, with interval", "why"),
        rows=tuple(
            (
                *(str(row.values.get(name, words.NONE)) for name in one.names),
                f"{MARKS[row.verdict]} {row.verdict.value}".replace(" ", _TOGETHER),
                _figure(row, unit).replace(" to ", f"{_TOGETHER}to{_TOGETHER}") if row.n else words.NONE,
                row.reason,
            )
            for row in one.rows
        ),
        names=len(one.names) + 3,
    )
