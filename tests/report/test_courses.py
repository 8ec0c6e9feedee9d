"""How speeds went while workloads ran: on the first screen, in a section of their own, in figures and in words."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.lines import Line2D

import bench
from bench import report
from bench.report import courses
from bench.report.content import Facet, Report
from tests.synthetic import write_run

Floats = npt.NDArray[np.float64]
Levels = Callable[[str, int], list[float]]
POINTS = 12


def told(folder: Path, levels: Levels, points: int = POINTS) -> Path:
    """Write a run whose workloads said their speed once a second, by isolation and threads."""
    run = write_run(folder, trouble=False)
    chance = random.Random(9)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if trial["scenario"] == "cpu":
            speeds = levels(trial["isolation"], trial["parameters"]["threads"])[:points]
            trial["samples"] += [
                {"metric": "events_per_s.series", "value": speed * chance.lognormvariate(0, 0.002), "unit": "1/s",
                 "vantage": "workload", "better": "higher", "at_s": 3.0 + second}
                for second, speed in enumerate(speeds)
            ]  # fmt: skip
    (run / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    return run


def levels(isolation: str, threads: int) -> list[float]:
    """Docker warms up at one thread, bare slows down at two; all else is steady."""
    if (isolation, threads) == ("docker", 1):
        return [500.0] * 4 + [800.0] * 8
    return [800.0] * 5 + [600.0] * 7 if (isolation, threads) == ("bare", 2) else [800.0] * POINTS


def xs(line: Line2D) -> Floats:
    return np.asarray(line.get_xdata(), dtype=float)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return told(tmp_path_factory.mktemp("results") / "run", levels)


@pytest.fixture(scope="module")
def composed(run: Path) -> Report:
    return report.compose(run)


@pytest.fixture(scope="module")
def facet(composed: Report) -> Facet:
    [cpu] = [section for section in composed.sections if section.anchor == "cpu"]
    assert cpu.facets[cpu.leading].table.title == "Events per s while it ran"
    return cpu.facets[cpu.leading]


def test_the_table_names_every_course_with_how_it_began_and_ended(facet: Facet) -> None:
    rows = {(row[0], row[1]): row[2:] for row in facet.table.rows}
    assert {place: row[0] for place, row in rows.items()} == {
        ("threads = 1", "bare"): "flat", ("threads = 1", "docker"): "warming", ("threads = 1", "vm (emulated)"): "flat",
        ("threads = 2", "bare"): "slowing", ("threads = 2", "docker"): "flat", ("threads = 2", "vm (emulated)"): "flat",
    }  # fmt: skip
    first, last = rows["threads = 1", "docker"][1:3]
    assert (first.removesuffix(" /s")[0], last.removesuffix(" /s")[0]) in {("5", "8"), ("4", "8"), ("5", "7")}
    assert facet.sentences == ("No steady speed: docker, threads = 1; bare, threads = 2.",)


def test_the_picture_has_a_panel_for_each_cell_a_line_for_each_trial_and_a_dot_where_it_changed(facet: Facet) -> None:
    assert facet.picture is not None
    panels = {axes.get_title(loc="left"): axes for axes in facet.picture.figure.axes if axes.get_title(loc="left")}
    assert len(panels) == 6
    warming = panels["docker, threads = 1"]
    assert [text.get_text() for text in warming.texts] == ["warming"]
    lines = [line for line in warming.lines if line.get_marker() != "o" and xs(line).size == POINTS]
    assert len(lines) == 7
    dots = [line for line in warming.lines if line.get_marker() == "o"]
    assert {float(xs(line)[0]) for line in dots} == {4.0}
    assert not any(xs(line).size for line in panels["bare, threads = 1"].lines if line.get_marker() == "o")


def test_the_first_screen_says_whose_speed_a_ratio_rests_on(composed: Report) -> None:
    assert composed.overview is not None
    shown = {
        (row[0], row[1]): row[5]
        for row in composed.overview.table.rows
        if "events per s" in row[0] and row[1] != "bare"
    }
    assert {place: text.rpartition("; ")[2] for place, text in shown.items() if "; " in text} == {
        ("CPU throughput: events per s, threads = 1", "docker"): "warming",
        ("CPU throughput: events per s, threads = 2", "docker"): "bare is slowing",
        ("CPU throughput: events per s, threads = 2", "vm (emulated)"): "bare is slowing",
    }
    assert any("stands for no part of it" in note for note in composed.overview.table.notes)
    assert "docker" in composed.answer[-2]
    assert "of which 1 had no steady speed" in composed.answer[-2]
    assert composed.overview.picture is not None
    rows = [label.get_text() for label in composed.overview.picture.figure.axes[-2].get_yticklabels()]
    assert rows[:2] == ["docker, warming at 1", "vm (emulated)"]
    headings = [text.get_text() for text in composed.overview.picture.figure.axes[-2].texts]
    assert headings[0] == "CPU throughput: events per s (bare: slowing at 1)"


def test_a_summary_has_it_and_what_is_made_of_it(run: Path) -> None:
    table = bench.summarize(bench.load(run)).set_index(["isolation", "metric"])
    kinds = table["warmup"].dropna()
    assert set(kinds.index.get_level_values("metric")) == {
        "events_per_s", "events_per_s.per_cpu_s", "events_per_s.cpu_s_per_1000",
    }  # fmt: skip
    assert set(kinds["docker", "events_per_s"]) == {"warming", "flat"}


def test_too_few_points_are_not_shown(tmp_path: Path) -> None:
    short = report.compose(told(tmp_path / "run", levels, points=7))
    assert not [one for part in short.sections for one in part.facets if one.table.title.endswith("while it ran")]


def test_of_more_cells_than_a_page_holds_those_without_steady_speed_are_drawn(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courses, "MOST_PANELS", 2)
    [cpu] = [section for section in report.compose(run).sections if section.anchor == "cpu"]
    picture = cpu.facets[cpu.leading].picture
    assert picture is not None
    drawn = picture.figure
    titles = [axes.get_title(loc="left") for axes in drawn.axes if axes.get_title(loc="left")]
    assert titles == ["docker, threads = 1", "bare, threads = 2"]
    assert drawn.get_suptitle() == "Events per s while it ran, 2 of 6 cells: the table has them all"
