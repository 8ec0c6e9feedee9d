"""How it was measured, in sentences that name their sources."""

from __future__ import annotations

from bench.analysis.statistics import intervals
from bench.analysis.statistics.significance import MARGIN, POWER
from bench.store.manifest import Manifest


def method(manifest: Manifest) -> tuple[str, ...]:
    """Return how trials were ordered, what a figure is, what its interval and its tests are, what is in no figure."""
    rounds = ", ".join(f"{name} {count}" for name, count in manifest.rounds.items()) or "none"
    sure = f"{intervals.CONFIDENCE * 100:.0f} %"
    said = (
        f"Rounds: {rounds}. Every round starts every cell once, as a fresh instance, in a fresh random order "
        f"(seed {manifest.seed}), so that a drifting host troubles all isolations alike "
        "(Abedi & Brecht, ICPE 2017).",
        f"Every figure is the median of n trials, one per fresh instance, with its {sure} interval of order statistics "
        "(Maricq et al., OSDI 2018). A ratio is of geometric means over rounds, and so the mean of the ratios of "
        "rounds that both sides have (Fleming & Wallace, CACM 1986); it need not be the quotient of two medians. A "
        f"difference is of medians. Both have a bootstrap interval: {intervals.RESAMPLES} resamples of rounds, of both "
        "sides together where they share the round, for ratios each with the rounds of one side alone that follow it "
        "(Kalibera & Jones, ISMM 2013). Where one side left the run early, the other's later rounds are left out, so "
        "that what the host did then is not taken for a difference. "
        f"Fewer than {intervals.MINIMUM} trials give no interval; n stands beside each figure.",
        "A difference from bare is said to be one when its interval excludes 1 and its test, paired by round, is "
        f"significant at {(1 - intervals.CONFIDENCE) * 100:.0f} % after Holm's correction over all headline figures of "
        "the run (Holm, 1979). A large p-value shows nothing: that two are equivalent within "
        f"{MARGIN * 100:.0f} % is said only where a pair of one-sided tests says so (TOST; Schuirmann, 1987). The "
        "smallest change a comparison could have seen is the one it would have shown with a power of "
        f"{POWER * 100:.0f} %.",
        "Isolations are ranked by paired tests of every two of them, corrected by Holm; those that cannot be told "
        "apart share a rank.",
        "Times are taken on the host when bytes arrive. Trials that did not return, failed or were spoiled are in no "
        "figure; they are counted where their figure would stand, and listed. Whatever was waited for in vain (a "
        "start, an answer, an end) did not return.",
        "A claim is supported when the whole interval of the figure lies within the claimed range, refuted when the "
        "whole interval lies outside, else undecided. Both sides of a ratio are resampled by round. The interval is "
        "one of 95 %; between two bounds it is one of 90 %, the pair of one-sided tests at 5 % (TOST). Few rounds "
        "cover less, and then it says so. Verdicts are corrected for how many there are (Holm).",
        "Memory is shown from several vantages, none of which is the true one. Daemons that serve every "
        "instance are never added to an instance's own processes.",
    )
    quick = ("This was a quick run: a first look, not a result to publish.",) if manifest.quick else ()
    return (*said, *_varied(manifest), *_unwatched(manifest), *_stopping(manifest), *quick)


def _varied(manifest: Manifest) -> tuple[str, ...]:
    """Say what differed between trials on purpose."""
    drawn = [text for text in manifest.harness.varied.values() if text]
    if not drawn:
        return ()
    placed = "" if manifest.harness.varied.get("placement") else " CPUs were not drawn: the host gives no choice."
    return (
        f"Drawn for every trial, so that no accident of one set-up becomes a result: {', '.join(drawn)} (Mytkowicz "
        f"et al., ASPLOS 2009).{placed}",
    )


def _unwatched(manifest: Manifest) -> tuple[str, ...]:
    """Say which disturbances of the host nobody looked for, where there are any."""
    known = manifest.harness.unwatched
    if not known:
        return ()
    missing = "; ".join(f"{name} ({why})" for name, why in known.items())
    return (f"Not watched here, so that it spoils no trial: {missing}.",)


def _stopping(manifest: Manifest) -> tuple[str, ...]:
    """Say when the run was to stop and what that does to its intervals, where it looked at its own figures."""
    rule = manifest.stopping
    if rule.is_fixed:
        return ()
    asked = [
        *([f"every ratio to bare within {rule.precision * 100:.3g} %"] if rule.precision is not None else []),
        *([f"at most {rule.budget_s:.0f} s, spent where intervals were widest"] if rule.budget_s is not None else []),
        *([f"at most {rule.rounds} rounds"] if rule.rounds is not None else []),
    ]
    why = f" It stopped since {rule.reason}." if rule.reason else ""
    return (
        f"The run looked at its own figures to decide when to stop: {', '.join(asked)}.{why} Stopping on a width makes "
        "intervals shorter than they should be (Chow & Robbins, 1965): those of 95 % are therefore reckoned as if they "
        f"were of {rule.confidence * 100:.0f} %, of which simulation shows that it makes them 95 %. Cells that were "
        "sure already rested, so that numbers of rounds differ.",
    )
