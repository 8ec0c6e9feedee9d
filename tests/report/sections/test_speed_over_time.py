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
from bench.report.content import Facet, Report, Valued
from bench.report.plots import overview_forest
from bench.report.sections import speed_over_time
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
    return speeds_of(composed)


def of_cpu(run: Path) -> Facet:
    return speeds_of(report.compose(run))


def speeds_of(composed: Report) -> Facet:
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
    assert isinstance(first, Valued)
    assert isinstance(last, Valued)
    assert [first.value, last.value] == pytest.approx([500, 800], rel=0.01)
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
    [worked] = [said for said in composed.answer if said.startswith("Work done")]
    docker, machine = worked.split("; ")[:2]
    assert "of 4 figures, 4 of them over a speed that changed" in docker
    assert "of 4 figures, 2 of them over a speed that changed" in machine
    assert composed.overview.picture is not None
    drawn = composed.overview.picture.figure
    panel = drawn.axes[-2]
    assert [label.get_text() for label in panel.get_yticklabels()][:2] == ["docker †", "vm (emulated)"]
    assert panel.texts[0].get_text() == "CPU throughput: events per s (bare †)"
    assert drawn.legends[0].get_texts()[-1].get_text() == "† speed changed"


def test_a_mark_stays_whole_where_a_name_is_cut(composed: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview_forest, "_NAME_LETTERS", 5)
    monkeypatch.setattr(overview_forest, "_WHAT_LETTERS", 20)
    assert composed.overview is not None
    assert composed.overview.picture is not None
    panel = composed.overview.picture.figure.axes[-2]
    assert panel.get_yticklabels()[0].get_text().endswith(" †")
    assert panel.texts[0].get_text().endswith(" (bare †)")
    assert len(panel.texts[0].get_text()) <= 20


def test_a_summary_has_it_and_what_is_made_of_it(run: Path) -> None:
    table = bench.summarize(bench.load(run)).set_index(["isolation", "metric"])
    kinds = table["warmup"].dropna()
    assert set(kinds.index.get_level_values("metric")) == {
        "events_per_s", "events_per_s.per_cpu_s", "events_per_s.cpu_s_per_1000", "latency_p95",
    }  # fmt: skip
    assert set(kinds["docker", "events_per_s"]) == {"warming", "flat"} == set(kinds["docker", "latency_p95"])


@pytest.mark.parametrize("stalled", [[0.0] * POINTS, [0.0] * 8 + [500.0] * 4])
def test_a_workload_that_stalled_is_in_the_table_and_not_drawn(stalled: list[float], tmp_path: Path) -> None:
    made = of_cpu(told(tmp_path / "run", lambda name, n: stalled if name == "vm" else levels(name, n)))
    assert [row[3] for row in made.table.rows if row[1] == "vm (emulated)"] == ["0 /s"] * 2
    assert made.picture is not None
    assert not [axes for axes in made.picture.figure.axes if "vm" in axes.get_title(loc="left")]
    nothing = of_cpu(told(tmp_path / "none", lambda _name, _n: stalled))
    assert nothing.picture is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_point_that_cannot_be_is_left_out_and_said(value: float, tmp_path: Path) -> None:
    run = told(tmp_path / "run", lambda _name, _n: [800.0, value, *[800.0] * 9])
    assert {row[2] for row in of_cpu(run).table.rows} == {"flat"}
    assert "events_per_s.series (workload)" in report.compose(run).troubles[0].reason


def test_who_said_too_few_figures_is_named(tmp_path: Path) -> None:
    run = told(tmp_path / "run", lambda name, _n: [800.0] * (5 if name == "docker" else POINTS))
    assert of_cpu(run).sentences == ("All that are shown here had a steady speed.", "Too few figures to judge: docker.")


def test_of_one_setting_and_without_bare_it_is_said_as_well(tmp_path: Path) -> None:
    run = told(tmp_path / "run", levels)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    kept = [one for one in trials if one["isolation"] != "bare" and one["parameters"] != {"threads": 2}]
    (run / "trials.jsonl").write_text("".join(json.dumps(one) + "\n" for one in kept))
    made = of_cpu(run)
    assert made.table.head[:2] == ("isolation", "course")
    assert [row[:2] for row in made.table.rows] == [("docker", "warming"), ("vm (emulated)", "flat")]
    assert "| docker | warming |" in report.write(run).markdown.read_text()


def test_too_few_points_are_not_shown(tmp_path: Path) -> None:
    short = report.compose(told(tmp_path / "run", levels, points=7))
    assert not [one for part in short.sections for one in part.facets if one.table.title.endswith("while it ran")]


def test_of_more_cells_than_a_page_holds_those_without_steady_speed_are_drawn(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_over_time, "MOST_PANELS", 2)
    picture = of_cpu(run).picture
    assert picture is not None
    drawn = picture.figure
    titles = [axes.get_title(loc="left") for axes in drawn.axes if axes.get_title(loc="left")]
    assert titles == ["docker, threads = 1", "bare, threads = 2"]
    assert drawn.get_suptitle() == "Events per s while it ran, 2 of 6 cells: the table has them all"
