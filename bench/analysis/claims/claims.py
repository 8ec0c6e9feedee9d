"""Claims of a run's scenarios, judged by its data: one judgement per claim and setting, one verdict per claim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.claims.evidence import Evidence
from bench.analysis.claims.settings import matching
from bench.analysis.claims.verdict import Verdict, chance, confidence, judge, overall, rounds_needed
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.summary import Cells
from bench.analysis.figures.sweep import label
from bench.analysis.schemas import VERDICT_COLUMNS
from bench.analysis.statistics import intervals
from bench.analysis.statistics.paired_series import Side
from bench.analysis.statistics.significance import ALPHA, contrast, holm
from bench.errors import ResultsError
from bench.model import Claim, Scalar
from bench.store.manifest import Manifest, Stopping
from bench.store.stored import canonical
from bench.store.table import dtypes

UNWRITTEN = "this run's scenario tells it in words alone, not what data would have to show"

_NEARLY = 0.02
"""So much less than is asked needs no words: 5 rounds cover 94 %, where 95 % is asked."""

_ACROSS = "the interval reaches across the bound"
_AMONG = "{verdict} if it were the only one, but among {count} verdicts as sure as this one some are chance (Holm)"
FUTILE = f"{_ACROSS}, and no number of rounds of this size would tell"

DTYPES = dtypes(VERDICT_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One claim at one set of parameters. ``figure`` is a ratio (unit ``1``) where the claim has a baseline.

    ``confidence`` is what the interval may be called: less than asked for where few rounds cannot cover more.
    ``rounds_needed`` is None where more rounds are not what is missing, or no number worth asking for would do.
    """

    values: Mapping[str, Scalar]
    emulated: bool
    verdict: Verdict
    reason: str
    n: int = 0
    figure: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    unit: str = "1"
    confidence: float = float("nan")
    p: float = float("nan")
    """How likely data like these were, if the verdict were wrong; NaN where that cannot be reckoned."""
    rounds_needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedClaim:
    """A claim as a whole; ``rows`` has a judgement for every setting, none for a claim that cannot be tested.

    ``number`` counts the scenario's claims from 1; ``names`` are the parameters that tell the rows apart.
    """

    scenario: str
    number: int
    claim: Claim
    verdict: Verdict
    reason: str
    rows: tuple[Judgement, ...] = ()
    names: tuple[str, ...] = ()


def verdicts(source: str | Path | pd.DataFrame, manifest: Manifest | None = None) -> pd.DataFrame:
    """Judge every claim of a run's scenarios: ``source`` is its folder, or its frame together with its manifest.

    One row per claim and set of parameters it speaks of; one row, without parameters, for a claim that cannot be
    tested here. Columns: ``bench.schemas["verdicts"]``.

    Verdicts are corrected for how many there are (Holm): one that would be decided by itself is undecided where, among
    all of the run's, it may be chance. Raises ResultsError when the run is broken, or a frame comes
    without its manifest.
    """
    if isinstance(source, pd.DataFrame):
        if manifest is None:
            raise ResultsError("a frame alone does not hold the claims", remedy="Pass load_manifest(run) as well")
        frame, told = source, manifest
    else:
        frame, told = load(source), manifest or load_manifest(source)
    rows = [row for one in judged(frame, told) for row in _as_rows(one)]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(dict(DTYPES))


def judged(frame: pd.DataFrame, manifest: Manifest, cells: Cells | None = None) -> tuple[JudgedClaim, ...]:
    """Return every claim with its verdict, in the order of the manifest; ``cells`` as in ``summarize``."""
    return judged_by(Evidence.of(frame, manifest, cells))


def judged_by(evidence: Evidence) -> tuple[JudgedClaim, ...]:
    """Return every claim with its verdict by a run's evidence, in the order of its manifest."""
    alone = [
        _rows(evidence, scenario, number, claim)
        for scenario, told in evidence.manifest.scenarios.items()
        for number, claim in enumerate(told.claims, start=1)
    ]
    rows = iter(_corrected([row for one in alone for row in one.rows]))
    return tuple(_whole_of(replace(one, rows=tuple(next(rows) for _ in one.rows))) for one in alone)


def _rows(evidence: Evidence, scenario: str, number: int, claim: Claim) -> JudgedClaim:
    """Return a claim with a judgement for every setting, each by itself, and no verdict on the whole yet."""
    about = JudgedClaim(scenario=scenario, number=number, claim=claim, verdict=Verdict.NOT_TESTABLE, reason="")
    if claim.metric is None or claim.untested:
        return replace(about, reason=claim.untested or UNWRITTEN)
    told = evidence.manifest.scenarios[scenario]
    settings = matching(claim, told, evidence.settings(scenario, claim.metric, claim.vantage))
    rows = tuple(_judgement(evidence, scenario, claim, values) for values in settings)
    return replace(about, rows=rows, names=_varying(settings, told.dimensions))


