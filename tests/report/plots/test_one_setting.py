import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench.analysis.data.frame import load, load_manifest
from bench.analysis.figures.comparison import Comparison, comparisons
from bench.report.plots import one_setting, style
from bench.report.text.words import EMULATED
from bench.store.manifest import Manifest
from tests.synthetic import MIB, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("results") / "run", rounds=3)


@pytest.fixture(scope="module")
def manifest(run: Path) -> Manifest:
    return load_manifest(run)


@pytest.fixture(scope="module")
def found(run: Path) -> dict[str, Comparison]:
    return {one.scenario: one for one in comparisons(load(run))}


def texts(figure: Figure | None) -> list[str]:
    assert figure is not None
    figure.canvas.draw_idle()
    return [text for axes in figure.axes for text in (axes.get_title(), axes.get_title(loc="right"), axes.get_xlabel())]


def test_start_up_names_units_steps_and_emulation(found: dict[str, Comparison], manifest: Manifest) -> None:
    figure = one_setting.start_up(found["startup"], manifest)
    assert figure is not None
    assert len(figure.axes) == 4
    figure.canvas.draw_idle()
    plots_ticks = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert all("ms" in " ".join(labels) for labels in plots_ticks[:3])
    assert all(label.endswith(" s") for label in plots_ticks[3])
    steps = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert "until engine's start call returned" in steps
    assert sum(EMULATED in text for text in texts(figure)) == 2


def test_memory_has_a_unit_and_keeps_shared_daemons_apart(found: dict[str, Comparison]) -> None:
    figure = one_setting.memory(found["memory"])
    assert figure is not None
    assert any("MiB" in text for text in texts(figure))
    assert any(EMULATED in text for text in texts(figure))
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows == ["bare", "docker", "shared engine\n(serves all)", "vm (emulated)"]


def test_memory_that_the_host_freed_meanwhile_keeps_its_place_left_of_zero(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=3)
    journal = run / "trials.jsonl"
    trials = [json.loads(line) for line in journal.read_text().splitlines()]
    for sample in (sample for trial in trials for sample in trial["samples"]):
        if sample["metric"] == "memory.idle.available_change":
            sample["value"] = -500.0 * MIB
    journal.write_text("".join(json.dumps(trial) + "\n" for trial in trials))
    figure = one_setting.memory({one.scenario: one for one in comparisons(load(run))}["memory"])
    assert figure is not None
    assert figure.axes[0].get_xlim()[0] <= -500
    one_setting.save(
        figure, tmp_path, "memory"
    )  # a mark outside the axes would leave them no room: a warning, an error here


def test_throughput_shows_every_trial(found: dict[str, Comparison]) -> None:
    figure = one_setting.throughput(found["cpu"], "events_per_s")
    assert figure is not None
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in dots] == [3, 3, 3]  # type: ignore[arg-type]
    assert any("relative to bare's geometric mean of" in text and "/s" in text for text in texts(figure))


def test_what_was_not_measured_is_not_drawn(found: dict[str, Comparison]) -> None:
    assert one_setting.memory(found["startup"]) is None
    assert one_setting.throughput(found["startup"], "events_per_s") is None


def test_an_isolation_keeps_its_colour(found: dict[str, Comparison]) -> None:
    names = ["bare", "docker", "vm", "jail", "zone"]
    chosen = style.colours(names)
    assert len(set(chosen.values())) == len(names)
    assert chosen["vm"] == style.colours(["vm"])["vm"]


def test_the_same_figure_gives_the_same_bytes(found: dict[str, Comparison], tmp_path: Path) -> None:
    for folder in ("one", "two"):
        figure = one_setting.throughput(found["cpu"], "events_per_s")
        assert figure is not None
        one_setting.save(figure, tmp_path / folder, "x", png=True)
    for name in ("x.png", "x.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_picture_whose_letters_leave_no_room_becomes_higher(tmp_path: Path) -> None:
    figure = Figure(figsize=(3, 0.4), layout="constrained")
    figure.subplots().set_title("four\nlines\nof\ntitle")
    svg, png = one_setting.save(figure, tmp_path, "tight", png=True)
    assert svg.exists()
    assert png.exists()
    assert figure.get_size_inches()[1] > 0.4
