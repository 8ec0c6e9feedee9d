"""What sentinels read and what a series says beside a figure are kept, and are no figures themselves."""

from __future__ import annotations

import pandas as pd

from bench.analysis import plausible
from bench.analysis.derive import figures


def samples(*metrics: str) -> pd.DataFrame:
    return pd.DataFrame({"metric": pd.array(metrics, dtype="string"), "unit": "s", "value": -1.0, "outcome": "ok"})


def test_sentinels_and_points_of_a_series_are_no_figures() -> None:
    found = figures(samples("rate", "rate.series", "sentinel.busy", "timeline.ready"))
    assert list(found["metric"]) == ["rate", "timeline.ready"]


def test_a_clock_may_be_set_back_and_that_is_no_doubtful_sample() -> None:
    assert list(plausible.doubtful(samples("sentinel.clock_step", "teardown"))["metric"]) == ["teardown"]