def _corrected(rows: Sequence[Judgement]) -> list[Judgement]:
    """Return judgements as they stand among each other: what is decided by itself may be chance among many (Holm)."""
    decided = [row.verdict in (Verdict.SUPPORTED, Verdict.REFUTED) for row in rows]
    adjusted = holm([row.p if one else math.nan for row, one in zip(rows, decided, strict=True)])
    count = sum(decided)
    return [
        replace(row, verdict=Verdict.UNDECIDED, reason=_AMONG.format(verdict=row.verdict.value, count=count))
        if p >= ALPHA
        else row
        for row, p in zip(rows, adjusted, strict=True)
    ]


def _whole_of(one: JudgedClaim) -> JudgedClaim:
    """Return a claim with the verdict that its rows come to."""
    if one.claim.metric is None or one.claim.untested:
        return one
    verdict = overall([row.verdict for row in one.rows])
    asked = confidence(one.claim.at_least, one.claim.at_most)
    return replace(one, verdict=verdict, reason=_whole(verdict, one.rows, one.names, asked))


def _judgement(evidence: Evidence, scenario: str, claim: Claim, values: Mapping[str, Scalar]) -> Judgement:
    assert claim.metric is not None
    others = {**values, **claim.against_where}
    sides = [(claim.of, values), *([(claim.against, others)] if claim.against else [])]
    emulated = any(evidence.emulated(scenario, isolation) for isolation, _ in sides)
    found = [evidence.side(scenario, canonical(at), name, claim.metric, claim.vantage) for name, at in sides]
    row = Judgement(values=values, emulated=emulated, verdict=Verdict.UNDECIDED, reason="")
    if all(side.n for side in found):
        row = _estimated(
            row, claim, found, evidence.unit(scenario, claim.metric, claim.vantage), evidence.manifest.stopping
        )
    unlike = {name: how for name, _ in sides if (how := evidence.without_hardware(scenario, name))}
    if claim.hardware_virtualization and unlike:
        hows = " and ".join(
            f"{' and '.join(name for name in unlike if unlike[name] == how)} {how}"
            for how in dict.fromkeys(unlike.values())
        )
        reason = f"{hows} on this machine, which says nothing about hardware virtualization"
        return replace(row, verdict=Verdict.NOT_TESTABLE, reason=reason, rounds_needed=None)
    if claim.emulation and not emulated and all(evidence.took_part(name) for name, _ in sides):
        names = " and ".join(dict.fromkeys(name for name, _ in sides))
        reason = f"nothing is emulated on this machine ({names}), which says nothing about emulation"
        return replace(row, verdict=Verdict.NOT_TESTABLE, reason=reason, rounds_needed=None)
    missing = [
        evidence.why_missing(scenario, at, name) for (name, at), seen in zip(sides, found, strict=True) if not seen.n
    ]
    troubled = [text for name, at in sides if (text := evidence.mostly_bad(scenario, at, name))]
    if missing or troubled:
        reason = "; ".join(dict.fromkeys(missing or troubled))
        return replace(row, verdict=Verdict.UNDECIDED, reason=reason, rounds_needed=None)
    return row


def _estimated(row: Judgement, claim: Claim, found: Sequence[Side], unit: str, stopping: Stopping) -> Judgement:
    """Return the row with its figure, interval, verdict and reason from the values of each round."""
    sure = confidence(claim.at_least, claim.at_most)
    nominal = stopping.nominal(sure)
    if claim.against:
        estimate, unit = intervals.paired_ratio(found[0], found[1], confidence=nominal), "1"
    else:
        estimate = intervals.median(found[0].values, confidence=nominal)
    baseline = found[1] if claim.against else Side.in_order(found[0].rounds, np.ones(found[0].n))
    verdict = judge(estimate.low, estimate.high, claim.at_least, claim.at_most)
    row = replace(
        row, n=estimate.n, figure=estimate.value, low=estimate.low, high=estimate.high, unit=unit, verdict=verdict,
        confidence=min(sure, intervals.best_coverage(estimate.n)),
        p=chance(contrast(found[0], baseline), verdict, claim.at_least, claim.at_most),
    )  # fmt: skip
    needed = None
    if verdict is Verdict.UNDECIDED and estimate.n >= intervals.MINIMUM:
        needed = rounds_needed(estimate.n, estimate.value, estimate.low, estimate.high, claim.at_least, claim.at_most)
    return replace(row, rounds_needed=needed, reason=_reason(row, claim, needed))


