"""Every public table is what ``bench.schemas`` says of it: columns in order, dtypes; each column says its meaning."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.store.table import dtypes
from tests.synthetic_history import write_history

RUN = Path(bench.__file__).parents[1] / "results/published/cpu-bound-work"


def written_history() -> pd.DataFrame:
    """Published runs have no host's name any more, and so no history."""
    with tempfile.TemporaryDirectory() as folder:
        return bench.history(write_history(Path(folder), 2))


TABLES: Mapping[str, Callable[[], pd.DataFrame]] = {
    "samples": lambda: bench.load(RUN),
    "summary": lambda: bench.summarize(bench.load(RUN)),
    "glance": lambda: bench.Run(RUN).glance,
    "verdicts": lambda: bench.verdicts(RUN),
    "disturbances": lambda: bench.disturbances(RUN),
    "calibration": lambda: bench.calibration(bench.load(RUN)),
    "changes": lambda: bench.compare(RUN, RUN, across_hosts=True),
    "history": written_history,
    "recommendation": lambda: bench.Run(RUN).recommend({"cpu": 1}).table,
    "pareto": lambda: bench.Run(RUN).pareto(),
}


def test_every_schema_is_held_to_its_table() -> None:
    assert set(TABLES) == set(bench.schemas)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_that_its_schema_says(name: str) -> None:
    table = TABLES[name]()
    assert {column: str(dtype) for column, dtype in table.dtypes.items()} == dtypes(bench.schemas[name])
    assert list(table.columns) == [one.name for one in bench.schemas[name]]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_says_what_it_means_and_every_figure_its_unit(name: str) -> None:
    for one in bench.schemas[name]:
        assert one.meaning
        assert bool(one.unit) is (one.dtype == "float64"), one


def test_a_schema_is_a_table_in_a_notebook() -> None:
    shown = pd.DataFrame(bench.schemas["summary"])
    assert list(shown.columns) == ["name", "dtype", "unit", "meaning"]
    assert len(shown) == len(bench.schemas["summary"])
