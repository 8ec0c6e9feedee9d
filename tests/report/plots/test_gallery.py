"""Pictures drawn by several processes: the same bytes, the same errors, and none missing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench.report.content import Picture
from bench.report.plots import gallery, style

NAMES = tuple("abcdefg")


def figure(number: int) -> Figure:
    with style.settings():
        drawn = style.figure(1.0)
        drawn.subplots().plot([0, number])
    return drawn


def pictures(draw: Callable[[int], Figure] = figure) -> list[Picture]:
    def one(number: int, name: str) -> Picture:
        return Picture(name=name, alt="", draw=lambda: draw(number))

    return [one(number, name) for number, name in enumerate(NAMES)]


def drawn_by(processes: int, folder: Path, monkeypatch: pytest.MonkeyPatch, shown: list[Picture]) -> dict[str, bytes]:
    monkeypatch.setattr(gallery, "_processes", lambda _: processes)
    saved = gallery.save(shown, folder, png=True)
    return {path.name: path.read_bytes() for pair in saved.values() for path in pair}


def test_many_processes_write_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = drawn_by(1, tmp_path / "1", monkeypatch, pictures())
    assert list(alone) == [f"{name}.{kind}" for name in NAMES for kind in ("svg", "png")]
    assert drawn_by(4, tmp_path / "4", monkeypatch, pictures()) == alone
    assert {path.name for path in (tmp_path / "4").iterdir()} == set(alone)


def test_a_png_is_drawn_when_it_is_asked_for_and_does_not_outlive_its_data(tmp_path: Path) -> None:
    assert gallery.save(pictures(), tmp_path, png=True)["a"] == (tmp_path / "a.svg", tmp_path / "a.png")
    assert gallery.save(pictures(), tmp_path)["a"] == (tmp_path / "a.svg",)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.svg" for name in NAMES}


def test_others_do_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, told = os.getpid(), tmp_path / "drew"

    def draw(number: int) -> Figure:
        if os.getpid() != mine:
            told.touch()
        until = time.monotonic() + 30
        while not told.exists() and time.monotonic() < until:  # this process goes on when another has begun
            time.sleep(0.01)
        return figure(number)

    drawn_by(2, tmp_path / "plots", monkeypatch, pictures(draw))
    assert told.exists()


@pytest.mark.parametrize("processes", [1, 3])
def test_an_error_is_that_of_the_first_picture_that_cannot_be_drawn(
    processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def draw(number: int) -> Figure:
        if number in (2, 5):
            raise ValueError(NAMES[number])
        return figure(number)

    with pytest.raises(ValueError, match=r"^c$"):
        drawn_by(processes, tmp_path, monkeypatch, pictures(draw))
    assert capfd.readouterr() == ("", "")


def test_what_a_killed_process_leaves_is_drawn_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.getpid()

    def draw(number: int) -> Figure:
        if os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return figure(number)

    assert len(drawn_by(3, tmp_path, monkeypatch, pictures(draw))) == 2 * len(NAMES)


def test_few_pictures_are_drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert [gallery._processes(count) for count in (0, 1, 3, 4, 7, 100)] == [1, 1, 1, 2, 3, 8]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5})
    assert gallery._processes(100) == 1
