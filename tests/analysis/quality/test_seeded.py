"""A known set of calls and a function, name by name, on simulated trials of which it is known what is amiss."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from bench.analysis.quality.calibration import calibration
from bench.analysis.quality.seeded import FUNCTION, seeded_sets, set_lines
from bench.analysis.quality.uncalibrated import unseen
from tests.analysis.quality.test_calibration import rows

WITHOUT = {"close": 5.0, "getpid": 1.0, "openat": 4.0, "read": 41.0, "futex": 8.0, "poll": 39.0, "sync": 0.0}
WITH = {"close": 1005.0, "getpid": 1001.0, "openat": 1004.0, "read": 1044.0, "futex": 5.0, "poll": 42.0, "sync": 0.0}


def trials(
    seeded: Mapping[str, float] = WITH, without: Mapping[str, float] = WITHOUT, *, isolation: str = "bare"
) -> pd.DataFrame:
    """Return three rounds of trials with and without the seed, each call as often as it was counted."""
    return pd.DataFrame(
        [
            row
            for times, counts in ((0, without), (1000, seeded))
            for name, count in counts.items()
            for row in rows(
                "surface", "times", times, f"surface.known.{name}", "host", [count] * 3, isolation=isolation
            )
        ]
    )


def verdicts(frame: pd.DataFrame) -> dict[str, tuple[float, str]]:
    """Return bias and verdict by view."""
    found = calibration(frame).to_dict("records")
    return {str(row["view"]): (float(row["bias"]), str(row["verdict"])) for row in found}


def test_a_set_that_came_whole_has_nothing_missing_and_nothing_extra() -> None:
    found = verdicts(trials())
    assert (found["its calls"], found["no others"]) == ((0, "met"), (0, "met"))
    assert set_lines(trials()) == ["surface, names of the known set on bare: missing 0, extra 0."]


def test_what_is_missing_and_what_is_extra_is_counted_and_named() -> None:
    frame = pd.concat([trials(), trials({**WITH, "getpid": 1.0, "poll": 1039.0, "sync": 700.0}, isolation="docker")])
    found = verdicts(frame[frame["isolation"] == "docker"])
    assert (found["its calls"], found["no others"]) == ((-1, "missed"), (2, "missed"))
    assert set_lines(frame) == [
        "surface, names of the known set on bare: missing 0, extra 0.",
        "surface, names of the known set on docker: missing 1 (getpid), extra 2 (poll, sync).",
    ]


@pytest.mark.parametrize(
    ("with_it", "without", "verdict"),
    [(1000.0, 0.0, (0, "met")), (0.0, 0.0, (-1, "missed")), (2000.0, 1000.0, (-1, "missed"))],
)
def test_the_function_has_to_be_there_with_the_seed_and_gone_without(
    with_it: float, without: float, verdict: tuple[float, str]
) -> None:
    frame = trials({**WITH, FUNCTION: with_it}, {**WITHOUT, FUNCTION: without})
    found = verdicts(frame)
    assert found["there and gone"] == verdict
    assert found["no others"] == (0, "met")
    assert {one.missing for one in seeded_sets(frame)} == {(FUNCTION,) if verdict[0] else ()}


def test_where_no_function_is_traced_there_is_no_figure_but_the_reason() -> None:
    frame = pd.concat([trials(), trials(isolation="docker")])
    assert not {"a function", "there and gone"} & set(verdicts(frame))
    said = unseen(frame, untraced={(name, "host_functions"): "it is refused" for name in ("bare", "docker")})
    assert said == [
        f"surface, by {view}, is not seen on bare, docker: unavailable, because it is refused."
        for view in ("a function", "there and gone")
    ]


def test_a_round_without_its_counterpart_tells_nothing() -> None:
    frame = trials()
    assert list(seeded_sets(frame[frame["parameters"].str.contains("1000")])) == []
    assert not {"its calls", "no others"} & set(verdicts(frame[frame["parameters"].str.contains("1000")]))
