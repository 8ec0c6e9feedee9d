"""Every trial as a dot behind the figures of several settings, as far as a picture can hold them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from bench.analysis.data.frame import load, load_manifest
from bench.analysis.figures.sweep import Sweep, sweeps
from bench.report.plots import panels, scatter
from tests.synthetic import write_run
from tests.synthetic_service import write_service_run


@pytest.fixture(scope="module")
def cpu(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Two numbers of threads, of which no curve is made."""
    run = write_run(tmp_path_factory.mktemp("results") / "run", rounds=5, trouble=False)
    return {one.scenario: one for one in sweeps(load(run), load_manifest(run))}["cpu"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    run = write_service_run(tmp_path_factory.mktemp("results") / "run")
    (found,) = sweeps(load(run), load_manifest(run))
    return found


def dots(figure: Figure | None) -> list[Line2D]:
    """Return what is drawn of trials: the smallest markers, without a line."""
    assert figure is not None
    return [line for axes in figure.axes for line in axes.lines if line.get_markersize() < 2.5 and size(line)]


def size(line: Line2D) -> int:
    return np.asarray(line.get_xdata()).size


def count(figure: Figure | None) -> int:
    return sum(size(line) for line in dots(figure))


def test_rows_of_settings_have_every_trial_relative_to_bare(cpu: Sweep) -> None:
    figure = panels.metric(cpu, "events_per_s")
    assert count(figure) == 2 * 2 * 5  # bare is what they are relative to
    bare = stats.gmean(cpu.comparisons[0].values("bare", "events_per_s", "workload"))
    trials = cpu.comparisons[0].values("docker", "events_per_s", "workload") / bare
    drawn = np.sort(np.asarray(dots(figure)[0].get_xdata(), dtype=float))
    assert drawn == pytest.approx(np.sort(trials))
    assert figure is not None
    assert figure.axes[-1].get_xlabel() == "ratio to bare, with its 95 % interval; dots are trials"
    low, high = figure.axes[0].get_xlim()
    assert all(low <= x <= high for line in dots(figure) for x in np.asarray(line.get_xdata(), dtype=float))


def test_curves_have_every_trial_of_every_panel_and_say_what_dots_are(service: Sweep) -> None:
    figure = panels.metric(service, "transactions_per_s")
    rows = service.rows("transactions_per_s", "workload")
    assert count(figure) == sum(side.n for row in rows for side in row.sides("transactions_per_s", "workload").values())
    assert figure is not None
    assert figure.legends[0].get_texts()[-1].get_text() == "dots are trials"


def test_dots_stand_at_their_isolations_place_and_colour(service: Sweep) -> None:
    figure = panels.metric(service, "transactions_per_s")
    assert figure is not None
    axes = figure.axes[0]
    curves = {line.get_color(): line for line in axes.lines if line.get_markersize() > 4 and size(line)}
    drawn = [line for line in axes.lines if line.get_markersize() < 2.5 and size(line)]
    assert {line.get_color() for line in drawn} == set(curves)
    for line in drawn:
        middles = np.asarray(curves[line.get_color()].get_xdata(), dtype=float)
        groups = np.split(np.asarray(line.get_xdata(), dtype=float), middles.size)
        assert [group.mean() for group in groups] == pytest.approx(middles)


def test_of_too_many_trials_an_even_choice_is_drawn_and_it_is_said(cpu: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scatter, "MOST_EACH", 4)
    monkeypatch.setattr(scatter, "FEWEST", 2)
    found = scatter.dots(cpu.comparisons, "events_per_s", "workload", ["docker", "vm"])
    assert found.note == "dots are 4 of up to 5 trials of each, evenly chosen"
    whole = cpu.comparisons[0].values("docker", "events_per_s", "workload")
    chosen = found.of(0, "docker")
    assert chosen.size == 4
    assert (chosen.min(), chosen.max()) == (whole.min(), whole.max())


def test_a_picture_never_has_more_dots_than_it_holds(cpu: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scatter, "MOST_DOTS", 16)
    assert count(panels.metric(cpu, "events_per_s")) == 16
    monkeypatch.setattr(scatter, "MOST_DOTS", 8)  # two of each would say nothing
    figure = panels.metric(cpu, "events_per_s")
    assert count(figure) == 0
    assert figure is not None
    assert figure.axes[-1].get_xlabel().endswith("; trials are not drawn: too many for a picture")


def test_an_outlier_does_not_flatten_the_figures_and_is_said(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=7, trouble=False)
    trials = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in trials:
        if trial["isolation"] == "docker" and trial["round"] == 1:
            for sample in trial["samples"]:
                sample["value"] *= 50 if sample["metric"] == "events_per_s" else 1
    (run / "trials.jsonl").write_text(
        "".join(json.dumps(trial) + "\n" for trial in trials if trial["isolation"] != "vm")
    )
    found = {one.scenario: one for one in sweeps(load(run), load_manifest(run))}["cpu"]
    figure = panels.metric(found, "events_per_s")
    assert figure is not None
    assert figure.axes[0].get_xlim()[1] < 50
    assert figure.axes[-1].get_xlabel().endswith("dots are trials, 2 beyond the scale")


def test_one_trial_each_needs_no_dots(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1, trouble=False)
    found = {one.scenario: one for one in sweeps(load(run), load_manifest(run))}["cpu"]
    assert count(panels.metric(found, "events_per_s")) == 0


@pytest.mark.parametrize(
    ("low", "high", "values", "expected"),
    [
        (1.0, 2.0, [1.5], (1.0, 2.0)),
        (1.0, 2.0, [0.9, 2.3], (0.9, 2.3)),
        (1.0, 2.0, [-9.0, 99.0], (0.5, 2.5)),
        (1.0, 100.0, [0.01, 1e6], (0.1, 1000.0)),
        (1.0, 2.0, [float("nan")], (1.0, 2.0)),
    ],
)
def test_a_scale_grows_for_dots_but_not_at_the_cost_of_figures(
    low: float, high: float, values: list[float], expected: tuple[float, float]
) -> None:
    assert scatter.stretched(low, high, np.array(values)) == pytest.approx(expected)
