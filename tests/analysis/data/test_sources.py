"""A figure is what it is, however many samples are left out of which it is not made."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.analysis.data.frame import load
from bench.analysis.data.sources import needed
from bench.analysis.figures.by_round import sides
from bench.analysis.figures.headlines import is_headline
from bench.analysis.figures.summary import measured
from tests.analysis.data.test_at_once import burst, times
from tests.analysis.data.test_losses import trials
from tests.synthetic import write_run
from tests.synthetic_service import write_service_run

PUBLISHED = Path(__file__).parents[3] / "results" / "published"

Figures = dict[tuple[str, ...], list[float]]


def _figures(frame: pd.DataFrame) -> Figures:
    return {
        (*cell, *key): side.values.tolist() for cell, own in sides(measured(frame)).items() for key, side in own.items()
    }


def _headlines(frame: pd.DataFrame) -> Figures:
    return {key: values for key, values in _figures(frame).items() if is_headline(*key[3:5])}


def _of(figures: Figures, metric: str) -> Figures:
    return {key: values for key, values in figures.items() if key[3] == metric}


@pytest.fixture(scope="module", params=["run", "service", "burst", "neighbour"])
def frame(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("sources") / "run"
    match request.param:
        case "run":
            write_run(folder)
        case "service":
            write_service_run(folder)
        case "burst":
            return burst(*times(1, [0.2]), *times(4, [0.2, 0.3, 0.4, 0.5]))
        case _:
            return trials((1, "none", "apart", 10.0, 1.0), (1, "cpu", "apart", 8.0, 2.0))
    return load(folder, compact=True)


def test_any_figure_is_the_one_that_all_samples_make(frame: pd.DataFrame) -> None:
    whole = _figures(frame)
    for metric in {key[3] for key in whole}:
        assert _of(_figures(frame[needed(frame, {metric})]), metric) == _of(whole, metric)


@pytest.mark.parametrize("name", ["cpu-bound-work", "sixteen-isolations"])
def test_headline_figures_of_real_runs_take_a_part_of_the_samples(name: str) -> None:
    frame = load(PUBLISHED / name, compact=True)
    taken = frame[needed(frame, ())]
    whole, found = (
        {key: side for key, side in _figures(one).items() if is_headline(*key[3:5])} for one in (frame, taken)
    )
    assert found == whole
    assert len(taken) < len(frame) / 2
