"""What sentinels read and what a series says beside a figure are kept, and are no figures themselves."""

from __future__ import annotations

import pandas as pd
import pytest

from bench.analysis.data import plausible
from bench.analysis.data.derive import figures
from bench.analysis.figures.comparison import comparisons
from bench.report.tables.figures import cells
from bench.report.text import words
from tests.analysis.rows import frame


def samples(*metrics: str, unit: str = "s", vantage: str = "host") -> pd.DataFrame:
    columns = {"unit": unit, "vantage": vantage, "value": -1.0, "outcome": "ok"}
    return pd.DataFrame({"metric": pd.array(metrics, dtype="string"), **columns})


def test_sentinels_and_points_of_a_series_are_no_figures() -> None:
    found = figures(samples("rate", "rate.series", "sentinel.busy", "timeline.ready"))
    assert list(found["metric"]) == ["rate", "timeline.ready"]


def test_a_clock_may_be_set_back_and_that_is_no_doubtful_sample() -> None:
    assert list(plausible.doubtful(samples("sentinel.clock_step", "teardown"))["metric"]) == ["teardown"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "µs", "1"])
def test_what_a_workload_reports_may_be_below_zero_whatever_its_unit(unit: str) -> None:
    assert list(plausible.kept(samples("drift", unit=unit, vantage="workload"))["metric"]) == ["drift"]


def test_the_time_that_a_workload_says_its_window_took_is_a_time() -> None:
    assert plausible.kept(samples("clock.workload", vantage="workload")).empty


@pytest.mark.parametrize(
    ("bare", "other", "said"),
    [
        ([0.0, 0.0, 0.0], [1.0, 2.0, 3.0], "bare is 0"),
        ([-1.0, 2.0, 3.0], [1.0, 2.0, 3.0], "bare is not always above 0"),
        ([-1.0, -2.0, -3.0], [1.0, 2.0, 3.0], "bare is not above 0"),
        ([1.0, 2.0, 3.0], [0.0, 2.0, 3.0], "not always above 0"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], ""),
    ],
)
def test_why_there_is_no_ratio_is_said_in_words(bare: list[float], other: list[float], said: str) -> None:
    rows = [
        (number, isolation, "drift", "workload", value, "ms")
        for isolation, first, values in (("bare", 1, bare), ("vm", 4, other))
        for number, value in enumerate(values, start=first)
    ]
    (found,) = comparisons(frame(rows).assign(round=[1, 2, 3] * 2))
    finding = found.finding("vm", "drift", "workload")
    assert finding is not None
    assert finding.no_ratio == said
    assert (said or words.times(finding.ratio)) in cells(finding)
