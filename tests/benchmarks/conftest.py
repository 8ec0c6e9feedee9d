"""A bar of time is judged over many rounds on a quiet machine; any run of the tests sees that it could be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import pytest

from bench.host.cpus import harness_cpus, kept_to
from tests.sequential import judged

MOST_S = 300.0
"""Rounds go on for so long at most, each bar for itself; on a quiet host they end much sooner."""


class Require(Protocol):
    """Requires that the middle of what rounds measure lies between two bars, judged over ``most`` rounds at most."""

    def __call__(
        self, measure: Callable[[], float], *, at_least: float = -math.inf, at_most: float = math.inf, most: int
    ) -> None:
        """Measure, with this process beside an instance's CPU."""


def judge(measure: Callable[[], float], *, at_least: float = -math.inf, at_most: float = math.inf, most: int) -> None:
    with kept_to(harness_cpus([1])):
        judged(measure, at_least=at_least, at_most=at_most, most=most, most_s=MOST_S).require()


def see(measure: Callable[[], float], **_bars: float) -> None:
    """Measure one round: both sides do what is compared. How long they took is not judged, since one round is noise."""
    with kept_to(harness_cpus([1])):
        assert math.isfinite(measure())


@pytest.fixture(params=[pytest.param(see, id="smoke"), pytest.param(judge, id="bar", marks=pytest.mark.bars)])
def require(request: pytest.FixtureRequest) -> Require:
    found: Require = request.param
    return found
