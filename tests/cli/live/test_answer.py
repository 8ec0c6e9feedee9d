"""The answer so far, in the room there is."""

from __future__ import annotations

import pytest

from bench.cli.live.answer import SoFar, table

ANSWER = SoFar(
    columns=["startup", "footprint", "cpu threads = 1"],
    rows=[
        ("bare", ["3.3 ms (3.1 .. 3.5 ms)", "3.5 MiB (3.4 .. 3.6 MiB)", "812 /s"]),
        ("docker:runsc-net", ["176 ms (170 .. 181 ms)", "", "790 /s"]),
    ],
)


def test_every_figure_stands_below_its_column() -> None:
    head, bare, gvisor = table(ANSWER, width=100, height=10, turn=1)
    for row, (_, figures) in zip((bare, gvisor), ANSWER.rows, strict=True):
        for column, figure in zip(ANSWER.columns, figures, strict=True):
            assert row[head.index(column) :].startswith(figure)
    assert gvisor.startswith("docker:runsc-net")


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 120])
@pytest.mark.parametrize("height", [3, 4, 10])
def test_no_line_is_longer_and_no_more_are_there_than_have_room(width: int, height: int) -> None:
    many = SoFar(columns=ANSWER.columns, rows=[*ANSWER.rows] * 20)
    lines = table(many, width=width, height=height, turn=3)
    assert 2 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    assert "more isolations" in lines[-1] or width < 30


def test_columns_without_room_come_in_turn() -> None:
    shown = [table(ANSWER, width=40, height=10, turn=turn) for turn in range(3)]
    assert [lines[0].split()[0] for lines in shown] == ["startup", "footprint", "cpu"]
    assert all("2 more columns in turn" in lines[-1] for lines in shown)


def test_an_interval_without_room_is_left_out_before_its_figure() -> None:
    _, bare, *_ = table(ANSWER, width=24, height=10, turn=0)
    assert bare.split() == ["bare", "3.3", "ms"]


def test_there_is_nothing_without_figures_or_room() -> None:
    assert table(SoFar(columns=[], rows=[]), width=80, height=10, turn=0) == []
    assert table(ANSWER, width=80, height=2, turn=0) == []
    assert table(ANSWER, width=15, height=10, turn=0) == []
