"""Which to choose, in a report: readable without a script, and with weights that the keyboard moves."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from bench import report
from bench.report.content import Report
from bench.report.render import terminal
from tests.report.browsing import logged, show
from tests.synthetic import write_run
from tests.synthetic_surface import write_surface_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_surface_run(tmp_path_factory.mktemp("results") / "run")


@pytest.fixture(scope="module")
def composed(run: Path) -> Report:
    return report.compose(run)


def test_cost_stands_beside_what_it_buys_in_a_picture_in_words_and_in_tables(composed: Report) -> None:
    shown = composed.beside
    assert shown is not None
    assert shown.picture is not None
    assert shown.sentences[0] == "Start-up: on the front are bare, docker and vm."
    assert shown.table.title == "Start-up beside host functions reached"
    assert [one.title.partition(" beside ")[0] for one in shown.details] == ["Idle memory", "Events per s, threads = 1"]
    panels = shown.picture.figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["Start-up", "Idle memory", "Events per s, threads = 1"]
    assert [axes.xaxis_inverted() for axes in panels] == [False, False, True]
    assert all(one in panels[0].get_ylabel() for one in ("host functions reached", "lower is better"))


def test_what_isolation_buys_has_a_column_that_fits_a_terminal(composed: Report) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(terminal.brief(composed))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert [re.split(r"  +", line.strip()) for line in lines if line.strip().startswith("start-up")] == [
        ["start-up", "idle memory", "CPU throughput", "what it buys"]
    ]
    assert any(line.startswith("vm ") and line.rstrip().endswith("418") for line in lines)
    assert "Intervals: --verbose." in " ".join(lines)
    assert composed.glance.limits.endswith("or whether less that is reached is safer.")


def test_a_run_of_one_figure_has_nothing_to_weigh(tmp_path: Path) -> None:
    composed = report.compose(write_run(tmp_path / "run", rounds=2))
    assert (composed.beside, composed.weighing) == (None, None)


def test_weights_move_by_key_and_rank_anew(run: Path, composed: Report, browser: webdriver.Chrome) -> None:
    """Only surface weighs, in the end: vm comes first, and all is said to who does not see it."""
    page = report.save(composed, run).html
    assert "bare comes first, in every resample. Weights: start 1, memory 1" in page.read_text()
    show(browser, page)
    place = browser.find_element(By.CSS_SELECTOR, ".weighing")

    def names() -> list[str]:
        return [row.text.rstrip("#") for row in place.find_elements(By.CSS_SELECTOR, "tbody th")]

    assert names() == ["bare", "docker", "vm (emulated)"]
    inputs = {
        str(one.get_attribute("aria-label")): one for one in place.find_elements(By.CSS_SELECTOR, "input[type=range]")
    }
    assert list(inputs) == [f"Weight of {word}" for word in ("start", "memory", "cpu", "surface")]
    for word in ("start", "memory", "cpu"):
        inputs[f"Weight of {word}"].send_keys(Keys.HOME)
    inputs["Weight of surface"].send_keys(Keys.ARROW_RIGHT)
    assert names() == ["vm (emulated)", "docker", "bare"]
    first = place.find_element(By.CSS_SELECTOR, ".first").text
    assert (
        first
        == browser.find_element(By.ID, "said").get_attribute("textContent")
        == "vm comes first, in 100 % of 200 resamples."
    )
    assert place.find_element(By.CSS_SELECTOR, "tbody td").text == "1: 100 %"
    inputs["Weight of surface"].send_keys(Keys.HOME)
    assert place.find_element(By.CSS_SELECTOR, ".first").text == "Weights of nought alone order nothing."
    assert logged(browser, "browser") == []
