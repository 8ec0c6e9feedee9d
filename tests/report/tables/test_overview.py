import json
import re
from pathlib import Path

import matplotlib.pyplot
import pytest

from bench import report
from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures import glance
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.report import content
from bench.report.plots import overview_forest
from bench.report.tables import overview
from bench.report.text import answer, effect
from tests.synthetic import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of vm's idle memory every trial timed out; the rest is as it should be."""
    folder = write_run(tmp_path_factory.mktemp("results") / "run", rounds=8, trouble=False)
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if (trial["isolation"], trial["scenario"]) == ("vm", "memory"):
            trial |= {"outcome": "did not return", "reason": "no start mark within 60 s", "samples": []}
    (folder / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return folder


@pytest.fixture(scope="module")
def found(run: Path) -> tuple[Sweep, ...]:
    return sweeps(load(run), load_manifest(run))


@pytest.fixture(scope="module")
def lines(run: Path, found: tuple[Sweep, ...]) -> tuple[overview.OverviewRow, ...]:
    return overview.lines(found, load_manifest(run))


def test_there_is_a_line_for_every_isolation_and_headline_figure(lines: tuple[overview.OverviewRow, ...]) -> None:
    assert [(line.kind, line.isolation) for line in lines] == [
        (kind, isolation)
        for kind, figures in zip(overview.KINDS, (1, 1, 2), strict=True)
        for _ in range(figures)
        for isolation in ("docker", "vm")
    ]
    assert {len(line.places) for line in lines if line.kind == overview.KINDS[2]} == {2}


def test_what_did_not_return_is_said_with_its_count_and_never_nought(
    lines: tuple[overview.OverviewRow, ...], run: Path, found: tuple[Sweep, ...]
) -> None:
    (lost,) = [line for line in lines if line.kind == "Idle memory" and line.isolation == "vm"]
    assert lost.known == ()
    assert lost.gaps == ("8 of 8 did not return",)
    table = overview.table(found, load_manifest(run))
    assert table is not None
    (row,) = [row for row in table.rows if "memory" in row[0] and row[1].startswith("vm")]
    assert row[2:] == ("8 of 8 did not return", *["–"] * 6)


def test_the_table_has_bare_and_says_in_words_what_is_shown(run: Path, found: tuple[Sweep, ...]) -> None:
    table = overview.table(found, load_manifest(run))
    assert table is not None
    by_name = {row[1]: row for row in table.rows if row[0].startswith("Start-up")}
    assert by_name["bare"][5] == "–"
    assert by_name["docker"][5] == effect.WORSE
    assert [by_name[name][7] for name in ("bare", "docker", "vm (emulated)")] == ["1", "2", "3"]
    cell = by_name["docker"][3]
    assert isinstance(cell, content.Valued)
    assert cell.value == pytest.approx(91, rel=0.1)


def test_the_picture_has_every_line_with_its_standing(lines: tuple[overview.OverviewRow, ...]) -> None:
    figure = overview_forest.draw(lines)
    assert figure is not None
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert any("8 of 8 did not return" in text for text in said)
    assert sum("worse" in text for text in said) >= 3
    assert figure.axes[0].get_xscale() == "log"
    assert not matplotlib.pyplot.get_fignums()


def test_few_rounds_among_many_comparisons_are_a_sign_of_their_own(tmp_path: Path) -> None:
    """Of three rounds, the test among many shows nothing, and a start that takes longer tenfold is not called none."""
    few = write_run(tmp_path / "run", rounds=3, trouble=False)
    figure = overview_forest.draw(overview.lines(sweeps(load(few), load_manifest(few)), load_manifest(few)))
    assert figure is not None
    said = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "too few" in said
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert glance.TOO_FEW in legend
    assert not any("no figure" in text for text in legend), "what does not occur is not explained"


def test_nothing_to_hold_against_bare_gives_no_picture() -> None:
    assert overview_forest.draw(()) is None


def test_the_answer_is_a_sentence_for_each_kind_of_figure_with_intervals(
    lines: tuple[overview.OverviewRow, ...], found: tuple[Sweep, ...]
) -> None:
    started, held, worked = answer.answer(lines, found)
    assert re.search(r"docker starts in 172 ms, 90\.4 times bare's 1\.\d\d ms \(87\.0 to 94\.8\)\. vm", started)
    assert held.startswith("Idle memory: docker holds 3.")
    assert "MiB more than bare (" in held
    assert worked.startswith("Work done: docker is ")
    assert "of 4 figures" in worked


def test_the_answer_stands_before_everything_in_markdown(run: Path) -> None:
    text = report.write(run).markdown.read_text()
    places = [text.index(what) for what in ("## In short", "## Against bare", "## Start-up", "## How to reproduce it")]
    assert places == sorted(places)
    assert "--seed 42" in text