def _reason(row: Judgement, claim: Claim, needed: int | None) -> str:
    if row.figure != row.figure:
        return "a ratio needs figures above zero on both sides"
    if row.n < intervals.MINIMUM:
        rounds = "1 round is" if row.n == 1 else f"{row.n} rounds are"
        return f"{rounds} too few for an interval: it takes {intervals.MINIMUM}, better 6"
    said = {
        Verdict.SUPPORTED: "the whole interval lies within what is claimed",
        Verdict.REFUTED: "the whole interval lies outside what is claimed",
    }
    if row.verdict in said:
        return "; ".join([said[row.verdict], *_few(row, confidence(claim.at_least, claim.at_most))])
    if needed is None:
        return FUTILE
    return f"{_ACROSS}; about {needed} rounds would tell, if the figure stays where it is"


def _few(row: Judgement, asked: float) -> list[str]:
    """Say how sure it can be where few rounds cannot nearly cover what is asked of an interval."""
    if row.confidence > asked - _NEARLY:
        return []
    sure = f"{row.confidence * 100:.0f} %, where {asked * 100:.0f} % is asked"
    return [f"from {row.n} rounds it cannot be surer than {sure}"]


def _whole(verdict: Verdict, rows: Sequence[Judgement], names: Sequence[str], asked: float) -> str:
    if not rows:
        return "nothing in this run matches what it speaks of"
    if len(rows) == 1 or verdict is Verdict.NOT_TESTABLE:
        return rows[0].reason
    deciding = [row for row in rows if row.verdict is verdict]
    others = {one: sum(row.verdict is one for row in rows) for one in Verdict if one is not verdict}
    rest = [f"{count} {one.value}" for one, count in others.items() if count]
    least = min(deciding, key=lambda row: row.confidence)
    reason = _undecided(deciding) if verdict is Verdict.UNDECIDED else _few(least, asked)
    return "; ".join([_places(deciding, rows, names), *rest, *reason])


def _places(deciding: Sequence[Judgement], rows: Sequence[Judgement], names: Sequence[str]) -> str:
    if len(deciding) == len(rows):
        return f"at all {len(rows)} settings"
    listed = [label(dict(row.values), names) for row in deciding[:3]] + ["..."] * bool(deciding[3:])
    return f"at {len(deciding)} of {len(rows)} settings ({'; '.join(listed)})"


def _undecided(deciding: Sequence[Judgement]) -> list[str]:
    """Say in few words what more than one setting lacks for a verdict."""
    needed = sorted(row.rounds_needed for row in deciding if row.rounds_needed is not None)
    reasons = dict.fromkeys(row.reason for row in deciding if row.rounds_needed is None)
    if needed:
        span = str(needed[0]) if needed[0] == needed[-1] else f"{needed[0]} to {needed[-1]}"
        across = f"{_ACROSS}; about {span} rounds would tell, if the figures stay where they are"
        futile = sum(row.reason == FUTILE for row in deciding)
        across += f", but at {futile} of them no number of this size" if futile else ""
        reasons.pop(FUTILE, None)
        reasons = {across: None, **reasons}
    return [*list(reasons)[:2], *["..."] * (len(reasons) > 2)]


def _varying(settings: Sequence[Mapping[str, Scalar]], order: Mapping[str, object]) -> tuple[str, ...]:
    names = dict.fromkeys([*order, *(name for values in settings for name in values)])
    return tuple(name for name in names if len({values.get(name) for values in settings}) > 1)


def _as_rows(one: JudgedClaim) -> Iterator[dict[str, object]]:
    claim = one.claim
    about = {
        "scenario": one.scenario, "claim": one.number, "says": claim.says, "source": claim.source,
        "provenance": claim.provenance, "published": claim.published, "metric": claim.metric,
        "vantage": claim.vantage, "of": claim.of, "against": claim.against, "at_least": claim.at_least,
        "at_most": claim.at_most, "claim_verdict": one.verdict.value, "claim_reason": one.reason,
    }  # fmt: skip
    if not one.rows:
        yield about | {"emulated": False, "n": 0, "verdict": one.verdict.value, "reason": one.reason}
    for row in one.rows:
        yield about | {
            "parameters": canonical(row.values), "emulated": row.emulated, "n": row.n, "figure": row.figure,
            "low": row.low, "high": row.high, "unit": row.unit, "confidence": row.confidence,
            "verdict": row.verdict.value, "reason": row.reason, "rounds_needed": row.rounds_needed,
        }  # fmt: skip
