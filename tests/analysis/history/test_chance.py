"""False alarms and power, by simulation: what ``docs/how-to/watch-figures.md`` promises."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.history.chance import SCATTERS, Scatter, false_alarms, power

PROMISED = 1 / 20


@pytest.mark.parametrize("shape", SCATTERS)
def test_at_most_one_history_in_20_has_a_false_alarm(shape: Scatter) -> None:
    assert false_alarms(np.random.default_rng(11), shape, histories=600) <= PROMISED


@pytest.mark.parametrize("runs", [8, 20])
def test_nor_has_a_short_one(runs: int) -> None:
    assert false_alarms(np.random.default_rng(12), "two modes", histories=400, runs=runs) <= PROMISED


def test_nor_has_one_of_many_figures() -> None:
    assert false_alarms(np.random.default_rng(13), "normal", histories=60, figures=30) <= PROMISED


@pytest.mark.parametrize(("shape", "figures"), [*((shape, 1) for shape in SCATTERS), ("normal", 200), ("skewed", 200)])
def test_a_shift_of_5_percent_is_found_within_5_runs_nine_times_in_ten(shape: Scatter, figures: int) -> None:
    found = power(np.random.default_rng(14), shape, histories=150, shift=0.05, within=5, figures=figures)
    assert found >= 0.9


def test_where_runs_remember_each_other_it_is_not_kept() -> None:
    """Else the documentation would warn of nothing."""
    assert false_alarms(np.random.default_rng(15), "kept in mind", histories=200) > PROMISED
