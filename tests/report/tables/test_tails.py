"""How surely trials end well, and high percentiles: with intervals where trials are enough, else how many would be."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench
from bench.analysis.figures.sweep import Sweep
from bench.report.tables import tails
from tests.synthetic import write_run


def startup(run: bench.Run) -> Sweep:
    return next(one for one in run.sweeps if one.scenario == "startup")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> bench.Run:
    return bench.Run(write_run(tmp_path_factory.mktemp("results") / "run", rounds=60))


def test_percentiles_have_intervals_or_say_how_many_trials_would_do(many: bench.Run) -> None:
    shown = tails.percentiles(startup(many), "timeline.ready", "host", "Start-up")
    assert shown is not None
    rows = {row[0]: row[1:] for row in shown.rows}
    [ready] = many.summary.query(
        "scenario == 'startup' and isolation == 'bare' and metric == 'timeline.ready'"
    ).to_dict("records")
    assert ready["p95_low"] <= ready["p95"] <= ready["p95_high"]
    assert rows["bare"][0].value == ready["p95"]  # type: ignore[attr-defined]  # a Valued
    assert rows["bare"][2:] == ("too few: 299 would do", "–", "60")
    assert ready["p99"] != ready["p99"]  # missing


def test_a_few_trials_have_a_note_instead(tmp_path: Path) -> None:
    sweep = startup(bench.Run(write_run(tmp_path / "run", rounds=7)))
    assert tails.percentiles(sweep, "timeline.ready", "host", "Start-up") is None
    assert tails.notes(sweep) == (
        "Trials that ended well, spoiled ones among them, with the share's 95 % interval: each 7 of 7, 64.6 to 100 %.",
        "7 trials are too few for high percentiles: it takes 59 for p95 and 299 for p99.",
    )


def test_a_share_of_success_is_in_the_summary_and_below_the_first_table(many: bench.Run) -> None:
    memory = next(one for one in many.sweeps if one.scenario == "memory")
    assert tails.notes(memory) == (
        "Trials that ended well, with the share's 95 % interval: bare and docker 60 of 60, 94.0 to 100 %; "
        "vm (emulated) 59 of 60, 91.1 to 99.7 %.",
    )
    row = many.summary.query("scenario == 'memory' and isolation == 'vm'").iloc[0]
    assert row["success"] == pytest.approx(59 / 60)
    assert 0.9 < row["success_low"] < row["success"] < row["success_high"] < 1
