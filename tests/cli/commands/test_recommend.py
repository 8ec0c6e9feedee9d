"""The command that ranks: terminal, Markdown, refusals with exit codes and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.commands.recommend import read_weights, recommend
from bench.errors import InputError
from tests.synthetic_surface import write_surface_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_surface_run(tmp_path_factory.mktemp("results") / "run")


def test_a_ranking_fits_a_terminal_and_says_what_would_change_it(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    recommend(str(run), run.parent, weights="start=3,memory=1,cpu=2,surface=4", musts=["start<1s"], to=None)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    text = " ".join(said.split())
    assert "bare comes first, in every resample. Weights: start 3, memory 1, cpu (threads = 1) 2 and surface 4." in text
    assert "Not ranked: vm: start is not < 1 s." in text
    assert "What would change who comes first:" in text
    assert "Start of bare above 258 ms instead of 1.91 ms: docker." in text


def test_markdown_goes_to_a_file_or_is_printed(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recommend(str(run), run.parent, weights=None, musts=[], to=str(tmp_path / "choice.md"))
    assert "bare comes first" in capsys.readouterr().out
    recommend(str(run), run.parent, weights=None, musts=[], to="-")
    said = capsys.readouterr().out
    assert said == (tmp_path / "choice.md").read_text()
    assert said.startswith("**bare comes first, in every resample.")
    assert "| isolation | place: how often | cost, of the first's | start | memory | cpu | surface |" in said


def test_weights_are_read_or_refused_with_what_is_right() -> None:
    assert read_weights("start=3, memory = .5,cpu.latency_p95=2") == {"start": 3, "memory": 0.5, "cpu.latency_p95": 2}
    for wrong in ("start", "start=", "start=-1", "start=1,,memory=2", "start=nan"):
        with pytest.raises(InputError, match=r"is no weight.*--weights start=3,memory=1"):
            read_weights(wrong)
    with pytest.raises(InputError, match="'start=2' is given twice"):
        read_weights("start=1,start=2")


def test_a_figure_that_is_not_there_is_refused_with_the_command_that_measures_it(run: Path) -> None:
    with pytest.raises(
        InputError, match=r"no figure of disk.*python -m bench run startup disk --isolation bare,docker"
    ):
        recommend(str(run), run.parent, weights="start=1,disk=2", musts=[], to=None)
