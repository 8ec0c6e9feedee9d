"""What a burst comes to: its median, percentiles and last, and how they grow with how many were asked for."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from bench.analysis.data.at_once import of_bursts, percentile
from bench.analysis.data.derive import with_derived
from bench.store.dataset import DTYPES
from tests.analysis.rows import Row, frame


def burst(*seen: tuple[int, str, float], trial: int = 1) -> pd.DataFrame:
    """Return a frame of samples: how many at once, metric, value."""
    rows: list[Row] = [
        (trial, "docker", metric, "harness" if metric == "harness.cpu" else "host", value, "s")
        for _count, metric, value in seen
    ]
    steps = [json.dumps({"at_once": count}) for count, *_seen in seen]
    return frame(rows).assign(step=steps, parameters=steps).astype(dict(DTYPES))


def times(count: int, ready: list[float], asked: float = 0.001) -> list[tuple[int, str, float]]:
    late = [0.0] * (len(ready) - 1) + [asked if len(ready) > 1 else 0.0]
    found = [(count, "burst.each.requested", one) for one in late]
    found += [(count, "burst.each.start", one / 2) for one in ready]
    return [*found, *((count, "burst.each.ready", one) for one in ready), (count, "harness.cpu", 0.02)]


def figures(rows: pd.DataFrame, count: int | None) -> dict[str, float]:
    step = "{}" if count is None else json.dumps({"at_once": count})
    own = rows[rows["parameters"] == step]
    return dict(zip(own["metric"], own["value"], strict=True))


def test_a_burst_has_a_median_percentiles_a_last_and_a_rate() -> None:
    found = figures(of_bursts(burst(*times(4, [1.0, 2.0, 3.0, 8.0]))), 4)
    assert found == pytest.approx(
        {
            "timeline.start": 1.25, "timeline.ready": 2.5, "burst.ready_p95": 8.0, "burst.ready_p99": 8.0,
            "burst.makespan": 8.0, "burst.spread": 0.001, "burst.rate": 0.5, "burst.harness": 0.0025,
        }
    )  # fmt: skip


def test_a_percentile_is_a_value_that_was_seen() -> None:
    values = pd.Series([float(value) for value in range(1, 101)])
    assert (percentile(values, 0.95), percentile(values, 0.99), percentile(values.head(20), 0.95)) == (95, 99, 19)
    assert percentile(values.head(1), 0.95) == 1


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.7])
def test_growth_is_the_exponent(exponent: float) -> None:
    seen = [one for count in (1, 2, 4, 8, 16) for one in times(count, [0.2 * count**exponent] * count)]
    rows = of_bursts(burst(*seen))
    assert figures(rows, None) == pytest.approx({"burst.growth_ready": exponent, "burst.growth_all": exponent})
    assert figures(of_bursts(burst(*times(4, [1.0] * 4))), None) == {}, "one size grows in no way"


def test_single_instances_are_in_no_figure_and_phases_are_of_medians() -> None:
    samples = burst(*times(1, [1.0]), *times(2, [2.0, 4.0]))
    rows = with_derived(samples)
    assert not rows["metric"].str.startswith("burst.each.").any()
    assert figures(rows, 2)["phase.ready"] == 1.5
    assert of_bursts(samples[samples["metric"] == "harness.cpu"]).empty
