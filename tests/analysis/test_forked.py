"""Work shared out among processes: the results of one, the errors of one, and nothing lost with a process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bench.analysis import forked


def tasks(do: Callable[[int], object]) -> list[Callable[[], object]]:
    return [partial(do, number) for number in range(12)]


@pytest.mark.parametrize("processes", [0, 1, 3])
def test_results_come_in_the_order_of_their_tasks(processes: int) -> None:
    assert forked.done(tasks(lambda number: number**2), processes) == [number**2 for number in range(12)]


def test_others_do_some_of_the_work(tmp_path: Path) -> None:
    mine, told = os.getpid(), tmp_path / "begun"

    def do(_number: int) -> int:
        if os.getpid() != mine:
            told.touch()
        until = time.monotonic() + 30
        while not told.exists() and time.monotonic() < until:  # this process goes on when another has begun
            time.sleep(0.01)
        return os.getpid()

    assert set(forked.done(tasks(do), 2)) - {mine}


def test_what_a_killed_process_leaves_is_done_all_the_same() -> None:
    mine = os.getpid()

    def do(number: int) -> int:
        if os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert forked.done(tasks(do), 3) == list(range(12))


def test_what_cannot_be_sent_is_done_here() -> None:
    found = forked.done(tasks(lambda number: lambda: number), 3)
    assert [made() for made in found if callable(made)] == list(range(12))


@pytest.mark.parametrize("processes", [1, 3])
def test_the_first_error_is_raised(processes: int) -> None:
    def do(number: int) -> int:
        if number in (2, 5):
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match=r"^2$"):
        forked.done(tasks(do), processes)
