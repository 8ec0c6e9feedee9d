"""Hosts as the highest level: what the summary covers, in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from bench.analysis.statistics.random_effects import FEWEST, moderated, random_effects

MEAN = 0.5


def _covered(hosts: int, tau: float, error: float, rounds: int, *, fleets: int) -> tuple[float, float]:
    """Return how often the prediction interval holds the next host's true value, and the mean's interval the mean."""
    rng = np.random.default_rng([hosts, rounds])
    held_next, held_mean = 0.0, 0
    for _ in range(fleets):
        truth = rng.normal(MEAN, tau, (hosts, 1))
        noise = error * math.sqrt(rounds) * np.exp(rng.normal(0, 0.3, (hosts, 1)))
        values = truth + rng.normal(0, 1, (hosts, rounds)) * noise
        of_rounds = moderated(values.var(axis=1, ddof=1), np.full(hosts, rounds - 1.0))
        found = random_effects(values.mean(axis=1), of_rounds / rounds)
        assert found is not None
        ends = (np.array([found.next_low, found.next_high]) - MEAN) / tau
        held_next += float(np.diff(special.ndtr(ends))[0])
        held_mean += found.low <= MEAN <= found.high
    return held_next / fleets, held_mean / fleets


@pytest.mark.parametrize(("hosts", "error", "rounds"), [(5, 0.05, 7), (10, 0.05, 4), (10, 0.1, 7), (30, 0.05, 7)])
def test_the_next_host_is_where_it_is_said_to_be(hosts: int, error: float, rounds: int) -> None:
    next_host, mean = _covered(hosts, 0.1, error, rounds, fleets=300)
    assert 0.93 <= next_host <= 0.97
    assert mean >= 0.92


def test_of_hosts_that_are_sure_it_is_the_scatter_between_them() -> None:
    estimates = np.array([0.1, 0.3, 0.2, 0.5])
    found = random_effects(estimates, np.full(4, 1e-12))
    assert found is not None
    reach = special.stdtrit(3, 0.975)
    spread = estimates.std(ddof=1)
    assert found.mean == pytest.approx(0.275)
    assert found.tau == pytest.approx(spread, rel=1e-3)
    assert found.high == pytest.approx(0.275 + reach * spread / 2, rel=1e-3)
    assert found.next_high == pytest.approx(0.275 + reach * spread * math.sqrt(1 + 1 / 4), rel=0.02)


def test_hosts_that_agree_have_no_spread() -> None:
    found = random_effects(np.array([0.2, 0.2, 0.2]), np.array([0.01, 0.02, 0.01]))
    assert found is not None
    assert found.tau == 0
    assert found.mean == pytest.approx(0.2)
    assert found.low < found.next_low < 0.2 or found.low < 0.2


def test_a_host_that_is_surer_counts_more() -> None:
    found = random_effects(np.array([0.0, 0.0, 1.0]), np.array([0.1, 0.1, 100.0]))
    assert found is not None
    assert abs(found.mean) < 0.01


def test_few_hosts_have_no_summary() -> None:
    assert random_effects(np.zeros(FEWEST - 1), np.ones(FEWEST - 1)) is None


def test_variances_are_drawn_together_as_far_as_chance_explains_them() -> None:
    rng = np.random.default_rng(3)
    degrees = np.full(400, 4.0)
    alike = rng.chisquare(4, 400) / 4
    assert np.ptp(moderated(alike, degrees)) < 0.2 * np.ptp(alike)
    unlike = alike * np.exp(rng.normal(0, 2, 400))
    assert np.corrcoef(np.log(moderated(unlike, degrees)), np.log(unlike))[0, 1] > 0.95
