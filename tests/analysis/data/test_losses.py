"""Losses: each figure beside a neighbour against that beside nobody, in the same round and setting."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from bench.analysis.data.derive import with_derived
from bench.analysis.data.losses import of_pairs
from bench.store.dataset import DTYPES
from tests.analysis.rows import Row, frame


def trials(*cells: tuple[int, str, str, float, float]) -> pd.DataFrame:
    """Return a frame of trials: round, antagonist, place, work, tail."""
    rows: list[Row] = []
    texts: list[str] = []
    rounds: list[int] = []
    for number, (turn, antagonist, place, work, tail) in enumerate(cells, start=1):
        rows += [(number, "docker", "work_per_s", "workload", work, "1/s")]
        rows += [(number, "docker", "tail_us", "workload", tail, "us")]
        rows += [(number, "docker", "neighbour.ended", "host", 0.0, "how it ended")] if antagonist != "none" else []
        count = len(rows) - len(texts)
        texts += [json.dumps({"antagonist": antagonist, "place": place, "victim": "cpu"}, sort_keys=True)] * count
        rounds += [turn] * count
    made = frame(rows).assign(parameters=texts, round=rounds)
    made["better"] = ["higher" if name == "work_per_s" else "lower" for name in made["metric"]]
    return made.astype(dict(DTYPES))


def found(rows: pd.DataFrame, metric: str) -> dict[tuple[int, str], float]:
    own = rows[rows["metric"] == metric]
    return {
        (int(turn), json.loads(text)["place"]): float(value)
        for turn, text, value in zip(own["round"], own["parameters"], own["value"], strict=True)
    }


def test_a_loss_is_within_its_round_and_its_place() -> None:
    samples = trials(
        (1, "none", "same CPU", 100.0, 10.0), (1, "cpu", "same CPU", 50.0, 30.0),
        (1, "none", "another CPU", 80.0, 10.0), (1, "cpu", "another CPU", 80.0, 5.0),
        (2, "none", "same CPU", 200.0, 10.0), (2, "cpu", "same CPU", 50.0, 10.0),
    )  # fmt: skip
    rows = of_pairs(samples)
    assert found(rows, "work_per_s.loss") == {(1, "same CPU"): 50.0, (1, "another CPU"): 0.0, (2, "same CPU"): 75.0}
    assert found(rows, "tail_us.growth") == pytest.approx(
        {(1, "same CPU"): 3.0, (1, "another CPU"): 0.5, (2, "same CPU"): 1.0}
    )
    assert set(rows["unit"]) == {"%", "times"}
    assert len(with_derived(samples)[lambda table: table["metric"] == "work_per_s.loss"]) == 3


def test_a_round_without_its_partner_has_no_loss() -> None:
    assert of_pairs(trials((1, "none", "same CPU", 100.0, 1.0), (2, "cpu", "same CPU", 50.0, 1.0))).empty


def test_where_nobody_has_a_neighbour_nothing_is_lost() -> None:
    assert of_pairs(trials((1, "none", "same CPU", 100.0, 1.0))).empty
