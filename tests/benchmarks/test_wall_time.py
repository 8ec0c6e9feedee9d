"""Most of a quick run's time is spent in trials: the rest is nobody's result."""

from __future__ import annotations

import json
from pathlib import Path

from bench.store.layout import JOURNAL


def test_sixty_percent_of_a_quick_run_is_trials(timed_run: tuple[Path, float]) -> None:
    run, took_s = timed_run
    trials = [json.loads(line) for line in (run / JOURNAL).read_text().splitlines()]
    inside_s = sum(
        sample["value"] for trial in trials for sample in trial["samples"] if sample["metric"] == "timeline.gone"
    )
    print(f"{inside_s:.0f} of {took_s:.0f} s in trials: {inside_s / took_s:.0%}")
    assert inside_s / took_s >= 0.6
