"""Ranks, why they tie, and what a comparison could have seen: beside every comparison, in 80 columns and on a page."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from bench import report
from bench.analysis.data.frame import load
from bench.analysis.figures.comparison import Comparison, comparisons
from bench.report import content
from bench.report.render import terminal
from bench.report.tables import figures
from bench.report.text import effect
from tests.synthetic import write_run
from tests.synthetic_service import write_service_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a second container, which starts like the first but for chance."""
    folder = write_run(tmp_path_factory.mktemp("results") / "run", rounds=8, trouble=False)
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    twins = [
        one
        | {
            "isolation": "podman",
            "samples": [s | {"value": s["value"] * (1.03 if one["round"] % 2 else 0.97)} for s in one["samples"]],
        }
        for one in trials
        if one["isolation"] == "docker"
    ]
    numbered = [one | {"number": number} for number, one in enumerate([*trials, *twins], start=1)]
    (folder / "trials.jsonl").write_text("".join(json.dumps(one) + "\n" for one in numbered))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["isolations"]["podman"] = manifest["isolations"]["docker"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def composed(run: Path) -> content.Report:
    return report.compose(run)


@pytest.fixture(scope="module")
def started(run: Path) -> Comparison:
    return {one.scenario: one for one in comparisons(load(run))}["startup"]


def test_a_comparisons_table_has_what_it_could_have_seen_and_the_rank(started: Comparison) -> None:
    table = figures.table(started, "timeline.ready", "host", "Start-up")
    place = {head: number for number, head in enumerate(table.head)}
    rows = {row[0]: row for row in table.rows}
    ranks = {name: row[place[figures.RANK]] for name, row in rows.items()}
    assert ranks == {"bare": "1", "podman": "2", "docker": "2", "vm (emulated)": "4"}
    found = started.finding("docker", "timeline.ready", "host")
    assert found is not None
    assert rows["docker"][place[figures.SEEN]] == effect.seen_from(found.detectable)
    assert rows["bare"][place[figures.SEEN]] == "–"


def test_why_two_share_a_rank_is_said_with_the_figures_of_their_test(started: Comparison) -> None:
    (note, *_) = figures.table(started, "timeline.ready", "host", "Start-up").notes
    assert re.fullmatch(
        r"Who shares a rank is not told apart, which does not make them equal: podman and docker \(p = [01]\.?\d*, a "
        r"difference of \d\.\d+ % would have been seen\)\.",
        note,
    )


def test_no_figure_without_a_rank_has_its_column(started: Comparison) -> None:
    table = figures.table(started, "teardown", "host", "Teardown")
    assert figures.RANK not in table.head
    assert figures.SEEN in table.head
    assert all(len(row) == len(table.head) for row in table.rows)


def test_a_terminal_of_80_columns_says_both_below_the_table(composed: content.Report) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(terminal.render(composed))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    flat = " ".join(" ".join(lines).split())
    assert "Rank 1: bare; 2: podman, docker; 4: vm (emulated)." in flat
    assert re.search(
        r"Smallest change that could have been seen: vm \(emulated\) [\d.]+ %, \w+ [\d.]+ %, \w+ [\d.]+ %\.", flat
    )
    assert "Who shares a rank is not told apart" in flat


def test_over_settings_both_are_sentences_in_page_text_and_terminal(tmp_path: Path) -> None:
    run = write_service_run(tmp_path / "run")
    shown = report.compose(run)
    (section,) = shown.sections
    (seen,) = [note for note in section.facets[0].table.notes if note.startswith("Smallest change")]
    assert re.fullmatch(
        r"Smallest change that could have been seen: docker [\d.]+ % to [\d.]+ %, "
        r"vm \(emulated\) [\d.]+ % to [\d.]+ %\.",
        seen,
    )
    (ranked,) = [note for note in section.facets[0].table.notes if note.startswith("Rank, over all settings")]
    assert re.fullmatch(
        r"Rank, over all settings: bare 1( to 2)?, docker 1 to 2, vm \(emulated\) 3; who shares one is not told apart "
        r"there\.",
        ranked,
    )
    brief = section.facets[0].brief
    assert brief is not None
    assert {seen, ranked} <= set(brief.notes)
    every = next(one for one in section.facets[0].details if "every figure" in one.title)
    assert {figures.SEEN, figures.RANK} <= set(every.head)


def test_of_many_ties_a_few_are_named(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one.scenario: one for one in comparisons(load(run))}["startup"]
    monkeypatch.setattr(effect, "MOST_TIES", 0)
    (note,) = effect.ties(found, found.findings("timeline.ready", "host"))
    assert note.endswith("and 1 more pair.")
