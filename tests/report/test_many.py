"""Sixteen isolations in one report: no table runs off the page, nothing is told by colour alone."""

from __future__ import annotations

import io
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from rich.console import Console

from bench.analysis.data.frame import load, load_manifest
from bench.analysis.figures.comparison import Comparison, comparisons
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.report.compose import compose
from bench.report.content import Report, Table
from bench.report.plots import one_setting, panels, style
from bench.report.render import terminal
from bench.report.tables import figures
from bench.report.text.spectrum import Said, ratio_far, spectrum_sentences
from bench.report.text.words import EMULATED
from tests.synthetic import write_run

COPIES = {
    "docker": ("unshare", "bubblewrap", "nspawn", "lxc", "crun", "runc", "runsc", "podman", "docker:runsc"),
    "vm": ("uml", "docker:runsc-net", "vm:q35", "vm:microvm"),
}
"""Isolations of the scripted run, and under which names its trials are written once more, each slower than the last."""
NAMES = ("bare", "docker", "vm", *(name for names in COPIES.values() for name in names))
THREADS = (1, 2, 4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scripted run with sixteen isolations, and with a third number of threads so that there are curves."""
    folder = write_run(tmp_path_factory.mktemp("results") / "run", rounds=4, trouble=False)
    lines = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    lines += [one | {"parameters": {"threads": 4}} for one in lines if one["parameters"] == {"threads": 2}]
    for original, names in COPIES.items():
        for turn, name in enumerate(names, start=2):
            lines += [_as(one, name, turn) for one in lines if one["isolation"] == original]
    numbered = [line | {"number": number} for number, line in enumerate(lines, start=1)]
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in numbered))
    _describe(folder / "manifest.json", len(numbered))
    return folder


def _as(trial: dict[str, object], name: str, turn: int) -> dict[str, object]:
    samples = [
        one | {"value": one["value"] * turn}
        for one in trial["samples"]  # type: ignore[attr-defined]
        if name in COPIES["vm"] or not one["metric"].startswith("timeline.") or one["metric"] in _FEW
    ]
    return trial | {"isolation": name, "emulated": name.startswith("vm"), "samples": samples}


_FEW = ("timeline.start", "timeline.ready", "timeline.bye", "timeline.gone")
"""What the copies of docker mark of a start: two steps at most."""


def _describe(file: Path, planned: int) -> None:
    manifest = json.loads(file.read_text())
    for original, names in COPIES.items():
        told_of = manifest["isolations"][original]
        manifest["isolations"] |= {name: told_of | {"emulated": name.startswith("vm")} for name in names}
    manifest["scenarios"]["cpu"]["parameters"] = {"threads": list(THREADS)}
    file.write_text(json.dumps(manifest | {"planned": planned}))


@pytest.fixture(scope="module")
def report(run: Path) -> Report:
    return compose(run)


@pytest.fixture(scope="module")
def found(run: Path) -> dict[str, Comparison]:
    return {one.scenario: one for one in comparisons(load(run))}


@pytest.fixture(scope="module")
def cpu(run: Path) -> Sweep:
    return {one.scenario: one for one in sweeps(load(run), load_manifest(run))}["cpu"]


def every_table(report: Report) -> list[Table]:
    facets = [facet for section in report.sections for facet in section.facets]
    return [table for facet in facets for table in (facet.table, *facet.details)]


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_cuts_nothing(report: Report, width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(terminal.render(report))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    assert all(name in flat for name in NAMES)
    assert "…" not in text.partition("What people claim")[0]


def test_no_table_has_a_column_for_each_of_many(report: Report) -> None:
    wide = {table.title: len(table.head) for table in every_table(report) if len(table.head) > 3 * figures.MOST_BESIDE}
    assert not wide
    shown = {name for table in every_table(report) for row in (table.head, *table.rows) for name in row}
    assert {*NAMES} <= {name.removesuffix(" (emulated)") for name in shown}


def test_each_section_speaks_of_both_ends_and_of_the_furthest_that_is_no_emulation(report: Report) -> None:
    start = next(section for section in report.sections if section.anchor == "startup")
    said = start.facets[0].sentences
    assert [text.partition(":")[0] for text in said] == [
        "Nearest to bare of 15 isolations",
        "Furthest from it",
        "Furthest of those that are not emulated",
    ]
    assert "vm:microvm (emulated)" in said[1]
    assert "docker:runsc-net" in said[2]


def test_starts_of_one_step_or_two_are_not_drawn_but_in_the_table(found: dict[str, Comparison], report: Report) -> None:
    picture = one_setting.start_up(found["startup"])
    assert picture is not None
    drawn = {axes.get_title(loc="left").partition(": steps")[0] for axes in picture.axes[1:]}
    assert drawn == {"docker", "vm", *COPIES["vm"]}
    start = next(section for section in report.sections if section.anchor == "startup")
    assert {row[0].removesuffix(" (emulated)") for row in start.facets[0].details[0].rows} == set(NAMES)


def test_curves_are_told_apart_by_their_markers_and_keep_to_their_place(cpu: Sweep) -> None:
    picture = panels.metric(cpu, "events_per_s")
    assert picture is not None
    curves = [line for line in picture.axes[0].lines if len(np.asarray(line.get_xdata())) == len(THREADS)]
    assert len({line.get_marker() for line in curves}) == len(curves) == len(NAMES)
    places = np.array([np.asarray(line.get_xdata(), dtype=float) for line in curves])
    assert places[:, 0].max() < places[:, 1].min()
    assert places[:, 1].max() < places[:, 2].min()


def test_every_picture_has_room_for_its_legend(report: Report, tmp_path: Path) -> None:
    pictures = [facet.picture for section in report.sections for facet in section.facets if facet.picture]
    assert len(pictures) >= 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for picture in pictures:
            one_setting.save(picture.figure, tmp_path, picture.name)


@pytest.mark.parametrize("count", [1, 3, 4, 16])
def test_a_legend_of_long_names_keeps_to_the_page(count: int) -> None:
    labels = [f"vm:{number} ({EMULATED})" for number in range(count)]
    with style.settings():
        drawn = style.figure(4.0)
        axes = drawn.subplots()
        handles = [axes.plot([0, 1], [0, 1])[0] for _ in labels]
        legend = drawn.legend(handles, labels, ncols=style.legend_columns(labels), frameon=False)
        drawn.canvas.draw()
    assert legend.get_window_extent().width <= style.WIDTH_INCHES * drawn.dpi
    assert style.legend_rows(labels) == -(-count // style.legend_columns(labels))


def test_no_remark_covers_a_title(found: dict[str, Comparison]) -> None:
    picture = one_setting.memory(found["memory"])
    assert picture is not None
    with style.settings():
        picture.canvas.draw()
    drawn = {text.get_text(): text.get_window_extent() for text in picture.findobj(Text) if isinstance(text, Text)}
    assert not drawn["Idle memory, PSS by role"].overlaps(drawn[f"vm and 2 more: {EMULATED}"])


def test_of_a_few_everything_is_said() -> None:
    said = [Said(text=f"{number}.", far=number, emulated=False) for number in range(figures.MOST_BESIDE)]
    assert spectrum_sentences(said) == tuple(one.text for one in said)


def test_of_many_without_bare_everything_is_said() -> None:
    said = [Said(text="x.", far=math.nan, emulated=False)] * 9
    assert len(spectrum_sentences(said)) == 9


def test_the_furthest_is_said_once_where_it_is_no_emulation() -> None:
    said = [Said(text=f"{number}.", far=9.0 - number, emulated=number == 5) for number in range(7)]
    assert spectrum_sentences(said) == ("Nearest to bare of 7 isolations: 6.", "Furthest from it: 0.")


def test_half_is_as_far_as_twice() -> None:
    assert ratio_far(0.5) == pytest.approx(ratio_far(2.0))
    assert math.isnan(ratio_far(0.0))
    assert math.isnan(ratio_far(math.nan))
