"""The history's page: what it shows, in which order, and what it leaves to the table."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.history.history import History, history_of
from bench.report import recorded
from bench.report.blocks import Tabled
from bench.report.plots.over_runs import LEVEL_WIDTH
from bench.report.sections import history
from tests.synthetic_history import write_history


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("history")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOBENCH_STATE", str(folder / "state"))
        write_history(folder / "results", 16, factors=lambda number: {"latency on docker": 1.2 if number >= 8 else 1.0})
        return history_of([folder / "results"])


def test_shifts_come_first_then_each_scenario(found: History) -> None:
    assert [one.title for one in history.chapters(found)] == [
        "Isobench history", "In short", "Shifts", "work", "How shifts are found",
    ]  # fmt: skip


def test_every_figure_is_drawn_once_and_is_in_the_table(found: History) -> None:
    shown = history.chapters(found)
    pictures = history.pictures(shown)
    assert [len(one.figure.axes) for one in pictures] == [2, 6]  # two panels a row
    drawn = [axes.get_title("left") for one in pictures for axes in one.figure.axes if axes.axison]
    assert sorted(drawn) == sorted(set(drawn))
    assert len(drawn) == len(found.courses) == 6
    [work] = [one for one in shown if one.title == "work"]
    [table] = [block.table for block in work.blocks if isinstance(block, Tabled)]
    assert len(table.rows) == 6


def test_the_panel_of_a_shift_says_where_and_how_much(found: History) -> None:
    picture, _ = history.pictures(history.chapters(found))
    [axes, _] = picture.figure.axes
    [said] = [text.get_text() for text in axes.texts]
    assert said.startswith("▼ worse, +")
    assert said[2:] in picture.alt
    drawn = [
        np.asarray(line.get_ydata(), dtype="float64") for line in axes.lines if line.get_linewidth() == LEVEL_WIDTH
    ]
    levels = [one[0] for one in drawn]
    assert levels[1] / levels[0] == pytest.approx(1.2, rel=0.02)


def test_of_too_many_figures_a_picture_says_how_many_it_has(found: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_PANELS", 2)
    _, picture = history.pictures(history.chapters(found))
    assert "2 of 5: the table has them all" in picture.alt
    assert len(picture.figure.axes) == 2


def test_the_same_history_gives_the_same_page(found: History) -> None:
    assert recorded.page(found) == recorded.page(found)
