"""The pictures of a sweep."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from bench.analysis.data.frame import load, load_manifest
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.report.plots import bars, panels
from bench.report.text.words import EMULATED
from tests.synthetic import write_run
from tests.synthetic_service import write_service_run


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    run = write_service_run(tmp_path_factory.mktemp("results") / "run")
    (found,) = sweeps(load(run), load_manifest(run))
    return found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sweep]:
    run = write_run(tmp_path_factory.mktemp("results") / "run")
    return {one.scenario: one for one in sweeps(load(run), load_manifest(run))}


def titles(figure: Figure, where: str) -> list[str]:
    return [axes.get_title(loc=where) for axes in figure.axes]  # type: ignore[arg-type]


def legend(figure: Figure) -> list[str]:
    said = [text.get_text() for shown in figure.legends for text in shown.get_texts()]
    return [text for text in said if text != "dots are trials"]


def drawn(figure: Figure | None) -> Figure:
    assert figure is not None
    figure.canvas.draw_idle()
    return figure


def test_over_a_number_there_is_a_panel_for_each_other_combination_and_its_ratios_below(sweep: Sweep) -> None:
    figure = drawn(panels.metric(sweep, "transactions_per_s"))
    assert len(figure.axes) == 4 * 2 * 2
    named = [title for title in titles(figure, "left") if title]
    assert sorted(named)[:2] == ["host, volume, read", "host, volume, write"]
    assert len(named) == 8
    assert [label.get_text() for label in figure.axes[-1].get_xticklabels()] == ["1", "8", "64", "256"]
    assert figure.axes[-1].get_xlabel() == "threads"


def test_a_line_per_isolation_and_whoever_is_missing_is_said(sweep: Sweep) -> None:
    figure = drawn(panels.metric(sweep, "transactions_per_s"))
    assert legend(figure) == ["bare", "docker", f"vm ({EMULATED})"]
    said = titles(figure, "right")
    assert said.count("vm (emulated): not offered") == 2
    assert said.count("vm (emulated): 5 of 5 did not return") == 2
    assert sum(bool(re.search(r"beyond: .*vm \(emulated\) 0\.0[56]", text)) for text in said) == 4
    curves = [[line for line in axes.lines if line.get_linestyle() != "None"] for axes in figure.axes]
    counts = {len([line for line in mine if len(line.get_xdata()) == 4]) for mine in curves}  # type: ignore[arg-type]
    assert counts == {1, 2, 3}


def test_all_panels_share_their_scales(sweep: Sweep) -> None:
    figure = drawn(panels.metric(sweep, "latency_p95_ms"))
    limits = {axes.get_ylim() for axes in figure.axes}
    assert len(limits) == 2  # the figures', the ratios'
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert {"10 ms", "100 ms", "1 s", "10 s"} <= set(ticks)


def test_settings_that_are_no_number_are_rows(sweep: Sweep, old: dict[str, Sweep]) -> None:
    figure = drawn(panels.metric(sweep, "timeline.ready", "host", "Ready"))
    (axes,) = figure.axes
    rows = [label.get_text().split("\n")[0] for label in axes.get_yticklabels()]
    assert rows == ["socket, layer", "host, volume", "published, layer", "published, volume"]
    assert [text.get_text() for text in axes.texts if "return" in text.get_text()] == [
        "vm (emulated): 5 of 5 did not return"
    ]
    two = drawn(panels.metric(old["cpu"], "events_per_s"))  # two numbers are a comparison, no curve
    assert [label.get_text().split("\n")[0] for label in two.axes[0].get_yticklabels()] == [
        "threads = 1", "threads = 2",
    ]  # fmt: skip
    assert legend(two) == ["docker", f"vm ({EMULATED})"]


@pytest.mark.parametrize("when", ["idle", "load"])
def test_memory_is_stacked_setting_by_setting_on_one_scale(sweep: Sweep, when: str) -> None:
    figure = drawn(panels.memory(sweep, when))
    assert titles(figure, "left") == ["socket, layer", "host, volume", "published, layer", "published, volume"]
    assert titles(figure, "right")[1] == "vm (emulated): not offered"
    assert titles(figure, "right")[3] == "vm (emulated): 5 of 5 did not return"
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    hatches = {patch.get_hatch() for axes in figure.axes for patch in axes.patches if patch.get_hatch()}
    assert hatches == {"///", "---"}  # shim and monitor, the same in every panel


def test_one_setting_is_no_sweep(old: dict[str, Sweep]) -> None:
    assert panels.metric(old["startup"], "timeline.ready", "host") is None
    assert panels.memory(old["startup"], "idle") is None


def test_of_more_settings_than_a_page_holds_some_are_drawn_and_it_is_said(sweep: Sweep) -> None:
    many = replace(sweep, comparisons=sweep.comparisons * 6)
    figure = drawn(panels.memory(many, "idle"))
    every = [row for row in many.comparisons if bars.memory_rows(row, "idle")]
    assert 2 <= len(figure.axes) < len(every)
    shown = titles(figure, "left")
    assert (shown[0], shown[-1]) == ("socket, layer", "published, volume")
    assert figure.get_suptitle() == f"{len(shown)} of {len(every)} settings: the table has them all"
