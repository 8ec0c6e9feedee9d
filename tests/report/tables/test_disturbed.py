"""What else happened on the host, as a report shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.host.disturbance.rules import OwnActivity
from bench.report.content import Table, Valued
from tests.analysis.quality.test_disturbances import watched
from tests.synthetic import write_run


def seen(trial: dict[str, Any]) -> tuple[Mapping[str, object], OwnActivity]:
    """Steal on docker in the second round, over its limit; a little load everywhere; start-ups are short."""
    if trial["scenario"] == "startup":
        return {"span_s": 0.5}, OwnActivity(cpu_s=0.1)
    if (trial["isolation"], trial["round"]) == ("docker", 2):
        return {"stolen_s": 1.5, "kernel_errors": ()}, OwnActivity(cpu_s=5.0)
    return {"busy_s": 5.2, "kernel_errors": ()}, OwnActivity(cpu_s=5.0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return watched(tmp_path_factory.mktemp("results") / "run", seen)


@pytest.fixture(scope="module")
def tables(run: Path) -> tuple[Table, ...]:
    return report.compose(run).disturbed


def test_the_worst_of_every_sentinel_stands_beside_its_limit(tables: tuple[Table, ...]) -> None:
    rows = {row[0]: row[2:] for row in tables[0].rows}
    assert rows["steal"] == ("15.0 %", "docker", "5.00 %", "3 of 27")
    assert rows["other load"] == ("2.00 %", "bare", "20.0 %", "0 of 27")
    assert rows["kernel errors"] == ("none", "–", "any", "0 of 27")
    assert rows["CPU pressure"] == ("none", "–", "–", "–")
    assert "swap" not in rows  # not watched
    assert any(note.startswith("9 trials of up to 1 s") for note in tables[0].notes)


def test_each_isolation_has_its_median_and_worst_of_what_was_read(tables: tuple[Table, ...]) -> None:
    rows = {(row[0].partition(",")[0], row[1]): row[2:] for row in tables[1].rows}
    assert rows["steal", "docker"] == ("0 %", "15.0 %", "3", "9")
    assert rows["other load", "vm (emulated)"] == ("2.00 %", "2.00 %", "0", "9")
    assert {name for name, _ in rows} == {"steal", "other load"}
    cell = next(row[3] for row in tables[1].rows if row[1] == "docker")
    assert isinstance(cell, Valued)
    assert cell.value == pytest.approx(0.15)


def test_page_and_text_have_it(run: Path) -> None:
    paths = report.write(run)
    page, text = paths.html.read_text(), paths.markdown.read_text()
    assert '<h2 id="host">What else happened on the host</h2>' in page
    assert '<a href="#host">' in page
    assert "## What else happened on the host" in text
    assert "15.0 %" in page
    assert "| steal | time the hypervisor took from the instance's CPUs | 15.0 % | docker | 5.00 % | 3 of 27 |" in text


def test_without_sentinels_there_is_no_such_section(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", rounds=1)
    assert report.compose(run).disturbed == ()
    assert "What else happened" not in report.write(run).html.read_text()
