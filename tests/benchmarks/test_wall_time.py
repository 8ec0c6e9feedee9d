"""Most of a run's time is spent in trials: the rest is nobody's result.

What is inside a trial is defined in docs/explanation/methodology.md, "What a run's time goes into": ``sentinel.span``.
What a run has outside comes once (Python's start, the check of every isolation by a real start, the report), and a
little of it between trials (the journal's syncs). A quick run of the first look is measured, and what a default run of
the same scenarios has is reckoned from it: the same once, and the trials of every scenario for as many rounds as it
has by itself. That is on the low side, since a default run's workloads are longer, too.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from bench.scenario import load_selected
from bench.store.layout import JOURNAL


@pytest.mark.bars
def test_most_of_the_time_is_spent_in_trials(timed_run: tuple[Path, float]) -> None:
    run, took_s = timed_run
    trials = [json.loads(line) for line in (run / JOURNAL).read_text().splitlines()]
    began = [datetime.fromisoformat(trial["started_at"]) for trial in trials]
    inside_s = [span_s(trial) for trial in trials]
    whole_s = (began[-1] - began[0]).total_seconds() + inside_s[-1]
    once_s, between_s = took_s - whole_s, whole_s - sum(inside_s)

    run_for = {trial["scenario"]: trial["round"] for trial in trials}
    rounds = {one.name: one.rounds for one in load_selected(list(run_for), None, quick=False)}
    more = {name: rounds[name] / run_for[name] for name in rounds}
    default_s = sum(span * more[trial["scenario"]] for trial, span in zip(trials, inside_s, strict=True))
    share = default_s / (default_s * whole_s / sum(inside_s) + once_s)
    print(
        f"{took_s:.0f} s, of them {once_s:.1f} s once and {between_s:.2f} s between trials; inside trials "
        f"{sum(inside_s) / took_s:.0%} of this run, {share:.0%} of a default one"
    )
    assert sum(inside_s) / whole_s >= 0.95
    assert sum(inside_s) / took_s >= 0.6
    assert share >= 0.85


def span_s(trial: dict[str, list[dict[str, float | str]]]) -> float:
    [span] = [sample["value"] for sample in trial["samples"] if sample["metric"] == "sentinel.span"]
    return float(span)
